package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
)

const (
	// defaultTimeout is also what the server takes for a write without a deadline.
	defaultTimeout = 30 * time.Second
	// defaultMaxAttempts bridges the restart of a server: five tries take 4 seconds where the server asks for one
	// second between them.
	defaultMaxAttempts = 5
)

// Option changes one thing about a Client. Of an option that is given twice, the last one holds.
type Option func(*settings)

type settings struct {
	insecure    bool
	tls         *tls.Config
	token       tokenSource
	timeout     time.Duration
	maxAttempts int
	onRetry     func(method string, attempt int, err error, wait time.Duration)
	product     string
	dial        []grpc.DialOption
	faults      []error
}

// WithTLS sets how the connection is secured. Default: TLS 1.2 or later, with the system's root certificates and the
// host name of the target. Give a config for a private certificate authority or for a client certificate; it is copied.
// Do not use it to set InsecureSkipVerify: whoever answers then gets the token.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) {
		if config == nil {
			s.faults = append(s.faults, errors.New("WithTLS was given no config; leave it out for the default"))
			return
		}
		s.tls = config.Clone()
	}
}

// WithInsecure switches TLS off. Default: on. It is for the sandbox and for a sidecar on the same machine: New refuses
// it together with a token unless the target is a loopback address, localhost or a Unix socket, because everyone on the
// way could read the token.
func WithInsecure() Option {
	return func(s *settings) { s.insecure = true }
}

// WithToken sends a bearer token, as the operator of Tillgate gave it out, with every call. Default: none, which the
// server refuses with UNAUTHENTICATED. Do not use it for a token that expires while the process runs: see
// WithTokenSource.
func WithToken(token string) Option {
	return func(s *settings) {
		if err := checkToken(token); err != nil {
			s.faults = append(s.faults, fmt.Errorf("WithToken: %w", err))
		}
		s.token = func(context.Context) (string, error) { return token, nil }
	}
}

// WithTokenSource asks for the bearer token anew at each try of each call, so that it may change. The function is
// called by many goroutines at once and under the call's deadline: it should keep what it has, and fetch seldom. A call
// for which it fails is not sent and ends with UNAUTHENTICATED, or with the status that the error carries.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return func(s *settings) {
		if source == nil {
			s.faults = append(s.faults, errors.New("WithTokenSource was given no function"))
		}
		s.token = source
	}
}

// WithTimeout sets the time for a unary call whose context has no deadline, all its tries and the waits between them
// included. Default: 30 s. It must be greater than 0, for a call without an end could repeat without an end. The server
// refuses a write that has less than 500 ms with DEADLINE_TOO_SHORT. A deadline of the context always goes first, be it
// shorter or longer.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.timeout = timeout }
}

// WithMaxAttempts bounds how many tries of one call may end in UNAVAILABLE, ABORTED or RESOURCE_EXHAUSTED before the
// last error is returned. Default: 5. Asking again after OUTCOME_PENDING is bounded by the deadline alone. 1 switches
// all repetition off, that after OUTCOME_PENDING too: for a caller that repeats by itself, so that repetitions do not
// multiply.
func WithMaxAttempts(attempts int) Option {
	return func(s *settings) { s.maxAttempts = attempts }
}

// WithOnRetry sets a function that is called before each wait for another try: with the rpc's full name, the number of
// the try that failed (the first is 1), its error and the time to wait. Default: none. It is for a log or a counter; it
// runs inside the call, so it must not block, and in many goroutines at once.
func WithOnRetry(hook func(method string, attempt int, err error, wait time.Duration)) Option {
	return func(s *settings) { s.onRetry = hook }
}

// WithUserAgent puts the name and version of the program ("checkout/1.4") in front of the client's own, for whoever
// reads the connections' metadata. Default: only the client's own. It identifies nobody: the token does.
func WithUserAgent(product string) Option {
	return func(s *settings) { s.product = product }
}

// WithDialOptions hands options to grpc-go after our own, for what has no option here: a dialer, a stats handler, a
// proxy, metrics. Default: none. An interceptor that is chained here sees every try; one that is set with
// grpc.WithUnaryInterceptor sees the whole call. Do not use it to switch on grpc-go's own retries, or another
// library's: they know neither google.rpc.RetryInfo nor OUTCOME_PENDING.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, opts...) }
}

// check returns all that is wrong with the options.
func (s *settings) check() error {
	faults := s.faults
	if s.insecure && s.tls != nil {
		faults = append(faults, errors.New("WithInsecure and WithTLS exclude each other"))
	}
	if s.timeout <= 0 {
		faults = append(faults, fmt.Errorf("WithTimeout: %v is not greater than 0", s.timeout))
	}
	if s.maxAttempts < 1 {
		faults = append(faults, fmt.Errorf("WithMaxAttempts: %d is less than 1", s.maxAttempts))
	}
	if !isPrintable(s.product) {
		faults = append(faults, errors.New("WithUserAgent: only printable ASCII can be sent"))
	}
	return errors.Join(faults...)
}

// isPrintable is whether a text can stand in a header.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
