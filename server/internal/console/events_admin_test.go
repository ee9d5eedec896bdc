package console_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

// asked runs a command against the fake.
func asked(t *testing.T, f *fakeLog, c config.Events) string {
	t.Helper()
	c.Connection = serveLog(t, f)
	var out strings.Builder
	if err := console.Events(t.Context(), c, &out, &out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if utf8.RuneCountInString(line) > 121 && !strings.HasPrefix(line, "{") && !strings.Contains(line, ": ") {
			t.Errorf("the line is longer than 120: %s", line)
		}
	}
	return out.String()
}

func TestConsumersAreATable(t *testing.T) {
	f := &fakeLog{consumers: []*paymentsv1.Consumer{
		{Name: "shipping", Caller: "shop", Cursor: 7, Lag: 3, Connected: true, Filter: &paymentsv1.EventFilter{
			Types: []paymentsv1.EventType{8, 20}, ObjectIds: []string{"pi_1"},
		}},
		{Name: "ledger", Caller: "books", Cursor: 10},
	}}
	want := "NAME      CALLER  CURSOR  LAG  CONNECTED  FILTER\n" +
		"shipping  shop    7       3    yes        payment-succeeded +1, pi_1\n" +
		"ledger    books   10      0    no         all\n"
	if diff := cmp.Diff(want, asked(t, f, config.Events{Consumers: &config.ListConsumers{}})); diff != "" {
		t.Errorf("the table is another (-want +got):\n%s", diff)
	}
	if out := asked(t, f, config.Events{Consumers: &config.ListConsumers{Caller: "books"}}); strings.Contains(out, "shop") {
		t.Errorf("of one caller it lists %s", out)
	}
	if out := asked(t, f, config.Events{Consumers: &config.ListConsumers{JSON: true}}); strings.Count(out, "\n") != 2 {
		t.Errorf("as JSON it prints %s", out)
	}
	if out := asked(t, &fakeLog{}, config.Events{Consumers: &config.ListConsumers{}}); !strings.HasPrefix(out, "There is no") {
		t.Errorf("it says %s", out)
	}
}

func TestConsumersAreMoved(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		seek config.SeekConsumer
		want *paymentsv1.SeekConsumerRequest
	}{
		{config.SeekConsumer{Name: "a"}, &paymentsv1.SeekConsumerRequest{Target: &paymentsv1.SeekConsumerRequest_Position{}}},
		{
			config.SeekConsumer{Name: "a", Start: newest},
			&paymentsv1.SeekConsumerRequest{Target: &paymentsv1.SeekConsumerRequest_Start{Start: newest}},
		},
		{
			config.SeekConsumer{Name: "a", Time: at},
			&paymentsv1.SeekConsumerRequest{Target: &paymentsv1.SeekConsumerRequest_Time{Time: timestamppb.New(at)}},
		},
	} {
		f := &fakeLog{consumers: []*paymentsv1.Consumer{{Name: "a", Cursor: 9}}}
		tt.want.Consumer = "a"
		out := asked(t, f, config.Events{Seek: &tt.seek})
		if !strings.Contains(out, "CURSOR") || !proto.Equal(f.seeks[0], tt.want) {
			t.Errorf("asked for %v and printed %s, want %v", f.seeks[0], out, tt.want)
		}
	}
	f := &fakeLog{}
	out := asked(t, f, config.Events{Delete: &config.DeleteConsumer{Name: "a", Caller: "b"}})
	if out != "It is gone.\n" || f.deletes[0].GetConsumer() != "a" || f.deletes[0].GetCaller() != "b" {
		t.Errorf("asked for %v and printed %s", f.deletes[0], out)
	}
}

func TestDeadLettersAreATable(t *testing.T) {
	f := &fakeLog{letters: []*paymentsv1.DeadLetter{
		{
			Id: "evt_000000000000000000000001", Cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_FETCH_FAILED, Tries: 5,
			ObjectId: "pi_1", Blocked: 2, ReceiveTime: ago(time.Hour),
		},
		{
			Id: "sha256_" + strings.Repeat("a", 64), Cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE,
			ReceiveTime: ago(time.Minute),
		},
		{Id: "evt_3", Cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE},
	}}
	out := asked(t, f, config.Events{DeadLetters: &config.ListDeadLetters{}})
	want := "ID                            CAUSE         TRIES  BLOCKED  AGE   OBJECT\n" +
		"evt_000000000000000000000001  FETCH_FAILED  5      2        1h0m  pi_1\n" +
		"sha256_aaaaaa...              UNREADABLE    0      0        1m    -\n"
	table, advice, _ := strings.Cut(out, "\n\n")
	if diff := cmp.Diff(want, table+"\n"); diff != "" {
		t.Errorf("the table is another (-want +got):\n%s", diff)
	}
	for _, want := range []string{"FETCH_FAILED: ", "UNREADABLE: ", "dead-letters retry ID"} {
		if !strings.Contains(advice, want) {
			t.Errorf("it advises %s, want %q in it", advice, want)
		}
	}
	out = asked(t, f, config.Events{DeadLetters: &config.ListDeadLetters{Quarantined: true}})
	if !strings.Contains(out, "WRONG_MODE: ") || strings.Contains(out, "retry") {
		t.Errorf("of what is quarantined it says %s", out)
	}
	out = asked(t, f, config.Events{DeadLetters: &config.ListDeadLetters{JSON: true}})
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, strings.Repeat("a", 64)) {
		t.Errorf("as JSON it prints %s", out)
	}
	for _, quarantined := range []bool{false, true} {
		out := asked(t, &fakeLog{}, config.Events{DeadLetters: &config.ListDeadLetters{Quarantined: quarantined}})
		if strings.Count(out, "\n") != 1 {
			t.Errorf("of none it says %s", out)
		}
	}
}

// For every cause there is something to do.
func TestDeadLettersHaveRemedies(t *testing.T) {
	for number := range paymentsv1.DeadLetterCause_name {
		if number == 0 {
			continue
		}
		cause := paymentsv1.DeadLetterCause(number)
		quarantined := cause >= paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE
		f := &fakeLog{letters: []*paymentsv1.DeadLetter{{Id: "evt_1", Cause: cause}}}
		out := asked(t, f, config.Events{DeadLetters: &config.ListDeadLetters{Quarantined: quarantined}})
		if name := strings.TrimPrefix(cause.String(), "DEAD_LETTER_CAUSE_"); !strings.Contains(out, "\n"+name+": ") {
			t.Errorf("there is nothing to do about %s: %s", name, out)
		}
	}
}

func TestDeadLettersAreRetried(t *testing.T) {
	f := &fakeLog{}
	out := asked(t, f, config.Events{Retry: &config.RetryDeadLetter{ID: "evt_1"}})
	if len(f.retries) != 1 || f.retries[0] != "evt_1" || !strings.HasPrefix(out, "It is tried again.") {
		t.Errorf("asked for %v and printed %s", f.retries, out)
	}
}
