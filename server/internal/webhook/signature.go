package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	// signatureHeader is Stripe's: `t=1492774577,v1=<64 hex digits>`, with a v1 for each secret of the endpoint while one
	// is being replaced. Schemes other than v1 prove nothing.
	signatureHeader = "Stripe-Signature"
	// maxHeader is far above what Stripe sends, which is some hundred bytes.
	maxHeader = 4 << 10
	// maxSignatures is how many v1 are looked at, the first ones.
	maxSignatures = 8
	// maxTimeDigits is enough for the next 30,000 years.
	maxTimeDigits = 12

	// oldest is how long ago a request may have been signed, as in Stripe's libraries.
	oldest = 300 * time.Second
	// newest is how far ahead of ours Stripe's clock may be. Stripe's libraries have no such bound; without one a captured
	// request with a time to come could be kept for then.
	newest = 60 * time.Second
)

// signature is what the header says.
type signature struct {
	at time.Time
	// signed is the time as it stands in the header, which is signed too.
	signed string
	// proofs are the v1 values that can be HMACs.
	proofs [][sha256.Size]byte
}

// Why a header is refused.
var (
	errNoSignature  = errors.New("there is no signature")
	errBadSignature = errors.New("the signature can not be read")
)

// parseSignature reads the values of the header. There must be one value, with exactly one time.
func parseSignature(values []string) (signature, error) {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return signature{}, errNoSignature
	}
	if len(values) > 1 || len(values[0]) > maxHeader {
		return signature{}, errBadSignature
	}
	var s signature
	tried := 0
	for item := range strings.SplitSeq(values[0], ",") {
		scheme, value, ok := strings.Cut(item, "=")
		switch {
		case !ok:
			return signature{}, errBadSignature
		case scheme == "t":
			if s.signed != "" || value == "" || len(value) > maxTimeDigits || strings.Trim(value, "0123456789") != "" {
				return signature{}, errBadSignature
			}
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return signature{}, errBadSignature
			}
			s.signed, s.at = value, time.Unix(seconds, 0)
		case scheme == "v1" && tried < maxSignatures:
			tried++
			var proof [sha256.Size]byte
			if len(value) == hex.EncodedLen(sha256.Size) {
				if _, err := hex.Decode(proof[:], []byte(value)); err == nil {
					s.proofs = append(s.proofs, proof)
				}
			}
		}
	}
	if s.signed == "" || len(s.proofs) == 0 {
		return signature{}, errBadSignature
	}
	return s, nil
}

// verdict is what a signature proves.
type verdict int

const (
	unproved verdict = iota
	// retired is a secret that was good once.
	retired
	proved
)

// prove finds a secret that the body was signed with. The key is the whole text of the secret.
func (s signature) prove(secrets []Secret, now time.Time, body []byte) verdict {
	found := unproved
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(*secret.text))
		mac.Write([]byte(s.signed))
		mac.Write([]byte{'.'})
		mac.Write(body)
		want := mac.Sum(nil)
		for _, proof := range s.proofs {
			if !hmac.Equal(want, proof[:]) {
				continue
			}
			if secret.goodAt(now) {
				return proved
			}
			found = retired
		}
	}
	return found
}
