package config

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"time"
)

// TokenVariable is the environment variable with the operator's token.
const TokenVariable = "TILLGATE_TOKEN"

// Connection is how an operator's command reaches the server.
type Connection struct {
	// Addr is where the server serves its API.
	Addr string
	// Token says who the operator is.
	Token Token
	// TLS is nil for a connection without.
	TLS *tls.Config
	// Timeout is how long one call may take.
	Timeout time.Duration
}

// connectionFlags are those of every command that asks a running server.
type connectionFlags struct {
	Addr      string        `default:"127.0.0.1:50051" placeholder:"HOST:PORT" help:"Where the server serves its API. Default: ${default}."`
	TokenFile string        `placeholder:"FILE" help:"A file that holds your token. Or set TILLGATE_TOKEN; a token is never a flag, since others can read those. Default, on loopback alone: the sandbox's token."`
	TLSCA     string        `name:"tls-ca" placeholder:"FILE" help:"The certificate authority of the server, PEM. Default: the system's."`
	Insecure  bool          `env:"-" help:"Connect without TLS. Whoever listens reads the token. Default on loopback, unless --tls-ca is given."`
	Timeout   time.Duration `env:"-" default:"10s" placeholder:"DURATION" help:"How long one call may take. Default: ${default}."`
}

func (f connectionFlags) check(found *faults) Connection {
	checkAddr(found, "--addr", f.Addr)
	host, _, _ := net.SplitHostPort(f.Addr)
	local := isLoopback(host)
	if host == "" {
		found.add("--addr must name a host, such as 127.0.0.1")
	}
	if f.Timeout <= 0 {
		found.add("--timeout must be longer than 0")
	}
	connection := Connection{Addr: f.Addr, Timeout: f.Timeout, Token: f.checkToken(found, local)}
	switch {
	case f.TLSCA != "" && f.Insecure:
		found.add("--insecure beside --tls-ca: choose one")
	case f.TLSCA != "":
		connection.TLS = f.checkCA(found)
	case !f.Insecure && !local:
		connection.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return connection
}

// checkToken reads the token. Neither its text nor the name of its file stands in a fault: the name may be the token.
func (f connectionFlags) checkToken(found *faults, local bool) Token {
	text := os.Getenv(TokenVariable)
	switch {
	case text != "" && f.TokenFile != "":
		found.add("two tokens: unset %s or --token-file", TokenVariable)
	case f.TokenFile != "":
		data, err := os.ReadFile(f.TokenFile)
		if err != nil {
			found.add("--token-file: %w", withoutPath(err))
			return Token{}
		}
		text = string(data)
	case text == "" && local:
		text = SandboxToken
	case text == "":
		found.add("no token: set %s or --token-file", TokenVariable)
		return Token{}
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		found.add("the token is empty, or holds a space or another character that no token has")
		return Token{}
	}
	return NewToken(text)
}

func (f connectionFlags) checkCA(found *faults) *tls.Config {
	data, err := os.ReadFile(f.TLSCA)
	if err != nil {
		found.add("--tls-ca: %w", err)
		return nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		found.add("--tls-ca: there is no PEM certificate in %s", f.TLSCA)
		return nil
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
