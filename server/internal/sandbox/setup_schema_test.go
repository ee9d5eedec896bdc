package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// setupAnswers are the answers of every endpoint of setup intents, mandates and verifications, in every state, and
// every object in their events.
func setupAnswers(t *testing.T) map[string][]reply {
	t.Helper()
	all := map[string][]reply{}
	keep := func(replies ...reply) {
		for _, r := range replies {
			kind := r.text("object")
			if r.status != http.StatusOK {
				kind = "error"
			}
			all[kind] = append(all[kind], r)
		}
	}
	const expand = "expand[]=customer&expand[]=mandate.payment_method&expand[]=payment_method"
	for _, state := range setupStates {
		a := newAPI()
		id := state.reach(t, a)
		path := setupsPath + "/" + id
		got := a.get(t, path, "")
		keep(got, a.get(t, path, expand))
		if under := got.text("mandate"); under != "" {
			keep(a.get(t, "/v1/mandates/"+under, ""), a.get(t, "/v1/mandates/"+under, "expand[]=payment_method"))
		}
		keep(
			a.verify(t, setupsPath, id, wrongAmounts), a.verify(t, setupsPath, id, "amounts[]=1"),
			a.post(t, path, "metadata[k]=v&description=d&customer="+a.customer(t, fullCustomer)),
			a.post(t, path+"/confirm", mandate[1:]+"&return_url=https://shop.example"),
			a.post(t, path+"/confirm", "payment_method=pm_card_visa_chargeDeclined&return_url=https://shop.example"),
			a.post(t, path+"/cancel", "cancellation_reason=abandoned"),
		)
		for _, e := range a.events(t) {
			raw, _ := json.Marshal(e)
			keep(reply{status: http.StatusOK, raw: string(raw), body: e})
			object, _ := reply{body: e}.at("data", "object").(map[string]any)
			raw, _ = json.Marshal(object)
			keep(reply{status: http.StatusOK, raw: string(raw), body: object})
		}
	}
	for _, tt := range setupRefusals {
		keep(newAPI().post(t, setupsPath, tt.form))
	}
	for _, about := range depositSubjects {
		for _, tt := range depositEntries {
			a := newAPI()
			id := about.open(t, a, a.account(t, "000123456789"))
			for _, entry := range tt.entries {
				keep(a.verify(t, about.path, id, entry))
			}
			keep(a.get(t, about.path+"/"+id, "expand[]=payment_method"))
		}
	}
	for _, method := range []string{"pm_usBankAccount_riskLevelHighest", "pm_exceedsWeeklyVolumeLimit_de"} {
		a := newAPI()
		got := a.debit(t, method)
		keep(got, a.get(t, chargesPath+"/"+got.text("error", "charge"), ""))
	}
	return all
}
