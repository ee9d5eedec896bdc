package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// rawConn speaks HTTP/2 frames to the server, as a client that does not behave.
type rawConn struct {
	net.Conn

	framer *http2.Framer
}

func (p *process) dialRaw(t *testing.T) *rawConn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rawConn{Conn: conn, framer: http2.NewFramer(conn, conn)}
}

// handshake begins HTTP/2.
func (c *rawConn) handshake(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
}

// goAway reads until the server ends the connection, and returns the reason that it gave.
func (c *rawConn) goAway() (reason http2.ErrCode, debug string, ended bool) {
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			var timeout net.Error
			return reason, debug, !errors.As(err, &timeout) || !timeout.Timeout()
		}
		if f, ok := frame.(*http2.GoAwayFrame); ok {
			reason, debug = f.ErrCode, string(f.DebugData())
		}
	}
}

// grpc-go refuses a call whose metadata is above the limit, and other calls go on.
func TestA09_HugeMetadata(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	get := func(ctx context.Context) error {
		_, err := client.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: "pi_unknown"})
		return err
	}
	pairs := make([]string, 0, 2000)
	for range 1000 {
		pairs = append(pairs, "x-many", "value")
	}
	for name, ctx := range map[string]context.Context{
		"a value of 1 MiB": metadata.AppendToOutgoingContext(dev(t), "x-huge", strings.Repeat("v", 1<<20)),
		"1000 headers":     metadata.AppendToOutgoingContext(dev(t), pairs...),
	} {
		if err := get(ctx); status.Code(err) == codes.NotFound || err == nil {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if err := get(dev(t)); status.Code(err) != codes.NotFound {
		t.Errorf("afterwards: %v, want NOT_FOUND as ever", err)
	}

	// Past the client's own limits: header frames without end.
	raw := p.dialRaw(t)
	raw.handshake(t)
	var block strings.Builder
	encoder := hpack.NewEncoder(&block)
	for range 4000 {
		if err := encoder.WriteField(hpack.HeaderField{Name: "x-flood", Value: "value", Sensitive: true}); err != nil {
			t.Fatal(err)
		}
	}
	_ = raw.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte(block.String()[:10_000])})
	for i := 10_000; i+10_000 < block.Len(); i += 10_000 {
		_ = raw.framer.WriteContinuation(1, false, []byte(block.String()[i:i+10_000]))
	}
	_ = raw.framer.WriteContinuation(1, true, nil)
	refused := make(chan bool, 1)
	go func() {
		for {
			frame, err := raw.framer.ReadFrame()
			if err != nil {
				refused <- true
				return
			}
			switch frame.(type) {
			case *http2.GoAwayFrame, *http2.RSTStreamFrame:
				refused <- true
				return
			}
		}
	}()
	select {
	case <-refused:
	case <-time.After(patience):
		t.Error("a flood of header frames was neither refused nor cut")
	}
	if err := get(dev(t)); status.Code(err) != codes.NotFound {
		t.Errorf("after the flood: %v, want NOT_FOUND as ever", err)
	}
}

func TestA11_PingFlood(t *testing.T) {
	t.Parallel()
	p := startSandboxed(t)
	raw := p.dialRaw(t)
	raw.handshake(t)
	for i := range 10 {
		if err := raw.framer.WritePing(false, [8]byte{byte(i)}); err != nil {
			break // the server has ended the connection already
		}
	}
	reason, debug, ended := raw.goAway()
	if !ended || reason != http2.ErrCodeEnhanceYourCalm || debug != "too_many_pings" {
		t.Errorf("ended = %v with %v %q, want ENHANCE_YOUR_CALM too_many_pings", ended, reason, debug)
	}
}

// Whoever connects and says nothing is cut, and calls are served all the while.
func TestA12_SilentConnections(t *testing.T) {
	t.Parallel()
	p := startSandboxed(t)
	const silent = 200
	cut := make(chan bool, silent)
	for range silent {
		raw := p.dialRaw(t)
		go func() {
			// The server sends its settings first; what follows is the end.
			_, _, ended := raw.goAway()
			cut <- ended
		}()
	}
	client := p.connect(t)
	if _, err := client.CreatePayment(dev(t), order("order-9001-attempt-1", "pm_card_visa")); err != nil {
		t.Errorf("among silent connections: %v", err)
	}
	for range silent {
		if !<-cut {
			t.Fatal("a silent connection was not cut")
		}
	}
}
