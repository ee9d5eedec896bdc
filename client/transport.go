package client

import (
	"crypto/tls"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	module = "github.com/tillgate/tillgate"

	// maxSend is what the server takes. More is refused here, without sending it.
	maxSend = 256 << 10
	// maxReceive is twice what a page of 100 payments with all their metadata needs.
	maxReceive = 8 << 20

	// keepaliveTime is twice the least time between two pings that the server allows.
	keepaliveTime    = 20 * time.Second
	keepaliveTimeout = 10 * time.Second

	// serviceConfig spreads the calls over all addresses of the target. It has no retry policy, and that of a resolver
	// is not looked at: only the interceptor of this package repeats, for it alone knows RetryInfo and the keys.
	serviceConfig = `{"loadBalancingConfig": [{"round_robin": {}}]}`
)

// dialOptions returns all that grpc-go must know. Those of the caller come last, so that they win.
func (s *settings) dialOptions() []grpc.DialOption {
	methods := contract()
	retry := &retrier{methods: methods, maxAttempts: s.maxAttempts, jitter: fullJitter, onRetry: s.onRetry}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(s.transportCredentials()),
		grpc.WithUserAgent(userAgent(s.product)),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(maxSend), grpc.MaxCallRecvMsgSize(maxReceive)),
		// A server that vanished is noticed after 30 s, on Linux after 10 s when something is sent to it.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout, PermitWithoutStream: true,
		}),
		// grpc-go waits a second after the first refused connection and up to two minutes later on, which is longer
		// than a call lasts.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithChainUnaryInterceptor(keys(methods), deadline(s.timeout), retry.intercept),
	}
	if s.token != nil {
		opts = append(opts, grpc.WithPerRPCCredentials(bearer{source: s.token, plaintext: s.insecure}))
	}
	return append(opts, s.dial...)
}

func (s *settings) transportCredentials() credentials.TransportCredentials {
	switch {
	case s.insecure:
		return insecure.NewCredentials()
	case s.tls != nil:
		return credentials.NewTLS(s.tls)
	default:
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
}

// userAgent names the caller's program, where it has a name, and this client with its version.
func userAgent(product string) string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				version = dependency.Version
			}
		}
	}
	return strings.TrimSpace(product + " tillgate-go/" + version)
}
