package service

import (
	"context"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// EventStreams delivers the log of events, and remembers where consumers are. It knows nothing of who may see what.
type EventStreams interface {
	// Stream sends events until the context ends, or the stream has to.
	Stream(
		ctx context.Context, caller auth.Caller, req *paymentsv1.StreamEventsRequest,
		send func(*paymentsv1.StreamEventsResponse) error,
	) error
	// Ack acknowledges events of a consumer and returns its cursor.
	Ack(ctx context.Context, caller, name string, positions []int64) (cursor int64, err error)
	// Event returns one event, or RESOURCE_MISSING.
	Event(ctx context.Context, id string) (*paymentsv1.Event, error)
	// Events returns a page of events: from behind a position, or from where the page before has ended.
	Events(
		ctx context.Context, filter *paymentsv1.EventFilter, position int64, after string, limit int,
	) (eventlog.Page, error)
	// Consumers returns up to limit consumers from behind these on, of one caller where it is given; and whether there are
	// more.
	Consumers(
		ctx context.Context, caller, afterCaller, afterName string, limit int,
	) (consumers []*paymentsv1.Consumer, more bool, err error)
	// Seek moves a consumer, or is RESOURCE_MISSING.
	Seek(ctx context.Context, caller string, req *paymentsv1.SeekConsumerRequest) (*paymentsv1.Consumer, error)
	// Delete forgets a consumer, or is RESOURCE_MISSING.
	Delete(ctx context.Context, caller, name string) error
}

// Events serves EventService.
type Events struct {
	paymentsv1.UnimplementedEventServiceServer

	streams EventStreams
	letters DeadLetters
}

// NewEvents returns the service.
func NewEvents(streams EventStreams, letters DeadLetters) *Events {
	return &Events{streams: streams, letters: letters}
}

// StreamEvents implements EventService.
func (s *Events) StreamEvents(
	req *paymentsv1.StreamEventsRequest, stream grpc.ServerStreamingServer[paymentsv1.StreamEventsResponse],
) error {
	caller := auth.CallerFrom(stream.Context())
	if caller.Name == "" {
		return errNobody
	}
	return s.streams.Stream(stream.Context(), caller, req, stream.Send)
}

// AckEvents implements EventService.
func (s *Events) AckEvents(ctx context.Context, req *paymentsv1.AckEventsRequest) (*paymentsv1.AckEventsResponse, error) {
	caller := auth.CallerFrom(ctx).Name
	if caller == "" {
		return nil, errNobody
	}
	cursor, err := s.streams.Ack(ctx, caller, req.GetConsumer(), req.GetPositions())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.AckEventsResponse{Cursor: cursor}, nil
}

// GetEvent implements EventService.
func (s *Events) GetEvent(ctx context.Context, req *paymentsv1.GetEventRequest) (*paymentsv1.GetEventResponse, error) {
	event, err := s.streams.Event(ctx, req.GetEventId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetEventResponse{Event: event}, nil
}

// ListEvents implements EventService.
func (s *Events) ListEvents(
	ctx context.Context, req *paymentsv1.ListEventsRequest,
) (*paymentsv1.ListEventsResponse, error) {
	after, err := startAfter(req)
	if err != nil {
		return nil, err
	}

	page, err := s.streams.Events(ctx, req.GetFilter(), req.GetAfterPosition(), after, pageSize(req))
	if err != nil {
		return nil, err
	}

	response := &paymentsv1.ListEventsResponse{Events: page.Events, HeadPosition: page.Head}
	if page.Next != "" {
		response.NextPageToken = pagetoken.Encode(page.Next, req)
	}
	return response, nil
}
