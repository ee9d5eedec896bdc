package webhook

import (
	"strings"
	"testing"
	"time"
)

// A vector that was computed elsewhere, with Python's hmac: the key is the whole secret, whsec_ and all.
func TestVector(t *testing.T) {
	const (
		secret = "whsec_4f1a2b3c4d5e6f708192a3b4c5d6e7f8"
		body   = `{"id":"evt_1","object":"event"}`
	)
	s, err := parseSignature([]string{"t=1700000000,v1=4ec1049a1443254d646050ce782f06dfe861825bcd37930bf88619b52b29a0f4,v0=00"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.at.Equal(time.Unix(1700000000, 0)) || s.prove([]Secret{NewSecret("whsec_other"), NewSecret(secret)}, s.at, []byte(body)) != proved {
		t.Errorf("got %+v", s)
	}
	if s.prove([]Secret{NewSecret(strings.TrimPrefix(secret, prefix))}, s.at, []byte(body)) != unproved || s.prove(nil, s.at, []byte(body)) != unproved {
		t.Error("another key proves it")
	}
}

// Whatever the header holds, the work is bounded, and a header that is taken has a time and a signature.
func FuzzParseSignature(f *testing.F) {
	for _, seed := range []string{
		"", "t=1", "t=1,v1=" + strings.Repeat("0a", 32), "v1=,t=,", "t=1,t=2,v1=00", strings.Repeat("v1=00,", 100), "=,=,=", "t=١,v1=00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		s, err := parseSignature([]string{header})
		if err != nil {
			if s.signed != "" || s.proofs != nil {
				t.Errorf("%q: a fault with %+v", header, s)
			}
			return
		}
		if len(s.proofs) == 0 || len(s.proofs) > maxSignatures || s.signed == "" || !strings.Contains(header, "t="+s.signed) ||
			s.at.Unix() < 0 {
			t.Errorf("%q is read as %+v", header, s)
		}
	})
}

// FuzzParseSecrets holds no secret of its own in an error.
func FuzzParseSecrets(f *testing.F) {
	f.Add("whsec_0123456789abcdef 2027-01-31T00:00:00Z\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		secrets, err := ParseSecrets([]byte(text), time.Unix(1700000000, 0))
		if (err == nil) == (len(secrets) == 0) || len(secrets) > maxSecrets {
			t.Errorf("%q: %d secrets, %v", text, len(secrets), err)
		}
		for _, s := range secrets {
			if len(*s.text) < len(prefix)+leastSecret {
				t.Errorf("%q: a secret of %d", text, len(*s.text))
			}
		}
	})
}
