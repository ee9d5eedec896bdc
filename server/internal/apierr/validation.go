package apierr

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/pan"
)

// maxMapKey is the longest key of a map that a field name shows.
const maxMapKey = 40

// fromValidation returns INVALID_FIELD for what protovalidate found, as it is or in the status that the middleware makes
// of it, and nil for any other error.
func fromValidation(err error) *Error {
	var found *validate.Violations
	if invalid, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		found = invalid.ToProto()
	} else if s, ok := status.FromError(err); ok {
		for _, d := range s.Details() {
			if violations, is := d.(*validate.Violations); is {
				found = violations
			}
		}
	}
	if found == nil {
		return nil
	}
	violations := make([]*errdetails.BadRequest_FieldViolation, 0, len(found.GetViolations()))
	for _, v := range found.GetViolations() {
		violations = append(violations, &errdetails.BadRequest_FieldViolation{
			Field: violatedField(v), Description: v.GetMessage(),
		})
	}
	// protovalidate walks maps in random order; what a caller hears should not change from call to call.
	slices.SortStableFunc(violations, func(a, b *errdetails.BadRequest_FieldViolation) int {
		return strings.Compare(a.GetField(), b.GetField())
	})
	return InvalidFields(violations...)
}

// violatedField names the field that a violation is about. A rule of ours in CEL may stand beside the field that it is
// about, on the message or on the field around: what its id has before the last dot leads from there to the field.
func violatedField(v *validate.Violation) string {
	path := fieldPath(v.GetField().GetElements())
	rule := v.GetRule().GetElements()
	// The rule of a message has no path; of a field's rules, only those in CEL are named by us.
	if len(rule) > 0 && rule[0].GetFieldName() != "cel" {
		return path
	}
	last := strings.LastIndexByte(v.GetRuleId(), '.')
	if last < 0 {
		return path
	}
	parts := []string{path, v.GetRuleId()[:last]}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ".")
}

func fieldPath(elements []*validate.FieldPathElement) string {
	var b strings.Builder
	for i, e := range elements {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(e.GetFieldName())
		switch subscript := e.GetSubscript().(type) {
		case *validate.FieldPathElement_Index:
			b.WriteString("[" + strconv.FormatUint(subscript.Index, 10) + "]")
		case *validate.FieldPathElement_StringKey:
			if harmlessKey(subscript.StringKey) {
				b.WriteString("[" + strconv.Quote(subscript.StringKey) + "]")
			}
		}
	}
	return b.String()
}

// harmlessKey is whether a key of a caller's map may be repeated in an error.
func harmlessKey(key string) bool {
	if len(key) > maxMapKey || pan.Contains(key) {
		return false
	}
	return !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
}
