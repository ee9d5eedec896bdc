package eventlog

import (
	"context"
	"slices"
)

// sweepPage reads those objects one by one that no list has shown.
func (r *Repair) sweepPage(ctx context.Context, s resyncState) (resyncState, error) {
	const pageSize = 100
	rows, err := r.objects.log.Objects(ctx, s.Kind, s.After, pageSize)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		if !row.UpdateTime.After(s.begun()) {
			if err := r.restate(ctx, row.ID, row.Kind, nil, s); err != nil {
				return s, err
			}
		}
		s.After = row.ID
	}
	if len(rows) == pageSize {
		return s, nil
	}
	kinds := sweptKinds()
	s.After = ""
	if at := slices.Index(kinds, s.Kind); at >= 0 && at+1 < len(kinds) {
		s.Kind = kinds[at+1]
		return s, nil
	}
	s.Done = true
	return s, nil
}
