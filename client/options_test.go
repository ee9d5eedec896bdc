package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

func TestNewRefuses(t *testing.T) {
	source := func(context.Context) (string, error) { return "token", nil }
	for _, tt := range []struct {
		name   string
		target string
		opts   []client.Option
		want   []string
	}{
		{"no target", "", nil, []string{"there is no target"}},
		{"no token", "localhost:1", []client.Option{client.WithToken("")}, []string{"WithToken: the token is empty"}},
		{"token with a line break", "localhost:1", []client.Option{client.WithToken("secret\n")}, []string{"line break"}},
		{"token with a space", "localhost:1", []client.Option{client.WithToken("Bearer secret")}, []string{"a space"}},
		{"no source", "localhost:1", []client.Option{client.WithTokenSource(nil)}, []string{"WithTokenSource"}},
		{"no TLS config", "localhost:1", []client.Option{client.WithTLS(nil)}, []string{"WithTLS"}},
		{
			"TLS and none", "localhost:1",
			[]client.Option{client.WithTLS(&tls.Config{}), client.WithInsecure()},
			[]string{"exclude each other"},
		},
		{"no time", "localhost:1", []client.Option{client.WithTimeout(0)}, []string{"WithTimeout: 0s"}},
		{"no tries", "localhost:1", []client.Option{client.WithMaxAttempts(0)}, []string{"WithMaxAttempts: 0"}},
		{"user agent", "localhost:1", []client.Option{client.WithUserAgent("a\r\nb: c")}, []string{"WithUserAgent"}},
		{
			"all at once", "",
			[]client.Option{client.WithTimeout(-1), client.WithToken("")},
			[]string{"target", "WithTimeout", "WithToken"},
		},
		{
			"token in the clear", "tillgate.internal:80",
			[]client.Option{client.WithInsecure(), client.WithToken("secret")},
			[]string{"without TLS"},
		},
		{
			"token source in the clear", "tillgate.internal:80",
			[]client.Option{client.WithTokenSource(source), client.WithInsecure()},
			[]string{"without TLS"},
		},
		{
			"token, and TLS switched off behind our back", "tillgate.internal:80",
			[]client.Option{
				client.WithToken("secret"),
				client.WithDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())),
			},
			[]string{"transport level security"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := client.New(tt.target, tt.opts...)
			if err == nil {
				c.Close()
				t.Fatal("got a client")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error %q tells the token", err)
			}
		})
	}
}

// A token goes without TLS only where it stays on the machine.
func TestTokenWithoutTLS(t *testing.T) {
	for target, local := range map[string]bool{
		"127.0.0.1:50051": true, "127.9.9.9:1": true, "[::1]:50051": true, "localhost:50051": true, "LOCALHOST": true,
		"dns:///localhost:50051": true, "dns://8.8.8.8/127.0.0.1:1": true, "passthrough:///127.0.0.1:50051": true,
		"unix:///run/tillgate.sock": true, "unix:tillgate.sock": true, "unix-abstract:tillgate": true,
		"[::ffff:127.0.0.1]:1": true,

		"tillgate.internal:50051": false, "10.0.0.1:50051": false, "0.0.0.0:50051": false, "[::]:50051": false,
		"localhost.example.com:50051": false, "127.0.0.1.example.com:50051": false, "dns://localhost/example.com:1": false,
		"passthrough:///10.0.0.1:50051": false, "passthrough://localhost/10.0.0.1:1": false, "127.1:50051": false,
		"xlocalhost:50051": false, "localhost@example.com:1": false, "example.com/localhost:1": false,
		"manual:///localhost": false,
		"[fe80::1]:50051":     false, "example.com:1#localhost": false,
	} {
		t.Run(target, func(t *testing.T) {
			c, err := client.New(target, client.WithInsecure(), client.WithToken("secret"),
				client.WithDialOptions(grpc.WithResolvers(manual.NewBuilderWithScheme("manual"))))
			if err == nil {
				c.Close()
			}
			if got := err == nil; got != local {
				t.Errorf("taken: %v (%v), want %v", got, err, local)
			}
			if c, err = client.New(target, client.WithInsecure()); err == nil {
				c.Close()
			}
		})
	}
}

// A token is asked for at each try, so that one that was changed counts at once.
func TestTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		f := &fake{answer: inTurn(status.Error(codes.Unavailable, ""), nil)}
		c := f.serve(t, client.WithTokenSource(func(context.Context) (string, error) {
			asked++
			return "token-" + strconv.Itoa(asked), nil
		}))
		if err := get(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for i, md := range f.metadata {
			if got, want := strings.Join(md.Get("authorization"), ","), "Bearer token-"+strconv.Itoa(i+1); got != want {
				t.Errorf("try %d came with %q, want %q", i+1, got, want)
			}
		}
	})
}

func TestTokenSourceThatFails(t *testing.T) {
	for name, source := range map[string]func(context.Context) (string, error){
		"error":     func(context.Context) (string, error) { return "", errors.New("the vault is sealed") },
		"empty":     func(context.Context) (string, error) { return "", nil },
		"malformed": func(context.Context) (string, error) { return "secret\r\nx: y", nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: inTurn(nil)}
				err := pay(t.Context(), f.serve(t, client.WithTokenSource(source)))
				if status.Code(err) != codes.Unauthenticated || len(f.got()) != 0 || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v and sent %d requests, want UNAUTHENTICATED and none", err, len(f.got()))
				}
			})
		})
	}
}

// TLS is what a client does when nobody says anything, and it looks at the certificate.
func TestTLS(t *testing.T) {
	certificate, roots := selfSigned(t, "localhost")
	f := &fake{answer: inTurn(nil)}
	f.options = []grpc.ServerOption{grpc.Creds(credentials.NewServerTLSFromCert(&certificate))}
	f.listen(t)
	for _, tt := range []struct {
		name string
		opts []client.Option
		want string
	}{
		{"our own roots", []client.Option{client.WithTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13})}, ""},
		{"default", nil, "x509: certificate signed by unknown authority"},
		{
			"another name",
			[]client.Option{client.WithTLS(&tls.Config{RootCAs: roots, ServerName: "example.com"})},
			"x509: certificate is valid for localhost, not example.com",
		},
		{"none", []client.Option{client.WithInsecure()}, "rpc error: code = Unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := f.connect(t, append(tt.opts, client.WithToken("secret"), client.WithMaxAttempts(1))...)
			err := get(t.Context(), c)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if len(f.got()) != 1 {
		t.Errorf("got %d calls, want 1", len(f.got()))
	}
}

func selfSigned(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// names resolves every name to the same addresses, and says to retry.
type names struct {
	state  resolver.State
	config string
}

// Build implements resolver.Builder.
func (n *names) Build(
	_ resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions,
) (resolver.Resolver, error) {
	n.state.ServiceConfig = cc.ParseServiceConfig(n.config)
	return n, cc.UpdateState(n.state)
}

// Scheme implements resolver.Builder.
func (*names) Scheme() string { return "names" }

// ResolveNow implements resolver.Resolver.
func (*names) ResolveNow(resolver.ResolveNowOptions) {}

// Close implements resolver.Resolver.
func (*names) Close() {}

// spread starts servers that give the same answer, and returns a client of them all.
func spread(
	t *testing.T, answer func(context.Context, int, proto.Message) (proto.Message, error), servers ...*fake,
) *client.Client {
	t.Helper()
	n := &names{config: retryPolicy}
	for i, f := range servers {
		f.answer = answer
		f.listen(t)
		n.state.Endpoints = append(n.state.Endpoints,
			resolver.Endpoint{Addresses: []resolver.Address{{Addr: strconv.Itoa(i)}}})
	}
	dial := func(ctx context.Context, addr string) (net.Conn, error) {
		i, err := strconv.Atoi(addr)
		if err != nil {
			return nil, err
		}
		return servers[i].dial(ctx, addr)
	}
	c, err := client.New("names:///tillgate", client.WithInsecure(),
		client.WithDialOptions(grpc.WithResolvers(n), grpc.WithContextDialer(dial)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Calls go to all addresses in turn.
func TestCallsAreSpreadOverAllAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		servers := []*fake{{}, {}, {}}
		c := spread(t, inTurn(nil), servers...)
		for range 30 {
			if err := get(t.Context(), c); err != nil {
				t.Error(err)
			}
			synctest.Wait() // until all connections stand
		}
		for i, f := range servers {
			if n := len(f.got()); n < 9 || n > 11 {
				t.Errorf("server %d got %d of 30 calls", i, n)
			}
		}
	})
}

// What a resolver says of retries does not count.
func TestM20_NoRetryPolicyOfAResolverApplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := spread(t, always(refuse(codes.Internal, "INTERNAL")), f)
		if err := pay(t.Context(), c); status.Code(err) != codes.Internal || len(f.got()) != 1 {
			t.Errorf("got %v after %d tries, want INTERNAL after 1", err, len(f.got()))
		}
	})
}

func TestMessageSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := 0
		f := &fake{answer: func(context.Context, int, proto.Message) (proto.Message, error) {
			return &paymentsv1.GetPaymentResponse{Payment: &paymentsv1.Payment{Description: strings.Repeat("x", large)}}, nil
		}}
		c := f.serve(t)
		for _, tt := range []struct {
			send, receive int
			want          codes.Code
		}{
			{client.MaxSend - 100, client.MaxReceive - 100, codes.OK},
			{client.MaxSend, 0, codes.ResourceExhausted},
			{0, client.MaxReceive, codes.ResourceExhausted},
		} {
			large = tt.receive
			_, err := c.Payments.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: strings.Repeat("x", tt.send)})
			if status.Code(err) != tt.want {
				t.Errorf("sending %d and receiving %d: got %v, want %v", tt.send, tt.receive, status.Code(err), tt.want)
			}
		}
		if len(f.got()) != 2 {
			t.Errorf("got %d calls, want 2: one is too large to be sent, and none is repeated", len(f.got()))
		}
	})
}

func TestClose(t *testing.T) {
	f := &fake{answer: inTurn(nil)}
	c := f.serve(t)
	if err := get(t.Context(), c); err != nil {
		t.Error(err)
	}
	for range 2 {
		c.Close()
	}
	if err := get(t.Context(), c); status.Code(err) != codes.Canceled {
		t.Errorf("got %v after Close, want CANCELLED", err)
	}
}
