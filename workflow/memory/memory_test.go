package memory_test

import (
	"testing"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/memory"
	"github.com/rubrica/rubrica/workflow/storetest"
	"github.com/rubrica/rubrica/workflow/vault"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Opener {
		s := memory.New()
		return func() workflow.Store { return s }
	})
}

func TestVault(t *testing.T) {
	t.Parallel()
	storetest.RunVault(t, func(*testing.T) vault.Store { return memory.NewVault() })
}
