package app_test

import (
	"os"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

func TestMain(m *testing.M) { os.Exit(pgcluster.Run(m)) }
