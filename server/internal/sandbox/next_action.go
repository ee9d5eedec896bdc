package sandbox

import "net/url"

// nextAction is the step that the customer must take.
type nextAction struct {
	RedirectToURL           *redirectToURL  `json:"redirect_to_url,omitempty"`
	Type                    string          `json:"type"`
	UseStripeSDK            *useStripeSDK   `json:"use_stripe_sdk,omitempty"`
	VerifyWithMicrodeposits *verifyDeposits `json:"verify_with_microdeposits,omitempty"`
}

type redirectToURL struct {
	ReturnURL string `json:"return_url"`
	URL       string `json:"url"`
}

// useStripeSDK is read by Stripe.js only; its contents are no part of the API, these are as captured.
type useStripeSDK struct {
	DirectoryServerEncryption directoryServer `json:"directory_server_encryption"`
	DirectoryServerName       string          `json:"directory_server_name"`
	Merchant                  string          `json:"merchant"`
	OneClickAuthn             null            `json:"one_click_authn"`
	ServerTransactionID       string          `json:"server_transaction_id"`
	ThreeDSecure2Source       string          `json:"three_d_secure_2_source"`
	ThreeDSMethodURL          string          `json:"three_ds_method_url"`
	ThreeDSOptimizations      string          `json:"three_ds_optimizations"`
	Type                      string          `json:"type"`
}

type directoryServer struct {
	Algorithm                  string   `json:"algorithm"`
	Certificate                string   `json:"certificate"`
	DirectoryServerID          string   `json:"directory_server_id"`
	RootCertificateAuthorities []string `json:"root_certificate_authorities"`
}

// verifyDeposits asks the customer for what two small deposits on the account's statement say.
type verifyDeposits struct {
	ArrivalDate           int64  `json:"arrival_date"`
	HostedVerificationURL string `json:"hosted_verification_url"`
	MicrodepositType      string `json:"microdeposit_type"`
}

// challenge is a step that the customer has not taken yet: 3D Secure, or the verification of a bank account.
type challenge struct {
	how      confirmation
	attempt  string
	deposits bool // it is about a bank account
	failures int  // how often the customer gave something wrong about the deposits
}

// nextAction is the step of a 3D Secure challenge: a page when the caller named one to come back to, otherwise a step
// that Stripe.js takes (docs.stripe.com/payments/3d-secure/authentication-flow). The kind is that of the intent.
func (s *Sandbox) nextAction(waiting *challenge, kind, id, secret string) *nextAction {
	how, attempt := waiting.how, waiting.attempt
	if how.returnURL != "" && !how.useStripeSDK {
		page := "https://hooks.stripe.com/3d_secure_2/hosted?" + "merchant=" + s.account + "&" + kind + "=" + id +
			"&" + kind + "_client_secret=" + url.QueryEscape(secret) +
			"&publishable_key=pk_test_sandbox&source=" + attempt
		return &nextAction{Type: "redirect_to_url", RedirectToURL: &redirectToURL{ReturnURL: how.returnURL, URL: page}}
	}
	return &nextAction{Type: "use_stripe_sdk", UseStripeSDK: &useStripeSDK{
		DirectoryServerEncryption: directoryServer{
			Algorithm: "RSA", Certificate: "sandbox", DirectoryServerID: "A000000003",
			RootCertificateAuthorities: []string{"sandbox"},
		},
		DirectoryServerName: how.method.Card.Brand, Merchant: s.account, ServerTransactionID: s.ids.uuid(),
		ThreeDSecure2Source: attempt, ThreeDSOptimizations: "kf", Type: "stripe_3ds2_fingerprint",
	}}
}
