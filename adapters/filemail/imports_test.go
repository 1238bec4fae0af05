package filemail_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports: an adapter links its port's package and one well-kept library. None brings a
// database driver.
func TestImports(t *testing.T) {
	t.Parallel()
	port := []string{
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
	certtest.Imports(
		t,
		"adapters/filemail",
		append(port, "adapters/filemail", "github.com/wneessen/go-mail")...)
	certtest.Imports(t, "adapters/filestore", append(port, "adapters/filestore")...)
	certtest.Imports(t, "adapters/bankdeposit", append(port, "adapters/bankdeposit")...)
}
