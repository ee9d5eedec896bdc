package apierr

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// storable are the details that an error may be stored with: all that one of ours ever has. ErrorInfo is made of reason
// and metadata, and RequestInfo belongs to a call, not to an error.
var storable = []protoreflect.FullName{
	(*errdetails.BadRequest)(nil).ProtoReflect().Descriptor().FullName(),
	(*errdetails.RetryInfo)(nil).ProtoReflect().Descriptor().FullName(),
	(*errdetails.ResourceInfo)(nil).ProtoReflect().Descriptor().FullName(),
	(*errdetails.QuotaFailure)(nil).ProtoReflect().Descriptor().FullName(),
	(*paymentsv1.Decline)(nil).ProtoReflect().Descriptor().FullName(),
}

// Encode writes an error as it is kept with the operation that it ended: as a google.rpc.Status, with the true decline
// codes, since each answer hides them anew from those who may not see them. The cause is left out. The bytes belong under
// a seal.
func Encode(e *Error) ([]byte, error) {
	info := &errdetails.ErrorInfo{Reason: ShortReason(e.Reason), Domain: Domain, Metadata: e.Metadata}
	kept := &statuspb.Status{Code: int32(e.Code), Message: e.Message} //nolint:gosec // gRPC has 17 codes
	for _, detail := range append([]proto.Message{info}, e.Details...) {
		name := detail.ProtoReflect().Descriptor().FullName()
		if detail != proto.Message(info) && !slices.Contains(storable, name) {
			return nil, fmt.Errorf("encode %s: a %s can not be kept", info.GetReason(), name)
		}
		packed, err := anypb.New(detail)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", info.GetReason(), err)
		}
		kept.Details = append(kept.Details, packed)
	}
	data, err := proto.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", info.GetReason(), err)
	}
	return data, nil
}

// Decode reads what Encode has written, also in an older build: code and sentence are those that the reason has today, and
// of two sentences it is the one that was written. It fails for all else, a reason of a newer build among it.
func Decode(data []byte) (*Error, error) {
	var kept statuspb.Status
	if err := proto.Unmarshal(data, &kept); err != nil {
		return nil, errors.New("decode an error: it is no google.rpc.Status")
	}
	if len(kept.GetDetails()) == 0 {
		return nil, errors.New("decode an error: it has no reason")
	}
	e, err := decodeReason(kept.GetDetails()[0])
	if err != nil {
		return nil, err
	}
	e.Message = otherSentence(e.Reason, kept.GetMessage())
	for _, packed := range kept.GetDetails()[1:] {
		detail, err := packed.UnmarshalNew()
		if err != nil || !slices.Contains(storable, packed.MessageName()) {
			return nil, fmt.Errorf("decode %s: it has a detail that is not known", ShortReason(e.Reason))
		}
		before := len(e.Details)
		if e = e.WithDetail(detail); len(e.Details) == before {
			return nil, fmt.Errorf("decode %s: it has two details of one type", ShortReason(e.Reason))
		}
	}
	return e, nil
}

// decodeReason reads the ErrorInfo, which stands first.
func decodeReason(packed *anypb.Any) (*Error, error) {
	var info errdetails.ErrorInfo
	if err := packed.UnmarshalTo(&info); err != nil || info.GetDomain() != Domain {
		return nil, errors.New("decode an error: it does not begin with a reason of ours")
	}
	reason := paymentsv1.ErrorReason(paymentsv1.ErrorReason_value["ERROR_REASON_"+info.GetReason()])
	if _, known := reasons[reason]; !known {
		return nil, errors.New("decode an error: this build does not know the reason")
	}
	e := New(reason)
	e.Metadata = info.GetMetadata()
	return e, nil
}
