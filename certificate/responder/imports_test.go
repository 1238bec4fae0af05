package responder_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// The responder and ICERT's profiles need no more than the room itself.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"certificate/responder", "certificate/ec/icert"} {
		certtest.Imports(t, pattern, "certificate", "golang.org/x/crypto", "golang.org/x/net", "golang.org/x/text")
	}
}
