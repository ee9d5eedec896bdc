package store

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// pgStatement is a statement of a batch: of one change, or of all of a kind.
type pgStatement struct {
	sql  string
	args []any
	scan func(rows pgx.Rows) error
}

// pgStatements are those of a batch. Those that are received go first, then what is ingested; of two that touch one object
// or one delivery, the second has to see what the first did, and goes with another statement.
func pgStatements(batch []*pgChange) (statements []pgStatement) {
	var received []*pgChange
	var rounds [][]*pgChange
	var single []pgStatement
	for _, c := range batch {
		c.hits, c.rows = 0, nil
		switch {
		case c.received != nil:
			received = append(received, c)
		case c.ingested != nil:
			round := 0
			for i, others := range rounds {
				if slices.ContainsFunc(others, c.touches) {
					round = i + 1
				}
			}
			if round == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[round] = append(rounds[round], c)
		default:
			single = append(single, pgStatement{sql: c.sql, args: c.args, scan: c.scanRow})
		}
	}
	if received != nil {
		statements = append(statements, pgReceiveAll(received))
	}
	for _, round := range rounds {
		statements = append(statements, pgIngestAll(round))
	}
	return append(statements, single...)
}

// touches is whether two changes touch one object or one delivery.
func (c *pgChange) touches(other *pgChange) bool {
	return c.id != "" && c.id == other.id ||
		slices.ContainsFunc(c.objects, func(id string) bool { return slices.Contains(other.objects, id) })
}

// scanRow reads a row of the change's own statement.
func (c *pgChange) scanRow(rows pgx.Rows) error {
	c.hits++
	switch {
	case c.operations:
		var row pgRow
		if err := row.scan(rows); err != nil {
			return err
		}
		c.rows = append(c.rows, row)
	case c.scan != nil:
		return c.scan(rows)
	}
	return nil
}

// read reads the rows of a statement to their end, which is after its execution.
func (s pgStatement) read(results pgx.BatchResults) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.scan(rows); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}
