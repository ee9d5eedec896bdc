package stripegw

import (
	"maps"
	"regexp"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pan"
)

const updateMask = "update_mask"

// updatable is a field of a message that an update can change. P is stripe-go's params, M our message.
type updatable[P any, M proto.Message] struct {
	// params says which field of the request stands behind Stripe's parameters for it.
	params paramFields
	// clears is whether an empty value may be sent, which unsets the parameter at Stripe.
	clears bool
	// set puts the object's value for it into params.
	set func(params P, object M) error
}

// updates is all that an update mask can name, by path. What is not in it is output only.
type updates[P any, M proto.Message] map[string]updatable[P, M]

// prepare puts what an update changes into params: the fields that the mask names or, without one, those that are set.
// What can not be changed, or can not be cleared, is refused.
func (u updates[P, M]) prepare(params P, mask *fieldmaskpb.FieldMask, object M) error {
	paths, err := u.paths(mask.GetPaths(), object.ProtoReflect())
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := u[path].set(params, object); err != nil {
			return err
		}
	}
	return nil
}

// fields translates the parameters of all fields, and those of subject.
func (u updates[P, M]) fields(subject paramFields) paramFields {
	fields := maps.Clone(subject)
	for _, field := range u {
		maps.Copy(fields, field.params)
	}
	return fields
}

func (u updates[P, M]) paths(named []string, object protoreflect.Message) ([]string, error) {
	if len(named) == 0 {
		return u.setPaths(object)
	}
	for _, path := range named {
		field, ok := u[path]
		if !ok {
			return nil, u.refusedPath(object.Descriptor(), path)
		}
		if field.clears || has(object, path) {
			continue
		}
		if path == metadataParam {
			return nil, apierr.InvalidField(updateMask, "names `metadata`, which is empty: "+
				"give each pair that is to be removed, with an empty value")
		}
		return nil, apierr.InvalidField(updateMask, "names `"+path+"`, which is not set and can not be cleared")
	}
	return named, nil
}

// setPaths names every field that is set and can be changed. What is output only is passed over, so that an object that
// was read can be sent back.
func (u updates[P, M]) setPaths(object protoreflect.Message) ([]string, error) {
	var paths []string
	for _, path := range sortedKeys(u) {
		if has(object, path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, apierr.InvalidField(updateMask, "is empty, and the "+noun(object.Descriptor())+
			" has no field set that can be changed")
	}
	return paths, nil
}

// refusedPath says why a path is not taken.
func (u updates[P, M]) refusedPath(object protoreflect.MessageDescriptor, path string) error {
	top, _, nested := strings.Cut(path, ".")
	_, changes := u[top]
	switch {
	case path == "*":
		return apierr.InvalidField(updateMask, "has the path `*`: name each field that is to be changed")
	case !isPath(path):
		return apierr.InvalidField(updateMask, "has a path that is no field of a "+noun(object))
	case nested && top == metadataParam:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`: name `metadata`, "+
			"which changes only the pairs that are given")
	case nested && changes:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`: name `"+top+"` as a whole")
	case u.within(path):
		return apierr.InvalidField(updateMask, "has the path `"+path+"`: name each field in it that is to be changed")
	case fieldAt(object, path) != nil:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`, which is output only")
	default:
		return apierr.InvalidField(updateMask, "has the path `"+path+"`, which is no field of a "+noun(object))
	}
}

// within is whether something in the field can be changed, though not the field as a whole.
func (u updates[P, M]) within(path string) bool {
	for inner := range u {
		if strings.HasPrefix(inner, path+".") {
			return true
		}
	}
	return false
}

// fieldAt is the field that a path leads to, nil where there is none.
func fieldAt(message protoreflect.MessageDescriptor, path string) (field protoreflect.FieldDescriptor) {
	for name := range strings.SplitSeq(path, ".") {
		if message == nil {
			return nil
		}
		if field = message.Fields().ByName(protoreflect.Name(name)); field == nil {
			return nil
		}
		message = field.Message()
	}
	return field
}

// has is whether the field that a path leads to is set.
func has(message protoreflect.Message, path string) bool {
	name, rest, nested := strings.Cut(path, ".")
	field := message.Descriptor().Fields().ByName(protoreflect.Name(name))
	if field == nil || !message.Has(field) {
		return false
	}
	return !nested || has(message.Get(field).Message(), rest)
}

// noun is a message's name in sentences, for example `payment method`.
func noun(message protoreflect.MessageDescriptor) string {
	var words strings.Builder
	for i, letter := range string(message.Name()) {
		if i > 0 && unicode.IsUpper(letter) {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(letter))
	}
	return words.String()
}

// changedMetadata is what an update sends of an object's metadata. No update may remove or overwrite the pair by
// which a lost answer is found again.
func changedMetadata(metadata map[string]string, field string) (map[string]string, error) {
	if _, ours := metadata[operationKey]; ours {
		return nil, apierr.InvalidField(field+`["`+operationKey+`"]`, "is a key of Tillgate's own")
	}
	return metadata, nil
}

// pathShape is that of field names. What is not of it may be anything, and is not repeated.
var pathShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}(\.[A-Za-z0-9_]{1,40}){0,3}$`)

func isPath(path string) bool { return pathShape.MatchString(path) && !pan.Contains(path) }
