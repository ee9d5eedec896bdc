package sandbox

// Statuses of a payment intent (docs.stripe.com/payments/paymentintents/lifecycle).
const (
	statusRequiresPaymentMethod = "requires_payment_method"
	statusRequiresConfirmation  = "requires_confirmation"
	statusRequiresAction        = "requires_action"
	statusRequiresCapture       = "requires_capture"
	statusProcessing            = "processing"
	statusCanceled              = "canceled"
	statusSucceeded             = "succeeded"
)

const (
	captureManual  = "manual"
	redirectsAllow = "always"
)

// paymentIntent is Stripe's object, its properties in Stripe's order. Source is not in the published description, but
// api.stripe.com sends it.
type paymentIntent struct {
	ID                                string                `json:"id"`
	Object                            string                `json:"object"`
	Amount                            int64                 `json:"amount"`
	AmountCapturable                  int64                 `json:"amount_capturable"`
	AmountDetails                     amountDetails         `json:"amount_details"`
	AmountReceived                    int64                 `json:"amount_received"`
	Application                       null                  `json:"application"`
	ApplicationFeeAmount              null                  `json:"application_fee_amount"`
	AutomaticPaymentMethods           *automaticMethods     `json:"automatic_payment_methods"`
	CanceledAt                        *int64                `json:"canceled_at"`
	CancellationReason                nullString            `json:"cancellation_reason"`
	CaptureMethod                     string                `json:"capture_method"`
	ClientSecret                      string                `json:"client_secret"`
	ConfirmationMethod                string                `json:"confirmation_method"`
	Created                           int64                 `json:"created"`
	Currency                          string                `json:"currency"`
	Customer                          ref                   `json:"customer"`
	Description                       nullString            `json:"description"`
	Invoice                           ref                   `json:"invoice"`
	LastPaymentError                  *paymentError         `json:"last_payment_error"`
	LatestCharge                      ref                   `json:"latest_charge"`
	Livemode                          bool                  `json:"livemode"`
	Metadata                          map[string]string     `json:"metadata"`
	NextAction                        *nextAction           `json:"next_action"`
	OnBehalfOf                        null                  `json:"on_behalf_of"`
	PaymentMethod                     ref                   `json:"payment_method"`
	PaymentMethodConfigurationDetails *methodConfiguration  `json:"payment_method_configuration_details"`
	PaymentMethodOptions              *paymentMethodOptions `json:"payment_method_options"`
	PaymentMethodTypes                []string              `json:"payment_method_types"`
	Processing                        null                  `json:"processing"`
	ReceiptEmail                      nullString            `json:"receipt_email"`
	Review                            null                  `json:"review"`
	SetupFutureUsage                  nullString            `json:"setup_future_usage"`
	Shipping                          *shipping             `json:"shipping"`
	Source                            null                  `json:"source"`
	StatementDescriptor               nullString            `json:"statement_descriptor"`
	StatementDescriptorSuffix         nullString            `json:"statement_descriptor_suffix"`
	Status                            string                `json:"status"`
	TransferData                      null                  `json:"transfer_data"`
	TransferGroup                     nullString            `json:"transfer_group"`

	waiting *challenge    // the step of next_action
	passed  *threeDSecure // the step was taken, and no charge has used it yet
}

type amountDetails struct {
	Tip struct{} `json:"tip"`
}

type automaticMethods struct {
	AllowRedirects string `json:"allow_redirects"`
	Enabled        bool   `json:"enabled"`
}

type methodConfiguration struct {
	ID     string `json:"id"`
	Parent null   `json:"parent"`
}

// paymentMethodOptions has one entry for each type that the intent accepts.
type paymentMethodOptions struct {
	Card          *cardOptions     `json:"card,omitempty"`
	Link          *linkOptions     `json:"link,omitempty"`
	SEPADebit     *struct{}        `json:"sepa_debit,omitempty"`
	USBankAccount *usDebitsOptions `json:"us_bank_account,omitempty"`
}

type cardOptions struct {
	CaptureMethod       string     `json:"capture_method,omitempty"`
	Installments        null       `json:"installments"`
	MandateOptions      null       `json:"mandate_options"`
	Network             nullString `json:"network"`
	RequestThreeDSecure string     `json:"request_three_d_secure"`
	SetupFutureUsage    string     `json:"setup_future_usage,omitempty"`
}

type linkOptions struct {
	PersistentToken null `json:"persistent_token"`
}

// paymentError is last_payment_error: the error of the answer without what belongs to the request.
type paymentError struct {
	Charge        string         `json:"charge,omitempty"`
	Code          string         `json:"code,omitempty"`
	DeclineCode   string         `json:"decline_code,omitempty"`
	DocURL        string         `json:"doc_url,omitempty"`
	Message       string         `json:"message"`
	Param         string         `json:"param,omitempty"`
	PaymentMethod *paymentMethod `json:"payment_method,omitempty"`
	Type          string         `json:"type"`
}

type shipping struct {
	Address        address    `json:"address"`
	Carrier        nullString `json:"carrier"`
	Name           nullString `json:"name"`
	Phone          nullString `json:"phone"`
	TrackingNumber nullString `json:"tracking_number"`
}

type address struct {
	City       nullString `json:"city"`
	Country    nullString `json:"country"`
	Line1      nullString `json:"line1"`
	Line2      nullString `json:"line2"`
	PostalCode nullString `json:"postal_code"`
	State      nullString `json:"state"`
}

// manual says whether a confirmed payment only holds the amount; the option of the card outranks the intent's.
func (p *paymentIntent) manual() bool {
	if p.PaymentMethodOptions != nil && p.PaymentMethodOptions.Card != nil &&
		p.PaymentMethodOptions.Card.CaptureMethod != "" {
		return p.PaymentMethodOptions.Card.CaptureMethod == captureManual
	}
	return p.CaptureMethod == captureManual
}
