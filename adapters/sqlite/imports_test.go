package sqlite_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the adapter's doors: the ports it serves, and the driver with what that needs.
func TestImports(t *testing.T) {
	t.Parallel()
	certtest.Imports(t, "adapters/sqlite", "adapters/sqlite", "workflow", "gopkg.in/yaml.v3",
		"modernc.org", "github.com/dustin/go-humanize", "github.com/google/uuid",
		"github.com/mattn/go-isatty", "github.com/ncruces/go-strftime",
		"github.com/remyoudompheng/bigfft", "golang.org/x/sys", "golang.org/x/exp")
}
