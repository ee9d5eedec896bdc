package pgcluster

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the oldest major version that will do.
const oldest = 15

// places are where packages put PostgreSQL's programs when they are not in PATH: Debian's, Fedora's, and Homebrew's.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
}

var versionNumber = regexp.MustCompile(`\d+`)

// findBinaries returns the directory of PostgreSQL's programs: that of PATH if it will do, else the newest.
func findBinaries(ctx context.Context) (string, error) {
	for _, program := range []string{"postgres", "initdb", "pg_config"} {
		path, err := exec.LookPath(program)
		if err != nil {
			continue
		}
		if path, err = filepath.EvalSymlinks(path); err == nil && version(ctx, filepath.Dir(path)) >= oldest {
			return filepath.Dir(path), nil
		}
	}
	var found []string
	for _, place := range places {
		directories, err := filepath.Glob(place)
		if err != nil {
			return "", err
		}
		found = append(found, directories...)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no PostgreSQL from %d on was found", oldest)
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(version(ctx, a), version(ctx, b)) })
	if version(ctx, newest) < oldest {
		return "", fmt.Errorf("no PostgreSQL from %d on was found, but an older one in %s", oldest, newest)
	}
	return newest, nil
}

// version is the major version of the programs in a directory; 0 if they are not all there.
func version(ctx context.Context, directory string) int {
	if _, err := os.Stat(filepath.Join(directory, "initdb")); err != nil {
		return 0
	}
	//nolint:gosec // A program of the machine's, in a test.
	out, err := exec.CommandContext(ctx, filepath.Join(directory, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	major, err := strconv.Atoi(string(versionNumber.Find(out)))
	if err != nil {
		return 0
	}
	return major
}
