package workflow_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestImports keeps the room's doors as ARCHITECTURE.md draws them.
func TestImports(t *testing.T) {
	t.Parallel()
	certtest.Imports(t, "workflow/...", "workflow", "gopkg.in/yaml.v3", "golang.org/x/crypto")
}
