package ra

import (
	"time"

	"github.com/rubrica/rubrica/workflow"
)

// dossier is what guards look at beyond the state of an instance: the records that a command
// refers to, opened for this decision alone, and what the world says about them.
type dossier struct {
	Form     *Form               // of the command, or the latest
	Billing  *Billing            // of the command
	Evidence map[string]Evidence // of the command, by datum
	Payment  *paymentAnswer      // of the command's deposit
	Contract *contractAnswer     // of the command's signed contract
}

// paymentAnswer is what the payments port says of a declared deposit.
type paymentAnswer struct {
	Receipt Receipt
	Refusal *PaymentError // nil: Receipt is there
}

// contractAnswer is what validation says of a signed contract that came back.
type contractAnswer struct {
	Readable   bool
	Extends    bool // begins with every octet of the version that was sent out
	Signatures []contractSignature
}

// contractSignature is one signature of a contract.
type contractSignature struct {
	Verdict string // "TOTAL-PASSED" or indication and sub-indication
	Signer  string // the role that its certificate belongs to, "" for a stranger
	Whole   bool   // covers the whole file as it was when signed, and nothing else was added later
}

func opened(c workflow.Check) *dossier {
	if d, ok := c.Facts.Host.(*dossier); ok && d != nil {
		return d
	}
	return &dossier{}
}

// datum is the value that holds after the command: its own, or that of an earlier one.
func datum(c workflow.Check, name string) string {
	if value, ok := c.Command.Data[name]; ok {
		return value
	}
	return c.State.Data[name]
}

// instant reads a datum of kind instant; the zero time when there is none.
func instant(c workflow.Check, name string) time.Time {
	t, err := time.Parse(time.RFC3339, datum(c, name))
	if err != nil {
		return time.Time{}
	}
	return t
}
