package ra

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Payments answers whether a payment that an applicant declares has arrived: in a bank statement,
// at a gateway.
//
// Find returns the one receipt that the declaration names. A refusal is a *PaymentError and says
// what differs; any other error means that the answer is not known and the call may be repeated.
// The same declaration gives the same Receipt.ID for ever: that ID is claimed in the store, so
// that one receipt pays one application. Implementations are safe for concurrent use.
type Payments interface {
	Find(ctx context.Context, d Deposit) (Receipt, error)
}

// Deposit is what the applicant says he paid.
type Deposit struct {
	Reference string // document number on the bank's slip
	Amount    Cents  // of the currency of the account
	Date      Day    // the day on the slip
}

// longestReference is more than any bank prints: what is typed here is told again in messages.
const longestReference = 40

// check says what is wrong with the declaration itself; nil when nothing is.
func (d Deposit) check() []*Refusal {
	var c checker
	c.text("deposit", d.Reference, longestReference)
	if !d.Date.Valid() {
		c.add("deposit-date", "deposit")
	}
	return c.found
}

// Receipt is a payment that arrived.
type Receipt struct {
	ID     string // names the entry for ever and everywhere: account and reference, no personal data
	Amount Cents
	Date   Day
}

// PaymentReason says why a declared payment is refused.
type PaymentReason string

// The reasons. Each is also the code of its message to the applicant.
const (
	PaymentNotFound    PaymentReason = "payment-not-found"    // no entry has the reference (yet)
	PaymentWrongAmount PaymentReason = "payment-wrong-amount" // the entry has another amount
	PaymentWrongDate   PaymentReason = "payment-wrong-date"   // the entry has another day
	PaymentAmbiguous   PaymentReason = "payment-ambiguous"    // two entries answer equally well
	PaymentReversed    PaymentReason = "payment-reversed"     // the bank took it back
)

// PaymentError refuses a declared payment. It names the field that differs and what the statement
// says, never who paid.
type PaymentError struct {
	Reason    PaymentReason
	Reference string
	Declared  string // the field as declared, "" when the reason has none
	Found     string // the field as the statement has it
}

func (e *PaymentError) Error() string {
	if e.Declared == "" && e.Found == "" {
		return fmt.Sprintf("ra: %s: reference %q", e.Reason, e.Reference)
	}
	return fmt.Sprintf("ra: %s: reference %q: declared %s, found %s",
		e.Reason, e.Reference, e.Declared, e.Found)
}

// Cents is an amount of money in hundredths: never a float.
type Cents int64

// String writes the amount as invoices do: 24.64.
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// Day is a calendar day, 2006-01-02, without a place on the clock.
type Day string

const dayLayout = "2006-01-02"

// DayOf is the day that t falls on in its own location.
func DayOf(t time.Time) Day { return Day(t.Format(dayLayout)) }

// Valid says whether d is a day of the calendar.
func (d Day) Valid() bool {
	t, err := time.Parse(dayLayout, string(d))
	return err == nil && DayOf(t) == d
}

// Start is the first instant of d at place; the zero time when d is not valid.
func (d Day) Start(place *time.Location) time.Time {
	t, err := time.ParseInLocation(dayLayout, string(d), place)
	if err != nil {
		return time.Time{}
	}
	return t
}

// ParseCents reads an amount as String writes it: digits, a point, two digits.
func ParseCents(s string) (Cents, error) {
	whole, cents, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole+cents, 10, 64)
	if !ok || len(cents) != 2 || len(whole) > 13 || err != nil || Cents(n).String() != s {
		return 0, errors.New("ra: not an amount with two decimals")
	}
	return Cents(n), nil
}
