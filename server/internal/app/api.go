package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	reflectiongrpc "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionalpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/interceptor"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// apiConfig is what the gRPC server is built from.
type apiConfig struct {
	Tokens     *auth.Tokens
	Runner     *operation.Runner
	Gateway    *stripegw.Gateway
	Events     *events
	Logger     *slog.Logger
	TLS        *tls.Config
	Reflection bool
	// Live is whether Stripe's key is.
	Live bool
}

// api is the gRPC server with its health.
type api struct {
	server *grpc.Server
	health *health.Server
	calls  *calls
}

// newAPI builds the server: the chain, the services, health, and reflection where it is wanted. It fails while an rpc
// has no scope.
func newAPI(c apiConfig) (*api, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("build the validator: %w", err)
	}
	public := []string{healthgrpc.Health_ServiceDesc.ServiceName}
	if c.Reflection {
		public = append(public,
			reflectiongrpc.ServerReflection_ServiceDesc.ServiceName, reflectionalpha.ServerReflection_ServiceDesc.ServiceName)
	}
	served := []string{
		paymentsv1.PaymentService_ServiceDesc.ServiceName, paymentsv1.CustomerService_ServiceDesc.ServiceName,
		paymentsv1.SubscriptionService_ServiceDesc.ServiceName, paymentsv1.EventService_ServiceDesc.ServiceName,
		paymentsv1.OperationService_ServiceDesc.ServiceName,
	}
	policy, err := policyOf(served)
	if err != nil {
		return nil, err
	}

	counted := &calls{public: public}
	options := append(counted.serverOptions(), interceptor.ServerOptions(interceptor.Config{
		Logger: c.Logger, Now: time.Now, Tokens: c.Tokens, Policy: policy, Public: public, Validator: validator,
	})...)
	options = append(options, transportLimits()...)
	options = append(options, grpc.UnknownServiceHandler(notImplemented))
	if c.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(c.TLS)))
	}
	a := &api{server: grpc.NewServer(options...), health: health.NewServer(), calls: counted}
	a.health.SetServingStatus("", healthgrpc.HealthCheckResponse_NOT_SERVING)
	healthgrpc.RegisterHealthServer(a.server, a.health)
	paymentsv1.RegisterPaymentServiceServer(a.server, service.NewPayments(c.Runner, c.Gateway, c.Events.streams))
	paymentsv1.RegisterCustomerServiceServer(a.server, service.NewCustomers(c.Runner, c.Gateway, c.Live))
	paymentsv1.RegisterSubscriptionServiceServer(a.server, service.NewSubscriptions(c.Runner, c.Gateway))
	paymentsv1.RegisterEventServiceServer(a.server, service.NewEvents(c.Events.streams, c.Events.projector))
	paymentsv1.RegisterOperationServiceServer(a.server, service.NewOperations(c.Runner))
	if c.Reflection {
		reflection.Register(a.server)
	}
	return a, a.checkServices(slices.Concat(public, served))
}

// policyOf reads the scopes of these services from the contract.
func policyOf(services []string) (*auth.Policy, error) {
	descriptors := make([]protoreflect.ServiceDescriptor, 0, len(services))
	for _, name := range services {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("find the contract of %s: %w", name, err)
		}
		service, ok := descriptor.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("%s is no service", name)
		}
		descriptors = append(descriptors, service)
	}
	return auth.NewPolicy(descriptors...)
}

// checkServices refuses to serve what neither is public nor has a policy: it could be called by nobody.
func (a *api) checkServices(known []string) error {
	for name := range a.server.GetServiceInfo() {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s is served, but nothing says who may call it", name)
		}
	}
	return nil
}

// setServing tells health checks that calls are welcome.
func (a *api) setServing() {
	for name := range a.server.GetServiceInfo() {
		a.health.SetServingStatus(name, healthgrpc.HealthCheckResponse_SERVING)
	}
	a.health.SetServingStatus("", healthgrpc.HealthCheckResponse_SERVING)
}

// notImplemented answers what no service serves; the chain has asked for credentials by then, but for the public services.
func notImplemented(any, grpc.ServerStream) error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED)
}
