package stripegw

import (
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pan"
)

const updateMask = "update_mask"

// updatePaths says which fields of the payment an update changes: those that the mask names or, without one, those that
// are set. What can not be changed, or can not be cleared, is refused.
func updatePaths(req *paymentsv1.UpdatePaymentRequest) ([]string, error) {
	payment := req.GetPayment().ProtoReflect()
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return setPaths(payment)
	}
	paths := req.GetUpdateMask().GetPaths()
	for _, path := range paths {
		field, ok := paymentUpdates[path]
		if !ok {
			return nil, refusedPath(payment.Descriptor(), path)
		}
		if field.clears || payment.Has(payment.Descriptor().Fields().ByName(protoreflect.Name(path))) {
			continue
		}
		if path == metadataParam {
			return nil, apierr.InvalidField(updateMask, "names `metadata`, which is empty: "+
				"give each pair that is to be removed, with an empty value")
		}
		return nil, apierr.InvalidField(updateMask, "names `"+path+"`, which is not set and can not be cleared")
	}
	return paths, nil
}

// setPaths names every field that is set and can be changed. What is output only is passed over, so that a payment that
// was read can be sent back.
func setPaths(payment protoreflect.Message) ([]string, error) {
	var paths []string
	fields := payment.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if _, ok := paymentUpdates[string(field.Name())]; ok && payment.Has(field) {
			paths = append(paths, string(field.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, apierr.InvalidField(updateMask, "is empty, and the payment has no field set that can be changed")
	}
	return paths, nil
}

// refusedPath says why a path is not taken.
func refusedPath(payment protoreflect.MessageDescriptor, path string) error {
	top, _, nested := strings.Cut(path, ".")
	_, changes := paymentUpdates[top]
	switch known := payment.Fields().ByName(protoreflect.Name(top)) != nil; {
	case path == "*":
		return apierr.InvalidField(updateMask, "has the path `*`: name each field that is to be changed")
	case !isPath(path):
		return apierr.InvalidField(updateMask, "has a path that is no field of a payment")
	case nested && top == metadataParam:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`: name `metadata`, "+
			"which changes only the pairs that are given")
	case nested && changes:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`: name `"+top+"` as a whole")
	case known:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`, which is output only")
	default:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`, which is no field of a payment")
	}
}

// pathShape is that of field names. What is not of it may be anything, and is not repeated.
var pathShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}(\.[A-Za-z0-9_]{1,40}){0,3}$`)

func isPath(path string) bool { return pathShape.MatchString(path) && !pan.Contains(path) }
