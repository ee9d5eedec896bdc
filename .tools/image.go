// Command image adds the messages of Tillgate's error details, google/rpc/error_details.proto, to an image of the
// contract: no rpc names them, so buf leaves them out, and a client without them cannot read why a call failed.
//
//	go run .tools/image.go gen/payments.binpb
package main

import (
	"fmt"
	"os"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := add(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func add(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	image := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, image); err != nil {
		return err
	}
	// Its only import, google/protobuf/duration.proto, is there already.
	image.File = append(image.File, protodesc.ToFileDescriptorProto(errdetails.File_google_rpc_error_details_proto))
	data, err = proto.MarshalOptions{Deterministic: true}.Marshal(image)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
