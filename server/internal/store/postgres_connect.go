package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// oldestPostgres is PostgreSQL 15, in the form of server_version_num.
	oldestPostgres = 15_00_00
	connectTimeout = 3 * time.Second
)

// errPostgresURL has no more to say: what was wrong might hold the password.
var errPostgresURL = errors.New("store: the URL can not be read: it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, " +
	"with what is no letter or digit written as %XX")

// parsePostgresURL sets what all connections have in common.
func parsePostgresURL(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errPostgresURL
	}
	conn := config.ConnConfig
	conn.ConnectTimeout = connectTimeout
	conn.ValidateConnect = mayWrite
	for name, value := range map[string]string{
		"application_name": "tillgate",
		// The server gives up before a caller does, and rolls back what it gives up.
		"statement_timeout":                   "8s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "10s",
	} {
		if _, set := conn.RuntimeParams[name]; !set { // in the URL
			conn.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// logConfig is for the changes of the log, which find all by an index. A plan that was made while a table was small would
// read all of it, for minutes on end; and since plans are the same whatever the values are, they are made once.
func logConfig(config *pgxpool.Config) *pgxpool.Config {
	config = config.Copy()
	maps.Copy(config.ConnConfig.RuntimeParams, map[string]string{
		"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	})
	return config
}

// mayWrite refuses a standby and a database that may only be read. Of several hosts in the URL, the one that may be
// written is taken: what target_session_attrs=read-write does.
func mayWrite(ctx context.Context, conn *pgconn.PgConn) error {
	if err := pgconn.ValidateConnectTargetSessionAttrsReadWrite(ctx, conn); err != nil {
		return fmt.Errorf("it is a standby, or may only be read: %w", err)
	}
	return nil
}

// newPool connects once, so that a fault shows at start. The pool makes more connections when they are needed.
func newPool(ctx context.Context, config *pgxpool.Config, size int32) (*pgxpool.Pool, error) {
	config = config.Copy()
	config.MaxConns = size
	config.AfterConnect = keepCommits
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the store: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the store: %w: %w", ErrUnavailable, err)
	}
	return pool, nil
}

// keepCommits lets no setting of the role or the database make a commit less durable than the server's own disk. What
// asks for more, a standby's disk too, stays.
func keepCommits(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false)
		WHERE current_setting('synchronous_commit') IN ('off', 'local')`)
	return err
}

// checkServer refuses a server that is too old and warns of one that may lose what it committed.
func checkServer(ctx context.Context, config *pgxpool.Config, logger *slog.Logger) error {
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to the store: %w: %w", ErrUnavailable, err)
	}
	defer conn.Close(ctx) //nolint:errcheck // It was only asked.
	var version int
	var versionText, fsync, fullPageWrites, synchronousCommit string
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')`).
		Scan(&version, &versionText, &fsync, &fullPageWrites, &synchronousCommit); err != nil {
		return fmt.Errorf("look at the store's settings: %w", readError(err))
	}
	if version < oldestPostgres {
		return fmt.Errorf("store: PostgreSQL 15 or newer is needed, and this is %s", versionText)
	}
	if fsync != "on" {
		logger.LogAttrs(ctx, slog.LevelWarn, "the store loses what it committed when its machine fails: fsync is off")
	}
	if fullPageWrites != "on" {
		logger.LogAttrs(ctx, slog.LevelWarn, "the store may be torn when its machine fails: full_page_writes is off, "+
			"which only some file systems make up for")
	}
	if synchronousCommit == "off" || synchronousCommit == "local" {
		logger.LogAttrs(ctx, slog.LevelWarn, "synchronous_commit is raised to on for this server's connections",
			slog.String("was", synchronousCommit))
	}
	return nil
}

// migrationDB is for goose. A migration may take longer than a statement of a call.
func migrationDB(config *pgxpool.Config) *sql.DB {
	conn := config.ConnConfig.Copy()
	conn.RuntimeParams["statement_timeout"] = "0"
	conn.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return stdlib.OpenDB(*conn)
}

// openPostgresPlain opens a database as it is, for looking at its migrations.
func openPostgresPlain(c Config) (*sql.DB, error) {
	config, err := parsePostgresURL(c.URL)
	if err != nil {
		return nil, err
	}
	return migrationDB(config), nil
}
