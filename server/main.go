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
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		// Before the stop begins, so that a second signal, however soon, ends the process at once.
		signal.Stop(signals)
		cancel()
	}()
	os.Exit(app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
