package ra_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them.
func TestImports(t *testing.T) {
	t.Parallel()
	certtest.Imports(t, "ra/...",
		"ra",
		"workflow",
		"certificate",
		"token",
		"signing",
		"gopkg.in/yaml.v3",
		"golang.org/x/crypto",
		"golang.org/x/net",
		"golang.org/x/text",
		"golang.org/x/image",
		"codeberg.org/go-pdf/fpdf",
		"software.sslmate.com/src/go-pkcs12",
		"github.com/boombuler/barcode")
}
