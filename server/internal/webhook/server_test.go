package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/tillgate/tillgate/server/internal/webhook"
)

func TestServerLimits(t *testing.T) {
	s := webhook.NewServer(nil, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout != 10*time.Second || s.WriteTimeout == 0 || s.IdleTimeout == 0 ||
		s.MaxHeaderBytes == 0 {
		t.Errorf("the server waits too long: %+v", s)
	}
}

// Connections that say a byte a second, in the headers or the body, are cut, and take nothing from those that speak.
// The small size has fewer of them, and a server with a tenth of the patience.
func TestW20_Slowloris(t *testing.T) {
	connections, patience, beat := 200, 10, 100*time.Millisecond
	if *full {
		connections, patience, beat = 2000, 1, time.Second
	}
	in := newIntake(t, &memory{}, nil)
	var limit time.Duration
	addr := serve(t, in, func(s *http.Server) {
		s.ReadHeaderTimeout /= time.Duration(patience)
		s.ReadTimeout /= time.Duration(patience)
		limit = s.ReadTimeout
	})
	slow := "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nX-Padding: "
	body := fmt.Sprintf("POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n"+
		"Stripe-Signature: %s\r\n\r\n", sign(secret, noon, "x"))

	begin := time.Now()
	cut := make(chan time.Duration, connections)
	for i := range connections {
		first := slow
		if i%2 == 1 {
			first = body
		}
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		opened := time.Now()
		ended := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, conn) // until the server ends it
			cut <- time.Since(opened)
			close(ended)
		}()
		go func() {
			_, err := conn.Write([]byte(first))
			for err == nil {
				select {
				case <-ended:
					return
				case <-time.After(beat):
					_, err = conn.Write([]byte("x"))
				}
			}
		}()
	}

	var took []time.Duration
	for i := 0; len(cut) < connections; i++ {
		sent := time.Now()
		if got := post(t, addr, event(fmt.Sprintf("evt_%d", i))); got != http.StatusOK {
			t.Fatalf("a healthy event is answered %d", got)
		}
		took = append(took, time.Since(sent))
		if time.Since(begin) > 10*limit {
			t.Fatalf("%d of %d connections are still open after %v", connections-len(cut), connections, 10*limit)
		}
		<-time.After(beat / 10)
	}
	slices.Sort(took)
	var longest time.Duration
	for range connections {
		longest = max(longest, <-cut)
	}
	t.Logf("%d healthy events, p99 %v; %d slow connections, the longest open for %v",
		len(took), took[len(took)*99/100], connections, longest)
}

// A burst, as of month-end billing: everything is answered 200 or 503, and all that was answered 200 is kept.
func TestW31_Burst(t *testing.T) {
	events, perSecond := 300, rate.Inf
	if *full {
		events, perSecond = 60_000, rate.Limit(2000)
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := openStore(t, e.url(t))
			in := newIntake(t, s, nil)
			addr := serve(t, in, nil)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			t.Cleanup(client.CloseIdleConnections)
			limiter := rate.NewLimiter(perSecond, 100)

			var mu sync.Mutex
			took := []time.Duration{}
			good := map[string]bool{}
			var requests sync.WaitGroup
			room := make(chan struct{}, 256)
			for i := range events {
				if err := limiter.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				room <- struct{}{}
				requests.Go(func() {
					defer func() { <-room }()
					id := fmt.Sprintf("evt_%d", i)
					begin := time.Now()
					resp, err := client.Do(request(t, addr, event(id), nil))
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					mu.Lock()
					defer mu.Unlock()
					took = append(took, time.Since(begin))
					switch resp.StatusCode {
					case http.StatusOK:
						good[id] = true
					case http.StatusServiceUnavailable:
					default:
						t.Errorf("answered %d", resp.StatusCode)
					}
				})
			}
			requests.Wait()
			for _, d := range waiting(t, s) {
				delete(good, d.ID)
			}
			if len(good) > 0 {
				t.Errorf("%d events were answered 200 and are not kept", len(good))
			}
			slices.Sort(took)
			t.Logf("%d events, %d answered 200, p99 %v, longest %v", events, in.results(t, "stored"), took[len(took)*99/100],
				took[len(took)-1])
		})
	}
}

// Large bodies have a room of their own, so that many that prove nothing can not fill the memory; small ones go on.
func TestLargeBodiesAreBounded(t *testing.T) {
	const large = 100 << 10
	in := newIntake(t, &memory{}, nil)
	addr := serve(t, in, nil)
	hang := func() {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
			"Stripe-Signature: %s\r\n\r\n%s", large, sign(secret, noon, "x"), strings.Repeat("x", large-1))
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 64 {
		hang()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body := event("evt_1") + strings.Repeat(" ", large)
	for {
		resp, _ := send(t, request(t, addr, body, nil))
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
		// It may have been in the room of one of the others, whose first bytes were still on their way.
		hang()
		select {
		case <-ctx.Done():
			t.Fatal("one large body more is still taken")
		case <-time.After(time.Millisecond):
		}
	}
	if got := post(t, addr, event("evt_2")); got != http.StatusOK {
		t.Errorf("a small one is answered %d", got)
	}
}

// A connection is used again after a webhook that was kept.
func TestConnectionIsKept(t *testing.T) {
	addr := serve(t, newIntake(t, &memory{}, nil), nil)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for i := range 3 {
		if err := request(t, addr, event(fmt.Sprintf("evt_%d", i)), nil).Write(conn); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		if resp.StatusCode != http.StatusOK || resp.Close {
			t.Errorf("answered %d, and closes: %t", resp.StatusCode, resp.Close)
		}
	}
}
