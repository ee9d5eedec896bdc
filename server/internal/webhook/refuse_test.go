package webhook_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/webhook"
)

// row is a request, and what it is answered.
type row struct {
	name   string
	change func(*http.Request)
	status int
	result string
}

// header sets the signature.
func header(values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header["Stripe-Signature"] = values }
}

// holds sends a body with each row's change, and looks that only what is answered 200 is kept.
func holds(t *testing.T, body string, rows []row) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			kept := &memory{}
			in := newIntake(t, kept, nil)
			resp, answer := send(t, request(t, serve(t, in, nil), body, tt.change))
			if resp.StatusCode != tt.status || in.results(t, tt.result) != 1 {
				t.Errorf("answered %d %s, want %d as %s", resp.StatusCode, answer, tt.status, tt.result)
			}
			if got, want := len(kept.kept) == 1, tt.status == http.StatusOK; got != want {
				t.Errorf("kept: %t, want %t", got, want)
			}
			if tt.status == http.StatusMethodNotAllowed && resp.Header.Get("Allow") != http.MethodPost {
				t.Errorf("Allow is %q", resp.Header.Get("Allow"))
			}
			for _, hidden := range []string{"canary", proof(secret, noon, body)} {
				if strings.Contains(in.log.String()+answer, hidden) {
					t.Errorf("%q is seen: %s %s", hidden, in.log, answer)
				}
			}
		})
	}
}

func TestGood(t *testing.T) {
	body := event("evt_1")
	good := proof(secret, noon, body)
	at := noon.Unix()
	holds(t, body, []row{
		{"as Stripe sends it", nil, 200, "stored"},
		{"with an older scheme", header(fmt.Sprintf("t=%d,v1=%s,v0=%s", at, good, strings.Repeat("0", 64))), 200, "stored"},
		{"another scheme first", header(fmt.Sprintf("v2=x,v1=%s,t=%d", good, at)), 200, "stored"},
		{"two signatures", header(fmt.Sprintf("t=%d,v1=%s,v1=%s", at, proof("whsec_other", noon, body), good)), 200, "stored"},
		{"the eighth", header(fmt.Sprintf("t=%d%s,v1=%s", at, strings.Repeat(",v1=0", 7), good)), 200, "stored"},
		{"no charset", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 200, "stored"},
		{"a query", func(r *http.Request) { r.URL.RawQuery = "from=stripe" }, 200, "stored"},
	})
}

// What is signed is the body as it was sent, and nothing that means the same.
func TestW10_ChangedBody(t *testing.T) {
	body := event("evt_1")
	var rows []row
	for _, i := range []int{0, 1, len(body) / 2, len(body) - 1} {
		changed := []byte(body)
		changed[i] ^= 1
		rows = append(rows, row{fmt.Sprint("byte ", i), replaced(string(changed)), 400, "bad_signature"})
	}
	rows = append(
		rows,
		row{"without its spaces", replaced(strings.Join(strings.Fields(body), "")), 400, "bad_signature"},
		row{"a byte more", replaced(body + "\n"), 400, "bad_signature"},
		row{"a byte less", replaced(body[:len(body)-1]), 400, "bad_signature"},
		row{"empty", replaced(""), 400, "bad_signature"},
	)
	holds(t, body, rows)
}

// replaced sends another body under the signature of the first.
func replaced(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
}

func TestW11_Headers(t *testing.T) {
	body := event("evt_1")
	good, at := proof(secret, noon, body), noon.Unix()
	holds(t, body, []row{
		{"missing", func(r *http.Request) { r.Header.Del("Stripe-Signature") }, 400, "no_signature"},
		{"empty", header(""), 400, "no_signature"},
		{"t alone", header(fmt.Sprintf("t=%d", at)), 400, "bad_header"},
		{"no t", header("v1=" + good), 400, "bad_header"},
		{"v0 alone", header(fmt.Sprintf("t=%d,v0=%s", at, good)), 400, "bad_header"},
		{"no pairs", header("signature"), 400, "bad_header"},
		{"a comma at the end", header(fmt.Sprintf("t=%d,v1=%s,", at, good)), 400, "bad_header"},
		{"t is no number", header("t=noon,v1=" + good), 400, "bad_header"},
		{"t is negative", header(fmt.Sprintf("t=-%d,v1=%s", at, good)), 400, "bad_header"},
		{"t is empty", header("t=,v1=" + good), 400, "bad_header"},
		{"t is beyond int64", header("t=99999999999999999999,v1=" + good), 400, "bad_header"},
		{"no hex", header(fmt.Sprintf("t=%d,v1=%s", at, strings.Repeat("z", 64))), 400, "bad_header"},
		{"half a signature", header(fmt.Sprintf("t=%d,v1=%s", at, good[:32])), 400, "bad_header"},
		{"the ninth", header(fmt.Sprintf("t=%d%s,v1=%s", at, strings.Repeat(",v1="+strings.Repeat("0", 64), 8), good)), 400, "bad_signature"},
		{"1,000 signatures", header(fmt.Sprintf("t=%d%s", at, strings.Repeat(",v1="+good, 1000))), 400, "bad_header"},
		{"64 KiB", header(fmt.Sprintf("t=%d,v1=%s,x=", at, good) + strings.Repeat("x", 64<<10-len(good)-20)), 400, "bad_header"},
		{"twice", header(sign(secret, noon, body), sign(secret, noon, body)), 400, "bad_header"},
	})
	// net/http refuses by itself what is larger still, and may cut the connection before its answer is read.
	resp, err := http.DefaultClient.Do(
		request(t, serve(t, newIntake(t, &memory{}, nil), nil), body, header(strings.Repeat("x", 100<<10))))
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("100 KiB of header are answered %d", resp.StatusCode)
		}
	}
}

func TestW12_TooOld(t *testing.T) {
	body := event("evt_1")
	holds(t, body, []row{
		{"300 s", header(sign(secret, noon.Add(-300*time.Second), body)), 200, "stored"},
		{"301 s", header(sign(secret, noon.Add(-301*time.Second), body)), 400, "too_old"},
		{"1970", header(sign(secret, time.Unix(0, 0), body)), 400, "too_old"},
		{"301 s, and wrong", header(sign("whsec_other", noon.Add(-301*time.Second), body)), 400, "bad_signature"},
	})
}

func TestW13_TooNew(t *testing.T) {
	body := event("evt_1")
	holds(t, body, []row{
		{"60 s", header(sign(secret, noon.Add(60*time.Second), body)), 200, "stored"},
		{"61 s", header(sign(secret, noon.Add(61*time.Second), body)), 400, "too_new"},
		{"the year 9999", header(sign(secret, time.Unix(253402300799, 0), body)), 400, "too_new"},
	})
}

// Of two times only one was signed, and which one counts must not be a matter of order.
func TestW14_TwoTimes(t *testing.T) {
	body := event("evt_1")
	old := noon.Add(-time.Hour)
	holds(t, body, []row{
		{"a fresh one first", header(fmt.Sprintf("t=%d,t=%d,v1=%s", noon.Unix(), old.Unix(), proof(secret, old, body))), 400, "bad_header"},
		{"a fresh one last", header(fmt.Sprintf("t=%d,t=%d,v1=%s", old.Unix(), noon.Unix(), proof(secret, old, body))), 400, "bad_header"},
		{"the same", header(fmt.Sprintf("t=%d,t=%[1]d,v1=%s", noon.Unix(), proof(secret, noon, body))), 400, "bad_header"},
	})
}

// endless is a body without an end, which notes how much of it was read.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read.Add(int64(len(p)))
	return len(p), nil
}

func TestW19_LargeBodies(t *testing.T) {
	limit := `{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"x": "`
	limit += strings.Repeat("x", 1<<20-len(limit)-len(`"}}}`)) + `"}}}`
	holds(t, limit, []row{{"1 MiB", nil, 200, "stored"}})
	holds(t, limit+" ", []row{
		{"1 MiB and 1", nil, 413, "too_large"},
		{"1 MiB and 1, in chunks", func(r *http.Request) { r.ContentLength = -1 }, 413, "too_large"},
	})

	t.Run("endless", func(t *testing.T) {
		body := &endless{}
		in := newIntake(t, &memory{}, nil)
		r := request(t, serve(t, in, nil), "", func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(body), -1 })
		resp, err := http.DefaultClient.Do(r)
		if err == nil { // the connection may be cut before the answer is read
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("answered %d", resp.StatusCode)
			}
		}
		// What the kernel's buffers take is not read by us.
		if in.results(t, "too_large") != 1 || body.read.Load() > 32<<20 {
			t.Errorf("%d bytes were sent", body.read.Load())
		}
	})

	t.Run("gzip bomb", func(t *testing.T) {
		var bomb bytes.Buffer
		w := gzip.NewWriter(&bomb)
		_, _ = w.Write(make([]byte, 16<<20))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		holds(t, bomb.String(), []row{
			{"gzip", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "encoded"},
			{"identity", func(r *http.Request) { r.Header.Set("Content-Encoding", "identity") }, 415, "encoded"},
			// Nothing is opened: it is no event, and kept as it is.
			{"unsaid", nil, 200, "unreadable"},
		})
	})
}

// The shape is judged by the headers alone: the answer comes although no byte of the body is ever sent.
func TestW21_Shapes(t *testing.T) {
	for _, tt := range []struct {
		name, line, kind string
		status           int
		result           string
	}{
		{"GET", "GET /webhooks/stripe", "application/json", 405, "wrong_method"},
		{"PUT", "PUT /webhooks/stripe", "application/json", 405, "wrong_method"},
		{"HEAD", "HEAD /webhooks/stripe", "application/json", 405, "wrong_method"},
		{"another path", "POST /", "application/json", 404, "wrong_path"},
		{"a path below", "POST /webhooks/stripe/", "application/json", 404, "wrong_path"},
		{"a path with dots", "POST /webhooks/../webhooks/stripe", "application/json", 404, "wrong_path"},
		{"the metrics", "GET /metrics", "application/json", 404, "wrong_path"},
		{"a form", "POST /webhooks/stripe", "application/x-www-form-urlencoded", 415, "wrong_type"},
		{"no type", "POST /webhooks/stripe", "", 415, "wrong_type"},
		{"another charset", "POST /webhooks/stripe", "application/json; charset=utf-16", 415, "wrong_type"},
		{"no type at all", "POST /webhooks/stripe", "json", 415, "wrong_type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &memory{}
			in := newIntake(t, kept, nil)
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", serve(t, in, nil))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, err = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000\r\nStripe-Signature: %s\r\n\r\n",
				tt.line, tt.kind, sign(secret, noon, "x"))
			if err != nil {
				t.Fatal(err)
			}
			method, _, _ := strings.Cut(tt.line, " ")
			resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || in.results(t, tt.result) != 1 || !resp.Close {
				t.Errorf("answered %d, and closes: %t; want %d", resp.StatusCode, resp.Close, tt.status)
			}
			if tt.status == http.StatusMethodNotAllowed && resp.Header.Get("Allow") != http.MethodPost {
				t.Errorf("Allow is %q", resp.Header.Get("Allow"))
			}
		})
	}
}

// A flood of bad requests is counted, and does not fill the disk.
func TestFloodIsNotLogged(t *testing.T) {
	in := newIntake(t, &memory{}, nil)
	addr := serve(t, in, nil)
	for range 500 {
		resp, _ := send(t, request(t, addr, "{}", header("t=1,v1=canary")))
		if resp.StatusCode != http.StatusBadRequest {
			t.Fatalf("answered %d", resp.StatusCode)
		}
	}
	if got := strings.Count(in.log.String(), "\n"); got != 10 || in.results(t, "bad_header") != 500 {
		t.Errorf("%d lines for %d requests", got, in.results(t, "bad_header"))
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := webhook.New(webhook.Config{}); err == nil {
		t.Error("a handler without a store is made")
	}
}
