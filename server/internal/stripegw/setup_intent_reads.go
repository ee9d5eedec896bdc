package stripegw

import (
	"context"
	"net/http"
	"net/url"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// readSetupIntentFields are those of GetSetupIntentRequest.
var readSetupIntentFields = paramFields{"intent": "setup_intent_id"}

// GetSetupIntent reads a setup intent, `seti_...`, as Stripe has it now. Its errors are those of GetPayment.
func (g *Gateway) GetSetupIntent(ctx context.Context, id string) (*paymentsv1.SetupIntent, error) {
	intent, err := g.readSetupIntent(ctx, id)
	if err != nil {
		return nil, err
	}
	return g.setupIntent(intent), nil
}

// SetupIntentClientSecret reads the client secret of a setup intent, whatever its state. Its errors are those of
// GetPayment.
func (g *Gateway) SetupIntentClientSecret(ctx context.Context, id string) (string, error) {
	intent, err := g.readSetupIntent(ctx, id)
	if err != nil {
		return "", err
	}
	if intent.ClientSecret == "" {
		return "", readError(ctx, &SendError{Answer: Answer{Status: 200}, cause: errUnreadable}, nil, apierr.Subject{})
	}
	return intent.ClientSecret, nil
}

func (g *Gateway) readSetupIntent(ctx context.Context, id string) (*setupIntent, error) {
	subject := apierr.Subject{Type: setupIntentSubject, ID: id}
	return readObject(ctx, g, getSetupIntentRequest(id), readSetupIntentFields, subject, decodeSetupIntentObject)
}

// getSetupIntentRequest is GET /v1/setup_intents/{intent}.
func getSetupIntentRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: setupIntentPath + url.QueryEscape(id)}
}
