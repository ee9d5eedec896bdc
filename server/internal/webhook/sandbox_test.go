package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// What the sandbox signs, which its own tests compare with Stripe's library, is taken.
func TestSandboxSigns(t *testing.T) {
	kept := &memory{}
	in := newIntake(t, kept, func(c *webhook.Config) { c.Now = time.Now })
	addr := serve(t, in, nil)
	simulated := sandbox.New(sandbox.Config{Now: time.Now, Account: account})
	_, signing := simulated.AddEndpoint("http://" + addr + webhook.Path)
	secrets, err := webhook.ParseSecrets([]byte(signing), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	in.secrets.Replace(secrets)

	api := serve(t, simulated, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+api+"/v1/customers", strings.NewReader("name=Ada"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("sk_test_sandbox", "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, answer := send(t, r); resp.StatusCode != http.StatusOK {
		t.Fatalf("answered %d %s", resp.StatusCode, answer)
	}
	if sent := simulated.DeliverDue(t.Context(), http.DefaultClient); sent != 1 || len(kept.kept) != 1 {
		t.Fatalf("%d webhooks are sent, %d are kept", sent, len(kept.kept))
	}
	for _, d := range kept.kept {
		if d.Kind != "customer.created" || !strings.HasPrefix(d.ID, "evt_") || !strings.Contains(open(t, in.keys, d), "Ada") {
			t.Errorf("kept %s %s", d.Kind, d.ID)
		}
	}
}
