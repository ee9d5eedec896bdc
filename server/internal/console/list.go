package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// pageSize is the largest that the server gives.
const pageSize = 100

// List prints operations, the newest first: as a table, or each as a line of JSON.
func List(ctx context.Context, way config.Connection, c config.ListOperations, stdout io.Writer) error {
	s, err := connect(way)
	if err != nil {
		return err
	}
	defer s.close()

	now := time.Now()
	req := &paymentsv1.ListOperationsRequest{States: c.States, Caller: c.Caller}
	if c.OlderThan > 0 {
		req.EndTime = timestamppb.New(now.Add(-c.OlderThan))
	}
	if c.YoungerThan > 0 {
		req.StartTime = timestamppb.New(now.Add(-c.YoungerThan))
	}
	out := lister{stdout: stdout, now: now, json: c.JSON}
	for {
		req.PageSize = pageSize
		if c.Limit > 0 {
			req.PageSize = int32(min(pageSize, c.Limit-out.printed)) //nolint:gosec // at most 100
		}
		resp, err := call(ctx, s, s.ListOperations, req)
		if err != nil {
			return err
		}
		if err := out.print(resp.GetOperations()); err != nil {
			return err
		}
		next := resp.GetNextPageToken()
		switch {
		case next == "":
			return out.end(false)
		case c.Limit > 0 && out.printed >= c.Limit:
			return out.end(true)
		case next == req.GetPageToken():
			return errors.New("the server sends the same page again and again")
		}
		req.PageToken = next
	}
}

// lister prints pages as they come, so that a long list needs no memory.
type lister struct {
	stdout  io.Writer
	now     time.Time
	json    bool
	printed int
}

func (l *lister) print(page []*paymentsv1.Operation) error {
	if l.json {
		for _, operation := range page {
			if err := printJSON(l.stdout, operation); err != nil {
				return err
			}
		}
		l.printed += len(page)
		return nil
	}
	// Columns are aligned within a page. What is printed is kept until Flush, which tells of a fault.
	table := tabwriter.NewWriter(l.stdout, 0, 0, 2, ' ', 0)
	if l.printed == 0 && len(page) > 0 {
		_, _ = fmt.Fprintln(table, "ID\tSTATE\tAGE\tCALLER\tRPC\tOBJECT\tSENDS\tWHY")
	}
	for _, operation := range page {
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			orDash(operation.GetId()), stateOf(operation), ageOf(operation.GetCreateTime(), l.now),
			orDash(operation.GetCaller()), orDash(rpcOf(operation)), orDash(operation.GetObjectId()),
			strconv.Itoa(int(operation.GetSends())), orDash(whyOf(operation)),
		}, "\t"))
	}
	l.printed += len(page)
	return table.Flush()
}

func (l *lister) end(more bool) error {
	var err error
	switch {
	case l.json:
	case l.printed == 0:
		_, err = fmt.Fprintln(l.stdout, "There is no such operation.")
	case more:
		_, err = fmt.Fprintln(l.stdout, "There are more: --limit 0 lists all.")
	}
	return err
}
