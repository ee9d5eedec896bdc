package pgcluster

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// databases are those of a cluster that tests share. An emptied one is used again: to create one and to drop it moves
// some 300 files, which takes longer than most tests.
type databases struct {
	mu   sync.Mutex
	made int
	free []string
}

// empty makes a database what it was when it was created, whatever a test has set for it.
var empty = []string{
	"SET default_transaction_read_only = off",
	`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`,
	"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$",
	"DROP SCHEMA public CASCADE",
	"CREATE SCHEMA public AUTHORIZATION pg_database_owner",
	"GRANT USAGE ON SCHEMA public TO PUBLIC",
}

// database is the name of an empty database that nobody uses.
func (c *Cluster) database(ctx context.Context) (string, error) {
	c.tests.mu.Lock()
	defer c.tests.mu.Unlock()
	if last := len(c.tests.free) - 1; last >= 0 {
		name := c.tests.free[last]
		c.tests.free = c.tests.free[:last]
		return name, nil
	}
	c.tests.made++
	name := fmt.Sprintf("test_%d", c.tests.made)
	return name, c.execute(ctx, c.URL(), "CREATE DATABASE "+name)
}

// giveBack empties a database that a test has used, for another test.
func (c *Cluster) giveBack(ctx context.Context, name string) error {
	if err := c.execute(ctx, c.databaseURL(name), empty...); err != nil {
		return err
	}
	c.tests.mu.Lock()
	defer c.tests.mu.Unlock()
	c.tests.free = append(c.tests.free, name)
	return nil
}

// execute runs statements one after another, each in a transaction of its own or in none, as the superuser.
func (c *Cluster) execute(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // What was to be done is done.
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
