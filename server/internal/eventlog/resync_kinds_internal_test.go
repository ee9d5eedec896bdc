package eventlog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// A setup intent that is other than it was, in the state that it was in, was not refused for that.
func TestRestatedKindsOfASetupIntent(t *testing.T) {
	intent := func(state paymentsv1.SetupIntentState) stripegw.Resource {
		return stripegw.Resource{
			Kind: "setup_intent", ID: "seti_1", State: int32(state), Message: &paymentsv1.SetupIntent{Id: "seti_1", State: state},
		}
	}
	const (
		first = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD
		asked = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION
		saved = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED
	)
	for _, tt := range []struct {
		name string
		row  store.Object
		now  paymentsv1.SetupIntentState
		want []string
	}{
		{"changed in its first state", store.Object{Version: 1, State: int32(first)}, first, nil},
		{"changed in another", store.Object{Version: 1, State: int32(asked)}, asked, nil},
		{"back in its first state", store.Object{Version: 1, State: int32(asked)}, first, nil},
		{"saved", store.Object{Version: 1, State: int32(asked)}, saved, []string{"setup_intent.succeeded"}},
		{"not known", store.Object{}, first, []string{"setup_intent.created"}},
	} {
		if diff := cmp.Diff(tt.want, restatedKinds(tt.row, intent(tt.now))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
