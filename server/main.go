// Command server is Tillgate: the one service in a company that talks to Stripe. `server --help` says more.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tillgate/tillgate/server/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on, a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
