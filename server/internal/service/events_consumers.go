package service

import (
	"context"
	"encoding/base32"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// consumerEncoding makes of a caller and a name, which may have dots and dashes, what a page token can hold.
var consumerEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// ListConsumers implements EventService.
func (s *Events) ListConsumers(
	ctx context.Context, req *paymentsv1.ListConsumersRequest,
) (*paymentsv1.ListConsumersResponse, error) {
	caller := auth.CallerFrom(ctx)
	if caller.Name == "" {
		return nil, errNobody
	}
	of := caller.Name
	if administers(caller) {
		of = ""
	}
	afterCaller, afterName, err := consumerAfter(req)
	if err != nil {
		return nil, err
	}

	consumers, more, err := s.streams.Consumers(ctx, of, afterCaller, afterName, pageSize(req))
	if err != nil {
		return nil, err
	}

	if n := fitting(consumers); n < len(consumers) {
		consumers, more = consumers[:n], true
	}
	response := &paymentsv1.ListConsumersResponse{Consumers: consumers}
	if more && len(consumers) > 0 {
		last := consumers[len(consumers)-1]
		response.NextPageToken = pagetoken.Encode(
			consumerEncoding.EncodeToString([]byte(last.GetCaller()+"/"+last.GetName())), req)
	}
	return response, nil
}

// consumerAfter is the consumer behind which the page begins. A token can be made up, and then says no more than the list.
func consumerAfter(req *paymentsv1.ListConsumersRequest) (caller, name string, err error) {
	after, err := startAfter(req)
	if err != nil || after == "" {
		return "", "", err
	}
	text, err := consumerEncoding.DecodeString(after)
	if err != nil {
		return "", "", apierr.InvalidField("page_token", "is not a token of this rpc")
	}
	caller, name, _ = strings.Cut(string(text), "/")
	return caller, name, nil
}

// administers is whether the consumers of all callers are this one's to see and move.
func administers(caller auth.Caller) bool { return caller.Has(paymentsv1.Scope_SCOPE_EVENTS_ADMIN) }

// ownerOf is whose consumer is meant: the caller's own, or that of the one that is named.
func ownerOf(ctx context.Context, named string) (string, error) {
	caller := auth.CallerFrom(ctx)
	switch {
	case caller.Name == "":
		return "", errNobody
	case named == "" || named == caller.Name:
		return caller.Name, nil
	case administers(caller):
		return named, nil
	}
	return "", apierr.ScopeMissing(paymentsv1.Scope_SCOPE_EVENTS_ADMIN)
}

// SeekConsumer implements EventService.
func (s *Events) SeekConsumer(
	ctx context.Context, req *paymentsv1.SeekConsumerRequest,
) (*paymentsv1.SeekConsumerResponse, error) {
	owner, err := ownerOf(ctx, req.GetCaller())
	if err != nil {
		return nil, err
	}
	consumer, err := s.streams.Seek(ctx, owner, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.SeekConsumerResponse{Consumer: consumer}, nil
}

// DeleteConsumer implements EventService.
func (s *Events) DeleteConsumer(
	ctx context.Context, req *paymentsv1.DeleteConsumerRequest,
) (*paymentsv1.DeleteConsumerResponse, error) {
	owner, err := ownerOf(ctx, req.GetCaller())
	if err != nil {
		return nil, err
	}
	if err := s.streams.Delete(ctx, owner, req.GetConsumer()); err != nil {
		return nil, err
	}
	return &paymentsv1.DeleteConsumerResponse{}, nil
}
