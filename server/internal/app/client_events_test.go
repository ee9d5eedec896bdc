package app_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// everyEventRPC calls all of EventService, and WatchPayment, about a payment that has ended.
func everyEventRPC(t *testing.T, tillgate *client.Client, paymentID string) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for payment, err := range tillgate.WatchPayment(ctx, paymentID) {
		must("WatchPayment", err)
		if payment.GetId() != paymentID {
			t.Errorf("the payment that is watched is %v", payment)
		}
	}

	filter := &paymentsv1.EventFilter{ObjectIds: []string{paymentID}}
	var succeeded *paymentsv1.Event
	for event, err := range client.ListEvents(ctx, tillgate.Events, &paymentsv1.ListEventsRequest{Filter: filter, PageSize: 1}) {
		must("ListEvents", err)
		if event.GetType() == paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED {
			succeeded = event
		}
	}
	read, err := tillgate.Events.GetEvent(ctx, &paymentsv1.GetEventRequest{EventId: succeeded.GetId()})
	must("GetEvent", err)
	if read.GetEvent().GetPayment().GetId() != paymentID {
		t.Errorf("the event is %v", read.GetEvent())
	}

	const books = "books"
	reading, enough := context.WithCancel(ctx)
	err = tillgate.Consume(reading, books, filter, func(_ context.Context, event *paymentsv1.Event) error {
		if event.GetId() == succeeded.GetId() {
			enough()
		}
		return nil
	}, client.FromOldest())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Consume: %v", err)
	}
	_, err = tillgate.Events.AckEvents(ctx, &paymentsv1.AckEventsRequest{Consumer: books, Positions: []int64{succeeded.GetPosition()}})
	must("AckEvents", err)
	names := 0
	for consumer, err := range client.ListConsumers(ctx, tillgate.Events, &paymentsv1.ListConsumersRequest{}) {
		must("ListConsumers", err)
		if consumer.GetName() == books && consumer.GetCursor() >= succeeded.GetPosition() {
			names++
		}
	}
	if names != 1 {
		t.Errorf("%d consumers have the name and have acknowledged the event, want one", names)
	}
	_, err = tillgate.Events.SeekConsumer(ctx, &paymentsv1.SeekConsumerRequest{
		Consumer: books, Target: &paymentsv1.SeekConsumerRequest_Start{Start: paymentsv1.StreamStart_STREAM_START_NEWEST},
	})
	must("SeekConsumer", err)
	_, err = tillgate.Events.DeleteConsumer(ctx, &paymentsv1.DeleteConsumerRequest{Consumer: books})
	must("DeleteConsumer", err)

	for letter, err := range client.ListDeadLetters(ctx, tillgate.Events, &paymentsv1.ListDeadLettersRequest{}) {
		must("ListDeadLetters", err)
		t.Errorf("there is a dead letter: %v", letter)
	}
	_, err = tillgate.Events.RetryDeadLetter(ctx, &paymentsv1.RetryDeadLetterRequest{DeadLetterId: "evt_1"})
	if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
		t.Errorf("RetryDeadLetter of none: %v, want RESOURCE_MISSING", err)
	}
}
