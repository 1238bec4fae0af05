package certificate_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ledgertest"
)

func TestMemoryLedger(t *testing.T) {
	t.Parallel()
	var last *certificate.MemoryLedger
	ledgertest.Run(t, func(_ *testing.T, fresh bool) certificate.Ledger {
		if fresh {
			last = &certificate.MemoryLedger{}
		}
		return last
	})
}
