package redact

import "google.golang.org/protobuf/proto"

// Public returns a deep copy of m from which everything with `debug_redact` is taken out: it is absent, where Message
// says that it was there. It is what may be kept and sent to those who have no right to more. A google.protobuf.Any is
// treated within, as Message does; where its type is not known here it is emptied. Unknown fields are dropped.
func Public(m proto.Message) proto.Message {
	if m == nil {
		return nil
	}
	public := proto.Clone(m)
	masking{clears: true}.message(public.ProtoReflect(), 0)
	return public
}
