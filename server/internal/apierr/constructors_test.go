package apierr_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// What a caller may repeat says when; what it may not says nothing of it.
func TestErrorsOfWritesWithoutStripe(t *testing.T) {
	cause := errors.New(canary)
	for _, tt := range []struct {
		err      *apierr.Error
		code     codes.Code
		retry    time.Duration
		metadata map[string]string
	}{
		{apierr.StoreUnavailable(cause), codes.Unavailable, time.Second, nil},
		{apierr.InProgress("op_1"), codes.Aborted, time.Second, map[string]string{"operation_id": "op_1"}},
		{apierr.KeyExpired(), codes.FailedPrecondition, 0, nil},
	} {
		var retry time.Duration
		for _, detail := range tt.err.Details {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				retry = info.GetRetryDelay().AsDuration()
			}
		}
		if tt.err.Code != tt.code || retry != tt.retry {
			t.Errorf("%v: %v after %v, want %v after %v", tt.err, tt.err.Code, retry, tt.code, tt.retry)
		}
		if diff := cmp.Diff(tt.metadata, tt.err.Metadata); diff != "" {
			t.Errorf("%v: other metadata (-want +got):\n%s", tt.err, diff)
		}
	}
	if err := apierr.StoreUnavailable(cause); !errors.Is(err, cause) {
		t.Errorf("%v has lost its cause", err)
	}
}
