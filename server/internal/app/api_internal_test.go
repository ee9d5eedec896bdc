package app

import (
	"testing"

	"google.golang.org/grpc"
)

// A service that nothing says who may call stops the server from starting.
func TestServedWithoutPolicy(t *testing.T) {
	a := &api{server: grpc.NewServer()}
	a.server.RegisterService(&grpc.ServiceDesc{ServiceName: "new.Service"}, nil)
	if err := a.checkServices([]string{"payments.v1.PaymentService"}); err == nil {
		t.Error("it was accepted")
	}
	if err := a.checkServices([]string{"new.Service"}); err != nil {
		t.Error(err)
	}
}
