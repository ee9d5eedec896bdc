package config

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/tillgate/tillgate/server/internal/seal"
)

// CrashVariable is the environment variable that names the point at which the process ends itself. It is no flag: it is
// for tests.
const CrashVariable = "TILLGATE_CRASH_AT"

const (
	storeVariable  = "TILLGATE_STORE"
	leastRetention = 24 * time.Hour
	// A window below a minute would leave recovery no try; Stripe forgets keys after 24 hours, and clocks differ.
	leastWindow   = time.Minute
	longestWindow = 23 * time.Hour
)

// Store is where every write is kept.
type Store struct {
	// URL is `sqlite:PATH` or `postgres://...`. It may hold a password, and must not be printed. In the sandbox it may be
	// empty: app then makes a file that goes with the process.
	URL string
	// Keys seal what is kept.
	Keys *seal.Keys
}

// Migrate is the configuration of `server migrate`.
type Migrate struct {
	// URL is as in Store.
	URL string
	// Apply is whether to change the store, and not only to show.
	Apply bool
}

// migrateFlags are those of `server migrate`.
type migrateFlags struct {
	Store string `placeholder:"URL" help:"The store, as of server serve."`
	Show  bool   `env:"-" help:"Change nothing: show which migrations were applied, and which were not."`
}

func (f migrateFlags) check() (*Migrate, error) {
	var found faults
	if f.Store == "" {
		found.add("no --store: give sqlite:PATH or the URL of a PostgreSQL database, or set %s", storeVariable)
	} else {
		checkStoreURL(&found, f.Store)
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return &Migrate{URL: f.Store, Apply: !f.Show}, nil
}

// checkStore reads where to keep writes and for how long.
func (f serveFlags) checkStore(found *faults, serve *Serve) {
	serve.Retention, serve.ResendWindow = f.Retention, f.ResendWindow
	if f.Retention < leastRetention {
		found.add("--retention must be at least %v", leastRetention)
	}
	if f.ResendWindow < leastWindow || f.ResendWindow > longestWindow {
		found.add("--resend-window must be from %v to %v", leastWindow, longestWindow)
	}

	serve.Store.URL = f.Store
	if f.Store != "" {
		checkStoreURL(found, f.Store)
		if u, err := url.Parse(f.Store); err == nil && hasPassword(u) && os.Getenv(storeVariable) != f.Store {
			serve.Warnings = append(serve.Warnings, "the password of --store stands in a flag; "+storeVariable+" is safer")
		}
	} else if !f.Sandbox {
		found.add("no --store: give sqlite:PATH or the URL of a PostgreSQL database, where every write is kept")
	}
	switch {
	case f.SealKeyFile != "":
		serve.Store.Keys = f.checkSealKeys(found, serve)
	case f.Store != "" || !f.Sandbox:
		found.add("no --seal-key-file: give a file with the key that seals what --store keeps; openssl rand -base64 32 makes one")
	default:
		keys, err := seal.NewKeys()
		if err != nil {
			found.add("the sandbox's seal: %w", err)
		}
		serve.Store.Keys = keys
	}
}

// checkSealKeys reads the key file. Neither its text nor its name stands in a fault: the name may be a key that somebody
// took for its file.
func (f serveFlags) checkSealKeys(found *faults, serve *Serve) *seal.Keys {
	data, err := os.ReadFile(f.SealKeyFile)
	if err != nil {
		found.add("--seal-key-file: %w", withoutPath(err))
		return nil
	}
	keys, err := seal.ParseKeys(data)
	if err != nil {
		found.add("--seal-key-file: %w", err)
		return nil
	}
	if info, err := os.Stat(f.SealKeyFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		serve.Warnings = append(serve.Warnings, "the seal key file can be read by other users; make its mode 0600")
	}
	return keys
}

// checkStoreURL looks at the form alone; what is behind it is for the store to say. The URL stands in no fault.
func checkStoreURL(found *faults, text string) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		switch {
		case rest == "":
			found.add("--store sqlite: has no path; give sqlite:tillgate.db or sqlite:/var/lib/tillgate/tillgate.db")
		case strings.HasPrefix(rest, "//"):
			found.add("--store sqlite:PATH takes a path as it is, without // in front")
		}
	case "postgres", "postgresql":
		if !strings.HasPrefix(rest, "//") {
			found.add("--store must have two slashes behind %s:", scheme)
		} else if _, err := url.Parse(text); err != nil {
			found.add("--store is no URL; a password with special characters must be percent-encoded")
		}
	default:
		found.add("--store must be sqlite:PATH or the URL of a PostgreSQL database")
	}
}

// hasPassword is whether a URL holds one, in either of the two places where PostgreSQL takes it.
func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}

// checkCrash refuses to end a process that moves money.
func checkCrash(found *faults, serve *Serve) {
	serve.CrashAt = os.Getenv(CrashVariable)
	if serve.CrashAt != "" && serve.Stripe.Key.Live() {
		found.add("%s is for tests, and is refused with a live key", CrashVariable)
	}
}

// withoutPath is what is wrong with a file, without its name.
func withoutPath(err error) error {
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		return wrong.Err
	}
	return err
}
