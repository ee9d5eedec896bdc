// Package app wires the parts and runs them from start to stop. It is the only package that knows them all, and the home
// of the end-to-end tests.
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

// The exit codes of the process.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitConfig = 2
)

// Main runs the command that the arguments ask for until the context ends, and returns the exit code of the process. Help
// and, in the sandbox, how to make a first call go to stdout; the log, in JSON, and faults go to stderr.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command, err := config.Parse(args, stdout)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, faultsText, bullets(err))
		return ExitConfig
	}
	logger := slog.New(slog.NewJSONHandler(stderr, nil))
	switch {
	case command.Serve != nil:
		err = serve(ctx, *command.Serve, stdout, logger)
	case command.Sandbox != nil:
		err = serveSandbox(ctx, *command.Sandbox, stdout, logger)
	case command.Migrate != nil:
		err = migrate(ctx, *command.Migrate, stdout, logger)
	case command.Operations != nil:
		return told(console.Operations(ctx, *command.Operations, stdout), stderr)
	case command.Events != nil:
		return told(console.Events(ctx, *command.Events, stdout, stderr), stderr)
	case command.Webhooks != nil:
		return told(console.Webhooks(ctx, *command.Webhooks, stdout, stderr), stderr)
	}
	if err != nil {
		logger.ErrorContext(ctx, "failed", "error", err.Error())
		return ExitFailed
	}
	return ExitOK
}

// told ends a command that a person gave, whose errors are for people.
func told(err error, stderr io.Writer) int {
	if err == nil {
		return ExitOK
	}
	_, _ = fmt.Fprintln(stderr, err)
	return ExitFailed
}

const faultsText = `server: the configuration has faults:
%s
server --help lists the commands, server COMMAND --help what can be set.
`

// bullets writes joined errors as a list.
func bullets(err error) string {
	var list strings.Builder
	for line := range strings.Lines(err.Error()) {
		list.WriteString("  - " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return list.String()
}
