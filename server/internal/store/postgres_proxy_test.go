package store_test

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// loss is how a proxy loses what a client sends.
type loss int

const (
	// lossOfSend is before the server has seen any of it.
	lossOfSend loss = iota + 1
	// lossOfAnswer is after the server has done it, and said so.
	lossOfAnswer
	// lossAtOnce tells the client of the loss before the server has seen it.
	lossAtOnce
	// lossThenLate does so too, and the server sees it only when the test says so.
	lossThenLate
)

// proxy stands between a store and its server. Every chunk that a client sends may be lost.
type proxy struct {
	url, server string
	// loses decides on a chunk; 0 is to pass it on.
	loses atomic.Pointer[func(p *proxy) loss]
	// late holds what is lost by lossThenLate until it is closed; answered gets what the server said to nobody.
	late, answered chan struct{}

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool // whether no connection is made
}

// newProxy stands before the server of a URL.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	must(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{
		server: u.Host, open: map[net.Conn]bool{}, late: make(chan struct{}), answered: make(chan struct{}, 100),
	}
	u.Host = listener.Addr().String()
	p.url = u.String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.shut()
		serving.Wait()
	})
	return p
}

// loseNext loses the next chunk.
func (p *proxy) loseNext(how loss) {
	var done atomic.Bool
	p.loseBy(func(*proxy) loss {
		if done.Swap(true) {
			return 0
		}
		return how
	})
}

func (p *proxy) loseBy(loses func(p *proxy) loss) { p.loses.Store(&loses) }

// shut lets no connection be made, and ends those that there are.
func (p *proxy) shut() {
	p.refuse(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

func (p *proxy) refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = refuse
}

// register keeps the ends of a connection, if it may be made.
func (p *proxy) register(ends ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, end := range ends {
		p.open[end] = true
	}
	return !p.closed
}

func (p *proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", p.server) //nolint:noctx // It ends with the test.
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if !p.register(client, server) {
		return
	}
	var mute atomic.Bool
	var answering sync.WaitGroup
	answering.Go(func() {
		defer func() { _ = client.Close() }()
		for buffer := make([]byte, 1<<16); ; {
			n, err := server.Read(buffer)
			if mute.Load() {
				p.answered <- struct{}{}
				return
			}
			if err != nil {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	if p.forward(client, server, &mute) {
		answering.Wait() // for an answer that nobody hears
	}
	_ = server.Close()
	answering.Wait()
}

// forward passes on what the client sends until it loses some of it, and says whether the server will answer that.
func (p *proxy) forward(client, server net.Conn, mute *atomic.Bool) bool {
	for buffer := make([]byte, 1<<16); ; {
		n, err := client.Read(buffer)
		if err != nil {
			return false
		}
		how := loss(0)
		if loses := p.loses.Load(); loses != nil {
			how = (*loses)(p)
		}
		mute.Store(how != 0)
		switch how {
		case lossOfSend:
			return false
		case lossAtOnce:
			_ = client.Close()
		case lossThenLate:
			_ = client.Close()
			<-p.late
		case lossOfAnswer:
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return false
		}
		if how != 0 {
			return true
		}
	}
}
