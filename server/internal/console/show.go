package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// Show prints all that is known of one operation, and what to do about it.
func Show(ctx context.Context, way config.Connection, c config.ShowOperation, stdout io.Writer) error {
	s, err := connect(way)
	if err != nil {
		return err
	}
	defer s.close()
	resp, err := call(ctx, s, s.GetOperation, &paymentsv1.GetOperationRequest{OperationId: c.ID})
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(stdout, resp.GetOperation())
	default:
		return printOperation(stdout, resp.GetOperation(), time.Now())
	}
}

// printOperation prints every field that has a value.
func printOperation(stdout io.Writer, operation *paymentsv1.Operation, now time.Time) error {
	var reason string
	if operation.GetErrorReason() != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		reason = short(operation.GetErrorReason().String(), "ERROR_REASON_")
	}
	// What is printed is kept until Flush, which tells of a fault.
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"operation", operation.GetId()},
		{"state", stateOf(operation)},
		{"caller", operation.GetCaller()},
		{"rpc", operation.GetMethod()},
		{"idempotency key", operation.GetIdempotencyKey()},
		{"object", operation.GetObjectId()},
		{"failed with", reason},
		{"not known because", uncertaintyOf(operation)},
		{"steps done", stepsOf(operation)},
		{"sends", strconv.Itoa(int(operation.GetSends()))},
		{"look-ups in vain", strconv.Itoa(int(operation.GetLookUps()))},
		{"Stripe's requests", strings.Join(operation.GetStripeRequestIds(), " ")},
		{"began", timeOf(operation.GetCreateTime(), now)},
		{"changed", timeOf(operation.GetUpdateTime(), now)},
		{"ended", timeOf(operation.GetEndTime(), now)},
		{"seen to", timeOf(operation.GetDueTime(), now)},
		{"ended by", operation.GetResolver()},
		{"note", operation.GetNote()},
	} {
		if row[1] != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", row[0], printable(row[1]))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if advice := adviceOf(operation); advice != "" {
		_, err := fmt.Fprintf(stdout, "\n%s\n", advice)
		return err
	}
	return nil
}

// stepsOf says how many steps are done, of the few operations that take several.
func stepsOf(operation *paymentsv1.Operation) string {
	if operation.GetStepsDone() == 0 {
		return ""
	}
	return strconv.Itoa(int(operation.GetStepsDone()))
}

// adviceOf says what a state means, and what to do about it.
func adviceOf(operation *paymentsv1.Operation) string {
	switch operation.GetState() {
	case paymentsv1.OperationState_OPERATION_STATE_PENDING:
		return "It is under way, or recovery is at it. There is nothing to do."
	case paymentsv1.OperationState_OPERATION_STATE_UNKNOWN:
		return fmt.Sprintf(unknownAdvice, printable(operation.GetId()))
	case paymentsv1.OperationState_OPERATION_STATE_ABANDONED:
		return "It surely did nothing. Its caller may ask again with the same key."
	default:
		return ""
	}
}

const unknownAdvice = `Money may have moved. Its caller is told OUTCOME_PENDING, and must not use a new key. Tillgate goes on looking for it.

What to do:
  1. In Stripe's dashboard, look for an object with the metadata tillgate_operation = %[1]s,
     and under Developers, Logs, for Stripe's requests that stand above.
  2. It took effect:
       server operations resolve %[1]s --object-id ID --note "how you know"
  3. It did nothing, and surely never will:
       server operations resolve %[1]s --not-done --note "how you know"
Neither can be undone. If you say that it did nothing and it did, the caller's key does it a second time: when in doubt, wait.`

// printJSON prints a message as one line. protojson puts in spaces at random, so that nobody compares its bytes.
func printJSON(stdout io.Writer, m proto.Message) error {
	data, err := protojson.Marshal(m)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	line.WriteByte('\n')
	_, err = stdout.Write(line.Bytes())
	return err
}
