package canonical_test

import (
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

var (
	fullAddress = &paymentsv1.Address{
		Line1: "1 Rue de Grenelle", Line2: "3e", City: "Paris", State: "IDF", PostalCode: "75007", RegionCode: "FR",
	}
	fullBilling = &paymentsv1.BillingDetails{
		Name: "Ada Lovelace", Email: "ada@example.com", Phone: "+14155550123", Address: fullAddress,
	}
	// fullCustomer has all that a caller can give.
	fullCustomer = &paymentsv1.Customer{
		Name: "Ada Lovelace", Email: "ada@example.com", Phone: "+14155550123", Description: "Grüße €", Address: fullAddress,
		Shipping: &paymentsv1.ShippingDetails{
			Name: "Charles", Phone: "+33 1 40 00 00 00", Address: &paymentsv1.Address{RegionCode: "fr"},
		},
		PreferredLocales: []string{"fr", "de"}, Metadata: map[string]string{"user": "4711", "plan": "gold"},
	}
	onlineAcceptance = &paymentsv1.MandateAcceptance{
		Acceptance: &paymentsv1.MandateAcceptance_Online{Online: &paymentsv1.MandateAcceptance_OnlineAcceptance{
			IpAddress: "203.0.113.7", UserAgent: "Mozilla/5.0",
		}},
		AcceptTime: &timestamppb.Timestamp{Seconds: 1_700_000_000, Nanos: 5},
	}
	offlineAcceptance = &paymentsv1.MandateAcceptance{
		Acceptance: &paymentsv1.MandateAcceptance_Offline{Offline: &paymentsv1.MandateAcceptance_OfflineAcceptance{}},
	}
)

// customerHashes go on from goldenHashes, with the requests of CustomerService and of debits of bank accounts.
var customerHashes = []golden{
	{
		"CreatePayment, by debit",
		&paymentsv1.CreatePaymentRequest{
			IdempotencyKey: goldenKey, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"}, Confirm: true,
			MandateAcceptance:       onlineAcceptance,
			BankAccountVerification: paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_AUTOMATIC,
		},
		"0129466e80c5954d3384c065495d36859df6a038af690cd8c2ab311a89626db90e",
	},
	{
		"ConfirmPayment, by debit",
		&paymentsv1.ConfirmPaymentRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1", MandateAcceptance: offlineAcceptance},
		"0160b339aa6f191b735d0fab8b731e3b13d0204f1d6e4305e25846507150aa7a9f",
	},
	{
		"CreateCustomer, least",
		&paymentsv1.CreateCustomerRequest{IdempotencyKey: goldenKey},
		"01540dbda67f2604103451562fdfa58fce27e0ac0929a87c6356535df9731eb73d",
	},
	{
		"CreateCustomer, full",
		&paymentsv1.CreateCustomerRequest{IdempotencyKey: goldenKey, Customer: fullCustomer},
		"019cb3cb05027bc57b0c6ce4efdde471ed497c61c9ee6adc8153a46736f36c28a2",
	},
	{
		"UpdateCustomer, least",
		&paymentsv1.UpdateCustomerRequest{IdempotencyKey: goldenKey, CustomerId: "cus_1", Customer: &paymentsv1.Customer{}},
		"019df18fbeaedaa12d728cdfd330a4ef126c83f5d8fc4da35442623b41f653875b",
	},
	{
		"UpdateCustomer, full",
		&paymentsv1.UpdateCustomerRequest{
			IdempotencyKey: goldenKey, CustomerId: "cus_1",
			Customer:   &paymentsv1.Customer{Name: "Ada Lovelace", Metadata: map[string]string{"user": ""}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "metadata"}},
		},
		"01c4e691813da06c7be0d692cbd936031f56dee93a1651dc319e78cae7fea67c16",
	},
	{
		"DeleteCustomer",
		&paymentsv1.DeleteCustomerRequest{IdempotencyKey: goldenKey, CustomerId: "cus_1"},
		"01c7bc6940872046427a234569944f7103f898045cf56cb227f27821b699584f81",
	},
	{
		"EnsureCustomer, least",
		&paymentsv1.EnsureCustomerRequest{IdempotencyKey: goldenKey, Reference: "user-4711"},
		"0177e1e27522a0f46f22657f2c588ef415236006ad9fa53960d69a3b28deaebd19",
	},
	{
		"EnsureCustomer, full",
		&paymentsv1.EnsureCustomerRequest{IdempotencyKey: goldenKey, Reference: "user-4711", Customer: fullCustomer},
		"018dad77c9affe096bfeb03793504df95ca8f40f363d6df4468ed363a0b41da0c8",
	},
	{
		"CreatePaymentMethod, card",
		&paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: goldenKey, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa"},
		},
		"01fae54ee96f3d8f084eb47e7578a210e28abffa5a4a576c78ab15a0eab6975550",
	},
	{
		"CreatePaymentMethod, account",
		&paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: goldenKey, BillingDetails: fullBilling, Metadata: map[string]string{"user": "4711"},
			Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{
				UsBankAccount: &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
					AccountNumber: "000123456789", RoutingNumber: "110000000", AccountHolderType: "company", AccountType: "savings",
				},
			},
		},
		"01cb321d941bfc689259698366ec923878ecf1291cf068b6998827629f4a6c2955",
	},
	{
		"CreatePaymentMethod, IBAN",
		&paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: goldenKey, BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace"},
			Source: &paymentsv1.CreatePaymentMethodRequest_SepaDebit{
				SepaDebit: &paymentsv1.CreatePaymentMethodRequest_SepaDebitSource{Iban: "DE89370400440532013000"},
			},
		},
		"01007201f16ee60801c13796fa2fffd1395889dbc2ef0e6b291125d0a196788b8a",
	},
	{
		"UpdatePaymentMethod, least",
		&paymentsv1.UpdatePaymentMethodRequest{
			IdempotencyKey: goldenKey, PaymentMethodId: "pm_1", PaymentMethod: &paymentsv1.PaymentMethod{},
		},
		"018a85cc477c1ea74c0bd7a277f7a1435d324b0bfda3915c5ecdbf83edd2354cce",
	},
	{
		"UpdatePaymentMethod, full",
		&paymentsv1.UpdatePaymentMethodRequest{
			IdempotencyKey: goldenKey, PaymentMethodId: "pm_1",
			PaymentMethod: &paymentsv1.PaymentMethod{
				Details: &paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Card{
					Card: &paymentsv1.CardDetails{ExpiryMonth: 12, ExpiryYear: 2031},
				}},
				BillingDetails: fullBilling, Metadata: map[string]string{"user": ""},
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"metadata", "billing_details"}},
		},
		"0106cf5ccc01ec15827cfd6e8ca21ceac45334fdc15bdfd5584a7799a435c01ba3",
	},
	{
		"AttachPaymentMethod",
		&paymentsv1.AttachPaymentMethodRequest{IdempotencyKey: goldenKey, PaymentMethodId: "pm_1", CustomerId: "cus_1"},
		"0152590be2d9bf5524bba2874d63469935417f192cbd03f288361b83b80287bbf5",
	},
	{
		"DetachPaymentMethod",
		&paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: goldenKey, PaymentMethodId: "pm_1"},
		"01954d9adde51ccd648c21b43fdb53ab0d3559da7ff30fa1e7084cbb8b897caae3",
	},
	{
		"SetDefaultPaymentMethod, least",
		&paymentsv1.SetDefaultPaymentMethodRequest{IdempotencyKey: goldenKey, CustomerId: "cus_1"},
		"01c744ca4ac3605b41fa5bf46e711f6678d75961beda17817039b2c4d88412196a",
	},
	{
		"SetDefaultPaymentMethod, full",
		&paymentsv1.SetDefaultPaymentMethodRequest{IdempotencyKey: goldenKey, CustomerId: "cus_1", PaymentMethodId: "pm_1"},
		"014b2f08c755bfabb952323b36630780a4866ba8112f33580d05686876a219eb47",
	},
	{
		"CreateSetupIntent, least",
		&paymentsv1.CreateSetupIntentRequest{IdempotencyKey: goldenKey},
		"01148cb3528307d1d9841fb3af9416aa69cba97ea7259d30f157abac04f62fb8e0",
	},
	{
		"CreateSetupIntent, full",
		&paymentsv1.CreateSetupIntentRequest{
			IdempotencyKey: goldenKey, CustomerId: "cus_1", PaymentMethodId: "pm_1",
			PaymentMethodTypes: []string{"us_bank_account", "card"}, Confirm: true,
			Usage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION, ReturnUrl: "https://shop.example/back",
			MandateAcceptance: onlineAcceptance, Description: "d", Metadata: map[string]string{"user": "4711"},
			BankAccountVerification: paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS,
		},
		"015205f96a25c5f8372e7853035abb3619b1b249939fcc95fb8c0834eb274c9011",
	},
	{
		"ConfirmSetupIntent, least",
		&paymentsv1.ConfirmSetupIntentRequest{IdempotencyKey: goldenKey, SetupIntentId: "seti_1"},
		"012a11d52ccc1ce4d8565941556042ba3dfed6464c3884540f3aa667fb652aa355",
	},
	{
		"ConfirmSetupIntent, full",
		&paymentsv1.ConfirmSetupIntentRequest{
			IdempotencyKey: goldenKey, SetupIntentId: "seti_1", PaymentMethodId: "pm_1", ReturnUrl: "https://shop.example/back",
			MandateAcceptance: offlineAcceptance,
		},
		"01cc7561af6379418bd2e856b6034af2ddf2270da4970ed8f5fb495949bf416c2b",
	},
	{
		"CancelSetupIntent, least",
		&paymentsv1.CancelSetupIntentRequest{IdempotencyKey: goldenKey, SetupIntentId: "seti_1"},
		"016581a3cd0c6a7115bcc86b08aefe1288ba7afa830089e3f967feac686e5d7ed4",
	},
	{
		"CancelSetupIntent, full",
		&paymentsv1.CancelSetupIntentRequest{
			IdempotencyKey: goldenKey, SetupIntentId: "seti_1",
			CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
		},
		"01a3083b2311b75f6f7ba928365f6cc95eaf07e3e50bdfc444d9ef05ab8f354b0f",
	},
	{
		"VerifyMicrodeposits, setup intent",
		&paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: goldenKey, Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: "seti_1"},
			Amounts: []int32{32, 45},
		},
		"0111ba67bebc575521f083706d51e99193f016cf689df3f6c2f81d40211b4da4f6",
	},
	{
		"VerifyMicrodeposits, payment",
		&paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: goldenKey, Subject: &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: "pi_1"},
			DescriptorCode: "SM11AA",
		},
		"0146ea7d91faedbca92eca127d1ac768d4f6aa518d9bcf5248d73876df14f8c715",
	},
}
