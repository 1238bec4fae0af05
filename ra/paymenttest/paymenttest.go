// Package paymenttest is what every ra.Payments must do, as a test that adapters run.
package paymenttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
)

// Run tests an implementation. open gives one at whose other end exactly the payments listed have
// arrived, in that order; an amount below zero takes an earlier payment back.
func Run(t *testing.T, open func(t *testing.T, arrived []ra.Deposit) ra.Payments) {
	arrived := []ra.Deposit{
		{Reference: "451007", Amount: 2464, Date: "2026-10-21"},
		{Reference: "451008", Amount: 2000, Date: "2026-10-21"},
		{Reference: "777", Amount: 2464, Date: "2026-10-20"}, // the same number on two days
		{Reference: "777", Amount: 2464, Date: "2026-10-22"},
		{Reference: "900", Amount: 2464, Date: "2026-10-22"},
		{Reference: "900", Amount: -2464, Date: "2026-10-23"},
		{Reference: "555", Amount: 2464, Date: "2026-10-22"},
		{Reference: "555", Amount: 2464, Date: "2026-10-22"},
	}
	payments := open(t, arrived)
	t.Run("finds", func(t *testing.T) { testFinds(t, payments, arrived) })
	t.Run("refuses", func(t *testing.T) { testRefuses(t, payments) })
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := payments.Find(ctx, arrived[0])
		require.Error(t, err)
		var refusal *ra.PaymentError
		require.NotErrorAs(t, err, &refusal, "not knowing is not refusing")
	})
	t.Run("later payments do not change earlier answers", func(t *testing.T) {
		before, err := payments.Find(t.Context(), arrived[0])
		require.NoError(t, err)
		more := append([]ra.Deposit{{Reference: "1", Amount: 100, Date: "2026-10-01"}}, arrived...)
		after, err := open(t, more).Find(t.Context(), arrived[0])
		require.NoError(t, err)
		require.Equal(t, before, after)
	})
}

func testFinds(t *testing.T, payments ra.Payments, arrived []ra.Deposit) {
	ids := map[string]bool{}
	for _, i := range []int{0, 1, 2, 3} {
		r, err := payments.Find(t.Context(), arrived[i])
		require.NoError(t, err)
		require.Equal(t, arrived[i].Amount, r.Amount)
		require.Equal(t, arrived[i].Date, r.Date)
		require.NotEmpty(t, r.ID)
		require.False(t, ids[r.ID], "another payment, another ID")
		ids[r.ID] = true
		again, err := payments.Find(t.Context(), arrived[i])
		require.NoError(t, err)
		require.Equal(t, r, again, "the same declaration, the same receipt")
	}
}

func testRefuses(t *testing.T, payments ra.Payments) {
	for _, c := range []struct {
		declared ra.Deposit
		reason   ra.PaymentReason
		found    string
	}{
		{ra.Deposit{Reference: "451009", Amount: 2464, Date: "2026-10-21"}, ra.PaymentNotFound, ""},
		{ra.Deposit{Reference: "45100", Amount: 2464, Date: "2026-10-21"}, ra.PaymentNotFound, ""},
		{ra.Deposit{Reference: "", Amount: 2464, Date: "2026-10-21"}, ra.PaymentNotFound, ""},
		{
			ra.Deposit{Reference: "451008", Amount: 2464, Date: "2026-10-21"},
			ra.PaymentWrongAmount, "20.00",
		},
		{
			ra.Deposit{Reference: "451007", Amount: 2465, Date: "2026-10-21"},
			ra.PaymentWrongAmount, "24.64",
		},
		{ra.Deposit{Reference: "451007", Amount: 0, Date: "2026-10-21"}, ra.PaymentWrongAmount, "24.64"},
		{
			ra.Deposit{Reference: "451007", Amount: 2464, Date: "2026-10-20"},
			ra.PaymentWrongDate, "2026-10-21",
		},
		{ra.Deposit{Reference: "900", Amount: 2464, Date: "2026-10-22"}, ra.PaymentReversed, ""},
		{ra.Deposit{Reference: "900", Amount: -2464, Date: "2026-10-23"}, ra.PaymentReversed, ""},
		{ra.Deposit{Reference: "555", Amount: 2464, Date: "2026-10-22"}, ra.PaymentAmbiguous, ""},
	} {
		_, err := payments.Find(t.Context(), c.declared)
		var refusal *ra.PaymentError
		require.ErrorAs(t, err, &refusal, "%+v", c.declared)
		require.Equal(t, c.reason, refusal.Reason, "%+v", c.declared)
		require.Equal(t, c.found, refusal.Found, "%+v", c.declared)
	}
}
