package config_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

func TestEvents(t *testing.T) {
	const (
		oldest, newest = paymentsv1.StreamStart_STREAM_START_OLDEST, paymentsv1.StreamStart_STREAM_START_NEWEST
		paid, trial    = paymentsv1.EventType_EVENT_TYPE_PAYMENT_SUCCEEDED,
			paymentsv1.EventType_EVENT_TYPE_SUBSCRIPTION_TRIAL_WILL_END
	)
	for _, tt := range []struct {
		args string
		want config.Events
	}{
		{"tail", config.Events{Tail: &config.TailEvents{Start: newest}}},
		{
			"tail --type payment-succeeded,SUBSCRIPTION_TRIAL_WILL_END --type payment-succeeded --object pi_1 --from oldest --json",
			config.Events{Tail: &config.TailEvents{
				Types: []paymentsv1.EventType{paid, trial}, ObjectIDs: []string{"pi_1"}, Start: oldest, JSON: true,
			}},
		},
		{
			"tail --type payment_intent.succeeded,EVENT_TYPE_SUBSCRIPTION_TRIAL_WILL_END --type event-type-payment-succeeded",
			config.Events{Tail: &config.TailEvents{Types: []paymentsv1.EventType{paid, trial}, Start: newest}},
		},
		{"tail --from 17", config.Events{Tail: &config.TailEvents{From: 17}}},
		{"consumers", config.Events{Consumers: &config.ListConsumers{}}},
		{"consumers --caller crm --json", config.Events{Consumers: &config.ListConsumers{Caller: "crm", JSON: true}}},
		{"consumers seek crm.1 --to oldest", config.Events{Seek: &config.SeekConsumer{Name: "crm.1", Start: oldest}}},
		{"consumers seek crm --to newest", config.Events{Seek: &config.SeekConsumer{Name: "crm", Start: newest}}},
		{"consumers seek crm --to 0 --caller b", config.Events{Seek: &config.SeekConsumer{Name: "crm", Caller: "b"}}},
		{"consumers seek crm --to 9", config.Events{Seek: &config.SeekConsumer{Name: "crm", Position: 9}}},
		{
			"consumers seek crm --to 2026-11-23T10:00:00Z",
			config.Events{Seek: &config.SeekConsumer{Name: "crm", Time: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}},
		},
		{"consumers delete crm --caller b", config.Events{Delete: &config.DeleteConsumer{Name: "crm", Caller: "b"}}},
		{"dead-letters", config.Events{DeadLetters: &config.ListDeadLetters{}}},
		{
			"dead-letters --quarantined --json",
			config.Events{DeadLetters: &config.ListDeadLetters{Quarantined: true, JSON: true}},
		},
		{"dead-letters retry evt_1", config.Events{Retry: &config.RetryDeadLetter{ID: "evt_1"}}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			environment(t, nil)
			got, err := config.Parse(append([]string{"events"}, strings.Fields(tt.args)...), &bytes.Buffer{})
			if err != nil || got.Events == nil {
				t.Fatalf("got %+v, %v", got, err)
			}
			if way := got.Events.Connection; way.Addr != "127.0.0.1:50051" || way.Token.Reveal() != "sandbox" {
				t.Errorf("the way is %+v", way)
			}
			got.Events.Connection = config.Connection{}
			if diff := cmp.Diff(&tt.want, got.Events, cmp.AllowUnexported(config.Token{})); diff != "" {
				t.Errorf("it is read otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventsFaults(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "tail"},
		{"tail --type lost", `no type "lost"`},
		{"tail --type payment_intent.lost", `no type "payment_intent.lost"`},
		{"tail --type EVENT_TYPE_UNSPECIFIED", `no type "EVENT_TYPE_UNSPECIFIED"`},
		{"tail --type unspecified", `no type "unspecified"`},
		{"tail --object a-b", "--object must be"},
		{"tail --from 0", "--from must be"},
		{"tail --from=-1", "--from must be"},
		{"tail --from yesterday", "--from must be"},
		{"tail --addr 10.0.0.1:1", "no token"},
		{"consumers seek", "<name>"},
		{"consumers seek crm", "--to must be"},
		{"consumers seek crm --to=-1", "--to must be"},
		{"consumers seek Crm --to 1", "the name of a consumer"},
		{"consumers delete crm --caller A/B", "--caller must be"},
		{"dead-letters retry a-b", "the dead letter must be"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			environment(t, nil)
			got, err := config.Parse(append([]string{"events"}, strings.Fields(tt.args)...), &bytes.Buffer{})
			if err == nil || got != (config.Command{}) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// Help stands at every command.
func TestEventsHelp(t *testing.T) {
	for _, args := range []string{
		"", "tail", "consumers", "consumers list", "consumers seek", "consumers delete", "dead-letters", "dead-letters list",
		"dead-letters retry",
	} {
		environment(t, nil)
		var help bytes.Buffer
		got, err := config.Parse(append(append([]string{"events"}, strings.Fields(args)...), "--help"), &help)
		if err != nil || got != (config.Command{}) || !strings.Contains(help.String(), "Usage: server events "+args) {
			t.Errorf("%s: got %+v, %v, %s", args, got, err, help.String())
		}
	}
}
