package bankdeposit

import (
	"context"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/ra"
)

var _ ra.Payments = (*Account)(nil)

// Account answers from the statement of one bank account. It is safe for concurrent use when Open
// is.
type Account struct {
	Number string // the account, part of each receipt's ID; required
	Format Format
	// Open opens the statement as it is now. Required.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Find implements ra.Payments. The receipt's ID is account, day, document number and amount, which
// a bank never gives twice; an entry that a negative one of the same number and amount cancels is
// reversed.
func (a *Account) Find(ctx context.Context, d ra.Deposit) (ra.Receipt, error) {
	r, err := a.Open(ctx)
	if err != nil {
		return ra.Receipt{}, fmt.Errorf("bankdeposit: statement: %w", err)
	}
	defer r.Close()
	entries, err := a.Format.Read(r)
	if err != nil {
		return ra.Receipt{}, err
	}
	e, err := reconcile(entries, d)
	if err != nil {
		return ra.Receipt{}, err
	}
	id := fmt.Sprintf("%s/%s/%s/%s", a.Number, e.Date, e.Reference, e.Amount)
	return ra.Receipt{ID: id, Amount: e.Amount, Date: e.Date}, nil
}

// reconcile finds the one entry that answers the declaration.
func reconcile(entries []Entry, d ra.Deposit) (Entry, error) {
	reference := Normalise(d.Reference)
	refuse := func(reason ra.PaymentReason, declared, found string) error {
		return &ra.PaymentError{Reason: reason, Reference: d.Reference, Declared: declared, Found: found}
	}
	var same []Entry
	for _, e := range entries {
		if e.Reference == reference {
			same = append(same, e)
		}
	}
	live, reversed := cancelOut(same)
	if len(live) == 0 {
		if reversed {
			return Entry{}, refuse(ra.PaymentReversed, "", "")
		}
		return Entry{}, refuse(ra.PaymentNotFound, "", "")
	}
	exact := filter(live, func(e Entry) bool { return e.Amount == d.Amount && e.Date == d.Date })
	if len(exact) == 1 {
		return exact[0], nil
	}
	if len(exact) > 1 {
		return Entry{}, refuse(ra.PaymentAmbiguous, "", "")
	}
	if amount := filter(live, func(e Entry) bool { return e.Amount == d.Amount }); len(amount) > 0 {
		return Entry{}, refuse(ra.PaymentWrongDate, string(d.Date), string(amount[0].Date))
	}
	return Entry{}, refuse(ra.PaymentWrongAmount, d.Amount.String(), live[0].Amount.String())
}

// cancelOut removes negative entries and, for each, one earlier deposit of the same amount.
func cancelOut(entries []Entry) (live []Entry, reversed bool) {
	for _, e := range entries {
		if e.Amount > 0 {
			live = append(live, e)
			continue
		}
		for i := len(live) - 1; i >= 0; i-- {
			if live[i].Amount == -e.Amount {
				live, reversed = append(live[:i:i], live[i+1:]...), true
				break
			}
		}
	}
	return live, reversed
}

func filter(entries []Entry, keep func(Entry) bool) []Entry {
	var out []Entry
	for _, e := range entries {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}
