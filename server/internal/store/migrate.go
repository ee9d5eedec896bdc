package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrationFiles embed.FS

// migrationTable is where goose notes what was applied.
const migrationTable = goose.DefaultTablename

// unknownMigration is the name of a migration that a newer build applied.
const unknownMigration = "of a newer build"

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
	// AppliedAt is by the clock of the database's host. Zero if it was not applied.
	AppliedAt time.Time
}

// Migrate returns the migrations of a database, those that are missing too, which it applies first if it is told to.
// Without that it changes nothing, and a SQLite database may be open elsewhere.
func Migrate(ctx context.Context, c Config, apply bool) ([]Migration, error) {
	c = c.withDefaults()
	kind, err := engineOf(c.URL)
	if err != nil {
		return nil, err
	}
	if kind == enginePostgres {
		db, err := openPostgresPlain(c)
		if err != nil {
			return nil, err
		}
		defer func() { _ = db.Close() }()
		if apply {
			if err := migratePostgres(ctx, db, c.Logger); err != nil {
				return nil, err
			}
		}
		return listMigrations(ctx, database.DialectPostgres, db)
	}
	return migrateSQLiteFile(ctx, c, apply)
}

func migrateSQLite(ctx context.Context, db *sql.DB, logger *slog.Logger) error {
	// The lock on the file is held: nobody else migrates.
	return migrate(ctx, database.DialectSQLite3, db, logger)
}

// migratePostgres brings a database up to this build. Of many servers that start at once, one does it; the others wait.
func migratePostgres(ctx context.Context, db *sql.DB, logger *slog.Logger) error {
	const everySecond, times = 1, 300
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(everySecond, times))
	if err != nil {
		return fmt.Errorf("migrate the store: %w", err)
	}
	return migrate(ctx, database.DialectPostgres, db, logger, goose.WithSessionLocker(locker))
}

func migrate(
	ctx context.Context, dialect database.Dialect, db *sql.DB, logger *slog.Logger, more ...goose.ProviderOption,
) error {
	provider, err := newProvider(dialect, db, more...)
	if err != nil {
		return err
	}
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the store's schema: %w", err)
	}
	if current > known {
		return fmt.Errorf("the store has schema version %d and this build knows none above %d: run the newer build, "+
			"or restore a backup from before it", current, known)
	}
	applied, err := provider.Up(ctx)
	for _, m := range applied {
		logger.LogAttrs(ctx, slog.LevelInfo, "migration applied", slog.Int64("version", m.Source.Version),
			slog.String("name", migrationName(m.Source.Path)), slog.Duration("took", m.Duration))
	}
	if err != nil {
		return fmt.Errorf("migrate the store: %w", err)
	}
	return nil
}

// newProvider knows the migrations of an engine and logs nothing.
func newProvider(dialect database.Dialect, db *sql.DB, more ...goose.ProviderOption) (*goose.Provider, error) {
	folder := "migrations/postgres"
	if dialect == database.DialectSQLite3 {
		folder = "migrations/sqlite"
	}
	files, err := fs.Sub(migrationFiles, folder)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files, append(more,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// knownMigrations are those of this build, as if none was applied. It leaves the database alone.
func knownMigrations(dialect database.Dialect, db *sql.DB) ([]Migration, error) {
	provider, err := newProvider(dialect, db)
	if err != nil {
		return nil, err
	}
	list := make([]Migration, 0, len(provider.ListSources()))
	for _, source := range provider.ListSources() {
		list = append(list, Migration{Version: source.Version, Name: migrationName(source.Path)})
	}
	return list, nil
}

// listMigrations only reads, other than the provider's Status, which makes its table.
func listMigrations(ctx context.Context, dialect database.Dialect, db *sql.DB) ([]Migration, error) {
	list, err := knownMigrations(dialect, db)
	if err != nil {
		return nil, err
	}
	noted := 0
	query := "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '" + migrationTable + "'"
	if dialect == database.DialectSQLite3 {
		query = "SELECT count(*) FROM sqlite_master WHERE name = '" + migrationTable + "'"
	}
	if err := db.QueryRowContext(ctx, query).Scan(&noted); err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	if noted == 0 {
		return list, nil
	}
	notes, err := database.NewStore(dialect, migrationTable)
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	applied, err := notes.ListMigrations(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	for _, note := range applied {
		i := slices.IndexFunc(list, func(m Migration) bool { return m.Version == note.Version })
		if i < 0 && note.Version > 0 { // goose notes a version 0 for the empty database
			i, list = len(list), append(list, Migration{Version: note.Version, Name: unknownMigration})
		}
		if i < 0 {
			continue
		}
		details, err := notes.GetMigration(ctx, db, note.Version)
		if err != nil {
			return nil, fmt.Errorf("list the migrations: %w", err)
		}
		list[i].Applied, list[i].AppliedAt = details.IsApplied, details.Timestamp.UTC()
	}
	slices.SortFunc(list, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	return list, nil
}

// migrationName is `00001_operations` of the file's path.
func migrationName(file string) string {
	return strings.TrimSuffix(path.Base(file), ".sql")
}
