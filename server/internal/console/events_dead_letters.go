package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// listDeadLetters prints dead letters, the oldest first, and what to do about them.
func (e *eventServer) listDeadLetters(ctx context.Context, c config.ListDeadLetters) error {
	printed := 0
	causes := map[paymentsv1.DeadLetterCause]bool{}
	err := everyPage(func(token string) (string, error) {
		resp, err := call(ctx, e.server, e.ListDeadLetters, &paymentsv1.ListDeadLettersRequest{
			PageSize: pageSize, PageToken: token, Quarantined: c.Quarantined,
		})
		if err != nil {
			return "", err
		}
		for _, letter := range resp.GetDeadLetters() {
			causes[letter.GetCause()] = true
		}
		first := printed == 0
		printed += len(resp.GetDeadLetters())
		return resp.GetNextPageToken(), e.printDeadLetters(resp.GetDeadLetters(), first, c.JSON)
	})
	switch {
	case err != nil || c.JSON:
		return err
	case printed == 0 && c.Quarantined:
		_, err = fmt.Fprintln(e.stdout, "Nothing is quarantined.")
		return err
	case printed == 0:
		_, err = fmt.Fprintln(e.stdout, "There is no dead letter: all that Stripe sent is published, or waits its turn.")
		return err
	}
	return e.printRemedies(causes, c.Quarantined)
}

func (e *eventServer) printDeadLetters(page []*paymentsv1.DeadLetter, head, asJSON bool) error {
	if asJSON {
		for _, letter := range page {
			if err := printJSON(e.stdout, letter); err != nil {
				return err
			}
		}
		return nil
	}
	now := time.Now()
	// Columns are aligned within a page. What is printed is kept until Flush, which tells of a fault.
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	if head && len(page) > 0 {
		_, _ = fmt.Fprintln(table, "ID\tCAUSE\tTRIES\tBLOCKED\tAGE\tOBJECT")
	}
	for _, letter := range page {
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			shortID(letter.GetId()), causeOf(letter), strconv.Itoa(int(letter.GetTries())),
			strconv.Itoa(int(letter.GetBlocked())), ageOf(letter.GetReceiveTime(), now), orDash(letter.GetObjectId()),
		}, "\t"))
	}
	return table.Flush()
}

// printRemedies says what to do, for each cause once.
func (e *eventServer) printRemedies(causes map[paymentsv1.DeadLetterCause]bool, quarantined bool) error {
	var text strings.Builder
	text.WriteByte('\n')
	for _, cause := range slices.Sorted(maps.Keys(causes)) {
		if remedy, ok := remedies[cause]; ok {
			_, _ = fmt.Fprintf(&text, "%s: %s\n", short(cause.String(), "DEAD_LETTER_CAUSE_"), remedy)
		}
	}
	if !quarantined {
		text.WriteString("What is BLOCKED waits behind it, and other objects go on. To try one again, and what waits behind it:\n" +
			"  server events dead-letters retry ID\n--json has whole ids, types and times.\n")
	}
	_, err := fmt.Fprint(e.stdout, text.String())
	return err
}

// retry tries a dead letter again. The answer comes before the outcome.
func (e *eventServer) retry(ctx context.Context, c config.RetryDeadLetter) error {
	if _, err := call(ctx, e.server, e.RetryDeadLetter, &paymentsv1.RetryDeadLetterRequest{DeadLetterId: c.ID}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "It is tried again. Whether that did: server events dead-letters")
	return err
}
