package signing_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them.
func TestImports(t *testing.T) {
	t.Parallel()
	certtest.Imports(t, "signing/...",
		"signing",
		"certificate",
		"golang.org/x/crypto",
		"golang.org/x/net",
		"golang.org/x/text",
		"golang.org/x/image",
		"github.com/boombuler/barcode")
}
