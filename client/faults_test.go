package client_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// till charges once for each key, as Tillgate does.
type till struct {
	mu      sync.Mutex
	charges map[string]int
}

// charge returns whether the answer is that of an earlier call.
func (l *till) charge(req proto.Message) (proto.Message, error) {
	keyed, ok := req.(*paymentsv1.CreatePaymentRequest)
	if !ok {
		return nil, errors.New("not a payment")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.charges == nil {
		l.charges = map[string]int{}
	}
	replayed := l.charges[keyed.GetIdempotencyKey()] > 0
	if !replayed {
		l.charges[keyed.GetIdempotencyKey()]++
	}
	return &paymentsv1.CreatePaymentResponse{Payment: &paymentsv1.Payment{Id: "pi_1"}, Replayed: replayed}, nil
}

func (l *till) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, charges := range l.charges {
		n += charges
	}
	return n
}

// A server that goes away before it looks at a call (GOAWAY) lets grpc-go send it elsewhere: the handler runs once, and
// nothing of ours repeats.
func TestM19_TransparentRetryRunsTheHandlerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l till
		var told waits
		f := &fake{answer: func(_ context.Context, _ int, req proto.Message) (proto.Message, error) { return l.charge(req) }}
		f.listen(t)
		dials := 0
		leaving := func(ctx context.Context, addr string) (net.Conn, error) {
			if dials++; dials > 1 {
				return f.dial(ctx, addr)
			}
			near, far := net.Pipe()
			go goAway(far)
			return near, nil
		}
		c, err := client.New("passthrough:///localhost", client.WithInsecure(), told.option(),
			client.WithDialOptions(grpc.WithContextDialer(leaving)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if err := pay(t.Context(), c); err != nil {
			t.Error(err)
		}
		if dials != 2 || l.total() != 1 || len(f.got()) != 1 || len(told) != 0 {
			t.Errorf("got %d dials, %d charges, %d calls, %d repetitions of ours, want 2, 1, 1, 0",
				dials, l.total(), len(f.got()), len(told))
		}
	})
}

// goAway speaks as much HTTP/2 as it takes to say, after the first HEADERS, that no call was looked at.
func goAway(conn net.Conn) {
	const headers, settings, goaway = 1, 4, 7
	frame := func(kind byte, payload []byte) {
		head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
		_, _ = conn.Write(append(append(head, 0, 0, 0, 0, 0), payload...))
	}
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	frame(settings, nil)
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(head)>>8)); err != nil {
			return
		}
		if head[3] == headers {
			frame(goaway, make([]byte, 8)) // the last stream that was looked at is 0, and nothing is wrong
		}
	}
}

// A server that dies in the handler, after the charge: the client cannot know, asks again with the same key, and one
// charge is made.
func TestM20_ServerDiesInTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l till
		f := &fake{}
		f.answer = func(ctx context.Context, call int, req proto.Message) (proto.Message, error) {
			resp, err := l.charge(req)
			if call < 4 {
				f.cut()
				<-ctx.Done()
			}
			return resp, err
		}
		got, err := f.serve(t).Payments.CreatePayment(t.Context(), order())
		if err != nil || !got.GetReplayed() {
			t.Errorf("got %v, %v, want the answer of the first try", got, err)
		}
		if l.total() != 1 || len(f.keys()) != 4 {
			t.Errorf("got %d charges with the keys %q, want one charge in 4 tries", l.total(), f.keys())
		}
	})
}

// retryPolicy is one that many would write.
const retryPolicy = `{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.01s",
	"maxBackoff": "0.01s", "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE", "INTERNAL"]}}]}`

// A retry policy that the caller hands to grpc-go multiplies nothing.
func TestM20_NoOtherRetryPolicyApplies(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{refuse(codes.Unavailable, "STRIPE_UNAVAILABLE"), 5},
		{refuse(codes.Internal, "INTERNAL"), 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: always(tt.err)}
			c := f.serve(t, client.WithDialOptions(grpc.WithDefaultServiceConfig(retryPolicy)))
			if err := pay(t.Context(), c); err == nil || len(f.got()) != tt.want {
				t.Errorf("got %v after %d tries, want %d", err, len(f.got()), tt.want)
			}
		})
	}
}

// Three callers at once with one key: two are told that it is running, wait, and get the one answer.
func TestM21_CallsAtOnceWithOneKeyChargeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l till
		done := make(chan struct{})
		f := &fake{answer: func(_ context.Context, call int, req proto.Message) (proto.Message, error) {
			if call == 1 {
				defer close(done)
				wait(2 * time.Second)
				return l.charge(req)
			}
			select {
			case <-done:
				return l.charge(req)
			default:
				return nil, refuse(codes.Aborted, "OPERATION_IN_PROGRESS", retryIn(time.Second))
			}
		}}
		c := f.serve(t)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				got, err := c.Payments.CreatePayment(t.Context(), order())
				if err != nil || got.GetPayment().GetId() != "pi_1" {
					t.Errorf("got %v, %v, want the payment", got, err)
				}
			})
			wait(50 * time.Millisecond)
		}
		all.Wait()
		if l.total() != 1 {
			t.Errorf("got %d charges, want 1", l.total())
		}
	})
}

// The key stays the same while the first use of it is still running.
func TestM26_ARunningKeyIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := refuse(codes.Aborted, "OPERATION_IN_PROGRESS", retryIn(time.Second))
		f := &fake{answer: inTurn(running, running, nil)}
		if err := pay(t.Context(), f.serve(t)); err != nil {
			t.Error(err)
		}
		for _, key := range f.keys() {
			if key != order().GetIdempotencyKey() {
				t.Errorf("got the key %q, want %q", key, order().GetIdempotencyKey())
			}
		}
	})
}

// An idle client asks seldom enough whether the server is there: its connection lives. The policy that the server has
// not shows that the test would see it.
func TestA11_KeepaliveIsNoFlood(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy keepalive.EnforcementPolicy
		want   int
	}{
		{"the server's policy", keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}, 1},
		{"a stricter one", keepalive.EnforcementPolicy{MinTime: time.Minute, PermitWithoutStream: true}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: inTurn(nil), options: []grpc.ServerOption{grpc.KeepaliveEnforcementPolicy(tt.policy)}}
				c := f.serve(t)
				for range 2 {
					if err := get(t.Context(), c); err != nil {
						t.Error(err)
					}
					wait(5 * time.Minute)
				}
				if got := len(f.conns); got < tt.want || tt.want == 1 && got > 1 {
					t.Errorf("got %d connections, want %d", got, tt.want)
				}
			})
		})
	}
}

// A server that vanished without a word is noticed long before the deadline, and the call goes to another one.
func TestAVanishedServerIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(nil)}
		f.listen(t)
		dials := 0
		dial := func(ctx context.Context, addr string) (net.Conn, error) {
			conn, err := f.dial(ctx, addr)
			if dials++; dials == 1 && err == nil {
				return &deaf{Conn: conn, gone: make(chan struct{})}, nil
			}
			return conn, err
		}
		c := f.connect(t, client.WithInsecure(), client.WithDialOptions(grpc.WithContextDialer(dial)))
		if err := get(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		err := get(within(t, 2*time.Minute), c)
		limit := client.KeepaliveTime + client.KeepaliveTimeout + time.Second
		if took := time.Since(begin); err != nil || dials != 2 || took > limit {
			t.Errorf("got %v with %d connections in %v, want an answer over the second in less than %v", err, dials, took, limit)
		}
	})
}

// deaf is a connection that delivers one answer, and then nothing in either direction.
type deaf struct {
	net.Conn
	mu      sync.Mutex
	headers int
	gone    chan struct{}
	once    sync.Once
}

func (d *deaf) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for rest := p; len(rest) >= 9 && d.headers < 2; {
		if rest[3] == 1 && binary.BigEndian.Uint32(rest)>>8 < 4096 {
			d.headers++
		}
		rest = rest[min(len(rest), 9+int(binary.BigEndian.Uint32(rest)>>8)):]
	}
	if d.headers > 1 {
		return len(p), nil
	}
	return d.Conn.Write(p)
}

func (d *deaf) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	d.mu.Lock()
	dead := d.headers > 1
	d.mu.Unlock()
	if dead && err == nil {
		<-d.gone
		return 0, io.EOF
	}
	return n, err
}

func (d *deaf) Close() error {
	d.once.Do(func() { close(d.gone) })
	return d.Conn.Close()
}

// A call that begins while the server is down waits for it, as far as the tries go.
func TestACallOutlivesAShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(nil)}
		f.listen(t)
		up := time.Now().Add(300 * time.Millisecond)
		dial := func(ctx context.Context, addr string) (net.Conn, error) {
			if time.Now().Before(up) {
				return nil, status.Error(codes.Unavailable, "connection refused")
			}
			return f.dial(ctx, addr)
		}
		c := f.connect(t, client.WithInsecure(), client.WithMaxAttempts(20),
			client.WithDialOptions(grpc.WithContextDialer(dial)))
		if err := pay(t.Context(), c); err != nil || len(f.got()) != 1 {
			t.Errorf("got %v and %d calls at the server, want 1", err, len(f.got()))
		}
	})
}
