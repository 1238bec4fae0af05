package ra_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them. The PDF writer is for the
// contract of a process; a host with contracts of its own imports ra alone and does not link it.
func TestImports(t *testing.T) {
	t.Parallel()
	own := []string{
		"ra",
		"workflow",
		"certificate",
		"signing",
		"token",
		"gopkg.in/yaml.v3",
		"golang.org/x/crypto",
		"golang.org/x/net",
		"golang.org/x/text",
		"golang.org/x/image",
		"github.com/boombuler/barcode",
	}
	for _, pattern := range []string{"ra", "ra/factura", "ra/memory"} {
		certtest.Imports(t, pattern, own...)
	}
	certtest.Imports(t, "ra/icert", append(own, "codeberg.org/go-pdf/fpdf")...)
}
