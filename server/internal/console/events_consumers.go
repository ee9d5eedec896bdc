package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// listConsumers prints consumers, by caller and name: as a table, or each as a line of JSON.
func (e *eventServer) listConsumers(ctx context.Context, c config.ListConsumers) error {
	printed := 0
	err := everyPage(func(token string) (string, error) {
		resp, err := call(ctx, e.server, e.ListConsumers, &paymentsv1.ListConsumersRequest{PageSize: pageSize, PageToken: token})
		if err != nil {
			return "", err
		}
		var page []*paymentsv1.Consumer
		for _, consumer := range resp.GetConsumers() {
			if c.Caller == "" || consumer.GetCaller() == c.Caller {
				page = append(page, consumer)
			}
		}
		first := printed == 0
		printed += len(page)
		return resp.GetNextPageToken(), e.printConsumers(page, first, c.JSON)
	})
	if err != nil || c.JSON || printed > 0 {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, "There is no consumer. One is made when it is first named, by StreamEvents or client.Consume.")
	return err
}

func (e *eventServer) printConsumers(page []*paymentsv1.Consumer, head, asJSON bool) error {
	if asJSON {
		for _, consumer := range page {
			if err := printJSON(e.stdout, consumer); err != nil {
				return err
			}
		}
		return nil
	}
	// Columns are aligned within a page. What is printed is kept until Flush, which tells of a fault.
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	if head && len(page) > 0 {
		_, _ = fmt.Fprintln(table, "NAME\tCALLER\tCURSOR\tLAG\tCONNECTED\tFILTER")
	}
	for _, consumer := range page {
		connected := "no"
		if consumer.GetConnected() {
			connected = "yes"
		}
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			orDash(consumer.GetName()), orDash(consumer.GetCaller()), strconv.FormatInt(consumer.GetCursor(), 10),
			strconv.FormatInt(consumer.GetLag(), 10), connected, filterOf(consumer.GetFilter()),
		}, "\t"))
	}
	return table.Flush()
}

// seek moves a consumer, and prints it as it is then.
func (e *eventServer) seek(ctx context.Context, c config.SeekConsumer) error {
	req := &paymentsv1.SeekConsumerRequest{Consumer: c.Name, Caller: c.Caller}
	switch {
	case !c.Time.IsZero():
		req.Target = &paymentsv1.SeekConsumerRequest_Time{Time: timestamppb.New(c.Time)}
	case c.Start != paymentsv1.StreamStart_STREAM_START_UNSPECIFIED:
		req.Target = &paymentsv1.SeekConsumerRequest_Start{Start: c.Start}
	default:
		req.Target = &paymentsv1.SeekConsumerRequest_Position{Position: c.Position}
	}
	resp, err := call(ctx, e.server, e.SeekConsumer, req)
	if err != nil {
		return err
	}
	return e.printConsumers([]*paymentsv1.Consumer{resp.GetConsumer()}, true, false)
}

// delete forgets a consumer.
func (e *eventServer) delete(ctx context.Context, c config.DeleteConsumer) error {
	req := &paymentsv1.DeleteConsumerRequest{Consumer: c.Name, Caller: c.Caller}
	if _, err := call(ctx, e.server, e.DeleteConsumer, req); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "It is gone.")
	return err
}
