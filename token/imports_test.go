package token_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them.
func TestImports(t *testing.T) {
	t.Parallel()
	certtest.Imports(t, "token/...",
		"token",
		"golang.org/x/crypto",
		"golang.org/x/text",
		"software.sslmate.com/src/go-pkcs12",
		"github.com/miekg/pkcs11")
}
