package memory_test

import (
	"testing"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/documenttest"
	"github.com/rubrica/rubrica/ra/mailtest"
	"github.com/rubrica/rubrica/ra/memory"
	"github.com/rubrica/rubrica/ra/paymenttest"
)

func TestMailer(t *testing.T) {
	t.Parallel()
	mailtest.Run(t, func(*testing.T) (ra.Mailer, func() []ra.Message) {
		var m memory.Mailer
		return &m, m.Sent
	})
}

func TestPayments(t *testing.T) {
	t.Parallel()
	paymenttest.Run(t, func(_ *testing.T, arrived []ra.Deposit) ra.Payments {
		var p memory.Payments
		for _, d := range arrived {
			p.Arrive(d)
		}
		return &p
	})
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, func(*testing.T) ra.Documents { return new(memory.Documents) })
}
