package auth

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Policy says what each rpc needs. An rpc that it does not know may be called by nobody.
type Policy struct {
	scopes map[string]paymentsv1.Scope
}

// NewPolicy reads the required scope of every rpc of these services from the contract. It fails, naming each of them,
// while an rpc has none: the server must not start then.
func NewPolicy(services ...protoreflect.ServiceDescriptor) (*Policy, error) {
	p := &Policy{scopes: map[string]paymentsv1.Scope{}}
	var faults []error
	for _, service := range services {
		methods := service.Methods()
		for i := range methods.Len() {
			method := methods.Get(i)
			scope := requiredScope(method)
			if scope == paymentsv1.Scope_SCOPE_UNSPECIFIED {
				faults = append(faults, fmt.Errorf("%s has no required_scope", method.FullName()))
				continue
			}
			p.scopes[fmt.Sprintf("/%s/%s", service.FullName(), method.Name())] = scope
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// Required returns the scope that a full method name (`/payments.v1.PaymentService/GetPayment`) needs, and false for an
// rpc that does not exist.
func (p *Policy) Required(method string) (paymentsv1.Scope, bool) {
	scope, ok := p.scopes[method]
	return scope, ok
}

func requiredScope(method protoreflect.MethodDescriptor) paymentsv1.Scope {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	if !ok || !proto.HasExtension(options, paymentsv1.E_RequiredScope) {
		return paymentsv1.Scope_SCOPE_UNSPECIFIED
	}
	scope, _ := proto.GetExtension(options, paymentsv1.E_RequiredScope).(paymentsv1.Scope)
	return scope
}
