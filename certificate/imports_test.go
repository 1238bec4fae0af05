package certificate_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them. The certificate linter is the
// one package with a heavy tree: it is handed to the issuer as an interface.
func TestImports(t *testing.T) {
	t.Parallel()
	own := []string{"certificate", "golang.org/x/crypto", "golang.org/x/net", "golang.org/x/text"}
	for _, pattern := range []string{"certificate", "certificate/path", "certificate/crl", "certificate/ocsp",
		"certificate/fetch", "certificate/trustlist", "certificate/ec", "certificate/co"} {
		certtest.Imports(t, pattern, own...)
	}
	certtest.Imports(t, "certificate/lint", append(own, "github.com/zmap", "github.com/weppos",
		"github.com/pelletier/go-toml", "golang.org/x/sys")...)
}
