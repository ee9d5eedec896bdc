package stripegw_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// rawStripe is a server on a bare socket, for what an HTTP server can not do to its client.
type rawStripe struct {
	url string

	mu       sync.Mutex
	arrivals []arrival
}

// arrival is a request that was read whole, so that a Stripe would have executed it.
type arrival struct {
	// connection counts from 1.
	connection int
	// key is the idempotency key.
	key  string
	body string
}

// newRawStripe calls serve for every request that arrived, with how many came before it on that connection. serve
// answers, or closes the connection and returns false.
func newRawStripe(t *testing.T, serve func(c *net.TCPConn, before int) bool) *rawStripe {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	raw := &rawStripe{url: "http://" + listener.Addr().String()}
	var connections sync.WaitGroup
	connections.Go(func() {
		for number := 1; ; number++ {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { raw.connection(accepted.(*net.TCPConn), number, serve) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		connections.Wait()
	})
	return raw
}

func (s *rawStripe) connection(c *net.TCPConn, number int, serve func(*net.TCPConn, int) bool) {
	defer func() { _ = c.Close() }()
	reader := bufio.NewReader(c)
	for before := 0; ; before++ {
		req, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.arrivals = append(s.arrivals, arrival{number, req.Header.Get("Idempotency-Key"), string(body)})
		s.mu.Unlock()
		if !serve(c, before) {
			return
		}
	}
}

// seen is what arrived so far.
func (s *rawStripe) seen() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrival(nil), s.arrivals...)
}

// reply writes an answer that keeps the connection open.
func reply(c *net.TCPConn, body string) bool {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\n\r\n"+body)
	return err == nil
}

// reset closes the connection so that the other side sees an RST.
func reset(c *net.TCPConn) bool {
	_ = c.SetLinger(0)
	_ = c.Close()
	return false
}
