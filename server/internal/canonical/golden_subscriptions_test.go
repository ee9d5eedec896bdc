package canonical_test

import (
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

var (
	goldenTime    = &timestamppb.Timestamp{Seconds: 1_700_000_000}
	goldenItems   = []*paymentsv1.NewSubscriptionItem{{PlanId: "price_1"}, {PlanId: "price_2", Quantity: new(int64(3))}}
	goldenChanges = []*paymentsv1.ItemChange{
		{ItemId: "si_1", PlanId: "price_3", Quantity: new(int64(2))}, {ItemId: "si_2", Remove: true},
	}
	// fullSubscription has all that an update can change.
	fullSubscription = &paymentsv1.Subscription{
		DefaultPaymentMethodId: "pm_1", Description: "Gold for the team", Metadata: map[string]string{"team": "7"},
		CancelTime: goldenTime, TrialEndTime: goldenTime,
		TrialEndBehavior: paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE,
		CollectionMethod: paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, DaysUntilDue: 30,
	}
)

// subscriptionHashes go on from customerHashes, with the requests of SubscriptionService.
var subscriptionHashes = []golden{
	{
		"CreateCustomer, on a test clock",
		&paymentsv1.CreateCustomerRequest{IdempotencyKey: goldenKey, TestClockId: "clock_1"},
		"01ee75ef2575d91acf44709cafa238969543f52d691452ff38953519da19c8931a",
	},
	{
		"CreatePlan, least",
		&paymentsv1.CreatePlanRequest{IdempotencyKey: goldenKey, Plan: &paymentsv1.Plan{}},
		"01b15e9ed0b9ed8497eea9eb1f6e6c5dad1524a368e7670bec6c00ff30485b900f",
	},
	{
		"CreatePlan, full",
		&paymentsv1.CreatePlanRequest{
			IdempotencyKey: goldenKey, ProductId: "prod_1", TransferLookupKey: true,
			Plan: &paymentsv1.Plan{
				Name: "Gold", Description: "All of it", Amount: &paymentsv1.Money{MinorUnits: 1000, CurrencyCode: "USD"},
				Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH, IntervalCount: 3, TrialDays: 14, LookupKey: "gold",
				Metadata: map[string]string{"tier": "3"},
			},
		},
		"01de473f2d485d26c43af8dc3e11ba4cf15a8fb4dd1cb214a53eb825b70f4d10f6",
	},
	{
		"UpdatePlan, least",
		&paymentsv1.UpdatePlanRequest{IdempotencyKey: goldenKey, PlanId: "price_1", Plan: &paymentsv1.Plan{}},
		"0197d243d22d61e653d18e78542c6f624c42496485f1b63084288e52f917bdb4ea",
	},
	{
		"UpdatePlan, full",
		&paymentsv1.UpdatePlanRequest{
			IdempotencyKey: goldenKey, PlanId: "price_1", Plan: &paymentsv1.Plan{Active: true, LookupKey: "gold"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"active", "lookup_key"}}, TransferLookupKey: true,
		},
		"01a971a9e0b354a3514e3a85415e72c8cc1ab0ab92ccd4df379b1421a39005c4c4",
	},
	{
		"CreateSubscription, least",
		&paymentsv1.CreateSubscriptionRequest{IdempotencyKey: goldenKey, CustomerId: "cus_1", Items: goldenItems},
		"01a16c40c886cd6d2ea94f96153d811e6deee7bca76633e7c5a35199a55c4320d9",
	},
	{
		"CreateSubscription, full",
		&paymentsv1.CreateSubscriptionRequest{
			IdempotencyKey: goldenKey, CustomerId: "cus_1", Items: goldenItems,
			PaymentBehavior:        paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE,
			DefaultPaymentMethodId: "pm_1",
			CollectionMethod:       paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, DaysUntilDue: 30,
			Trial:                  &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: 14},
			TrialEndBehavior:       paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_CANCEL,
			BillingCycleAnchorTime: goldenTime, CancelTime: goldenTime, CancelAtPeriodEnd: true, OffSession: true,
			SaveDefaultPaymentMethod: true, PaymentMethodTypes: []string{"us_bank_account", "card"}, Description: "d",
			Metadata: map[string]string{"team": "7"},
		},
		"0151c021b12ec9ef0ea664b1b5178b8f9adb099f957aaf27e64c3a8dd59fcaa105",
	},
	{
		"CreateSubscription, with a trial until a time",
		&paymentsv1.CreateSubscriptionRequest{
			IdempotencyKey: goldenKey, CustomerId: "cus_1", Items: goldenItems,
			Trial: &paymentsv1.CreateSubscriptionRequest_TrialEndTime{TrialEndTime: goldenTime},
		},
		"01a2c3d405e48ab454379ae2a16f30fd75246c4fba2ff74675a2f1347c3e94effd",
	},
	{
		"CreateSubscription, with the plan's trial",
		&paymentsv1.CreateSubscriptionRequest{
			IdempotencyKey: goldenKey, CustomerId: "cus_1", Items: goldenItems,
			Trial: &paymentsv1.CreateSubscriptionRequest_PlanTrial{PlanTrial: true},
		},
		"01405be9441a2e36c51fb69df0cda13e4efe713ac9e30d59d4940c1ccdc34e2612",
	},
	{
		"UpdateSubscription, least",
		&paymentsv1.UpdateSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", Subscription: &paymentsv1.Subscription{},
		},
		"01ebe099a4a595fe71aa31d048f94ec3a1e259d62d3ba690cecb784531d80a3e27",
	},
	{
		"UpdateSubscription, full",
		&paymentsv1.UpdateSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", Subscription: fullSubscription,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"cancel_time", "metadata"}},
		},
		"0174d3a8c7fff92d9db326af4e7dd62d8c1e91c24279d7cdfce4fa6b6394aa5d87",
	},
	{
		"ChangePlan, least",
		&paymentsv1.ChangePlanRequest{IdempotencyKey: goldenKey, SubscriptionId: "sub_1", Changes: goldenChanges},
		"010dc9ab7cf127bc55cf52ff55e94f33edd7e25d693f8e90c230263560c4d62fc5",
	},
	{
		"ChangePlan, full",
		&paymentsv1.ChangePlanRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", Changes: goldenChanges, NewItems: goldenItems,
			Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_NOW, ProrationTime: goldenTime,
			ExpectedAmountDue: &paymentsv1.Money{MinorUnits: 700, CurrencyCode: "USD"}, AllowUnpaid: true,
		},
		"0146acc539a1e040d9c74e1bb15e6dc94d5012cff85e12813efa7f0a860fd3cbf7",
	},
	{
		"ChangePlan, at the period's end",
		&paymentsv1.ChangePlanRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", Changes: goldenChanges,
			Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END,
		},
		"012da20a8cca5229b41f14f2831ee0868d4fe9ee58101b593a4c17ae630ff4b1f6",
	},
	{
		"PauseSubscription, full",
		&paymentsv1.PauseSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", ResumeTime: goldenTime,
			Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_MARK_UNCOLLECTIBLE,
		},
		"012490e4db6f3836bc54ea177ff256dfdc524f7ded9cfccddae84027525ce3a437",
	},
	{
		"ResumeSubscription",
		&paymentsv1.ResumeSubscriptionRequest{IdempotencyKey: goldenKey, SubscriptionId: "sub_1"},
		"01341c5a0c79da04b216268203768b77da3c275091af90449c62c2a2fda5e1159a",
	},
	{
		"CancelSubscription, now",
		&paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
			InvoiceNow: true, Prorate: true,
		},
		"014240760e5dd009732d213da6bdd2d11f06e2e37c3153bd50822e897455494b11",
	},
	{
		"CancelSubscription, at the period's end",
		&paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1",
			When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
		},
		"01c3a199427ad4b1130e47cf71697e4870fbf823572a9c6a71ae5ceedbbd325d9d",
	},
	{
		"CancelSubscription, at a time",
		&paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: goldenKey, SubscriptionId: "sub_1",
			When: &paymentsv1.CancelSubscriptionRequest_Time{Time: goldenTime},
		},
		"01f5cf2ba3917b5b9e27b0f053ee38aaae5aaa6798bec75f14232af5c50a5819aa",
	},
	{
		"FinalizeInvoice, least",
		&paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: goldenKey, InvoiceId: "in_1"},
		"0191fdb56c5d0dc6b128a38f2257ac1ca3773e9e5a0ffb4199eb79c4defecc6703",
	},
	{
		"FinalizeInvoice, full",
		&paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: goldenKey, InvoiceId: "in_1", AutoAdvance: new(false)},
		"01bbd6db3283ce379c653321f4ea7e64639d059994e47e6ff9bc99e886460cee25",
	},
	{
		"PayInvoice, least",
		&paymentsv1.PayInvoiceRequest{IdempotencyKey: goldenKey, InvoiceId: "in_1"},
		"011015d8c850b41123b6cb0813f58ec15662f159975eddd3316c9af80a27966405",
	},
	{
		"PayInvoice, full",
		&paymentsv1.PayInvoiceRequest{
			IdempotencyKey: goldenKey, InvoiceId: "in_1", PaymentMethodId: "pm_1", PaidOutOfBand: true, OnSession: true,
		},
		"01607eb5f7eb4de6702d22d720feeacf339f8c0b13268627c1558501494211169c",
	},
	{
		"VoidInvoice",
		&paymentsv1.VoidInvoiceRequest{IdempotencyKey: goldenKey, InvoiceId: "in_1"},
		"0151f19640122f584c973692064021ee1a76092ccd8d0082e6e6614c5100c2ca3d",
	},
}
