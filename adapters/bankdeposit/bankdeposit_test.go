package bankdeposit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/bankdeposit"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/paymenttest"
)

func account(statement string, format bankdeposit.Format) *bankdeposit.Account {
	return &bankdeposit.Account{Number: "2100123456", Format: format,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(statement)), ctx.Err()
		}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	paymenttest.Run(t, func(_ *testing.T, arrived []ra.Deposit) ra.Payments {
		b := new(strings.Builder)
		b.WriteString("fecha,documento,descripcion,monto\n")
		for _, d := range arrived {
			fmt.Fprintf(b, "%s,%s,\"DEPOSITO, VENTANILLA\",%s\n", d.Date, d.Reference, d.Amount)
		}
		return account(b.String(), bankdeposit.Format{})
	})
}

func TestBanksWriteDifferently(t *testing.T) {
	t.Parallel()
	statement := "\xef\xbb\xbfOficina;Nro. Comprobante; VALOR ;Fecha Contable\r\n" +
		"QUITO;000451-7;USD 1.224,64;21/10/2026\r\n"
	a := account(statement, bankdeposit.Format{Separator: ';', Date: "02/01/2006", DecimalComma: true,
		DateColumn: "fecha contable", ReferenceColumn: "nro. comprobante", AmountColumn: "valor"})
	for _, written := range []string{"4517", "000451-7", "451 7", "00004517"} {
		r, err := a.Find(t.Context(), ra.Deposit{Reference: written, Amount: 122464, Date: "2026-10-21"})
		require.NoError(t, err, written)
		require.Equal(t, "2100123456/2026-10-21/4517/1224.64", r.ID)
	}
}

func TestUnreadableStatementAnswersNothing(t *testing.T) {
	t.Parallel()
	good := "fecha,documento,monto\n2026-10-21,1,24.64\n"
	for name, c := range map[string]struct {
		statement string
		line      int
	}{
		"empty":           {"", 0},
		"no amount":       {"fecha,documento\n", 1},
		"column twice":    {"fecha,documento,monto,Monto\n", 1},
		"not a day":       {good + "21/10/2026,2,24.64\n", 3},
		"not a real day":  {good + "2026-02-30,2,24.64\n", 3},
		"no cents":        {good + "2026-10-21,2,24\n", 3},
		"three decimals":  {good + "2026-10-21,2,24.640\n", 3},
		"comma decimals":  {good + "2026-10-21,2,\"24,64\"\n", 3},
		"odd grouping":    {good + "2026-10-21,2,\"1,2,34.00\"\n", 3},
		"huge amount":     {good + "2026-10-21,2,99999999999999999999.00\n", 3},
		"words":           {good + "2026-10-21,2,mucho\n", 3},
		"no reference":    {good + "2026-10-21,,24.64\n", 3},
		"short line":      {good + "2026-10-21\n", 3},
		"bare quote":      {good + "2026-10-21,2\"3,24.64\n", 3},
		"unclosed quote":  {good + "2026-10-21,\"2,24.64\n", 3},
		"not UTF-8":       {good + "2026-10-21,\xff,24.64\n", 3},
		"long reference":  {good + "2026-10-21," + strings.Repeat("9", 600) + ",24.64\n", 3},
		"larger than all": {good + strings.Repeat("2026-10-21,1,24.64\n", 2_000_000), 0},
	} {
		_, err := account(c.statement, bankdeposit.Format{}).Find(t.Context(),
			ra.Deposit{Reference: "1", Amount: 2464, Date: "2026-10-21"})
		var bad *bankdeposit.StatementError
		require.ErrorAs(t, err, &bad, name)
		if name != "unclosed quote" && name != "larger than all" { // csv reports where it gave up
			require.Equal(t, c.line, bad.Line, name)
		}
	}
}

func TestStatementNotThere(t *testing.T) {
	t.Parallel()
	gone := errors.New("no such file")
	a := &bankdeposit.Account{Number: "1", Open: func(context.Context) (io.ReadCloser, error) {
		return nil, gone
	}}
	_, err := a.Find(t.Context(), ra.Deposit{Reference: "1"})
	require.ErrorIs(t, err, gone)
}

func FuzzStatement(f *testing.F) {
	f.Add("fecha,documento,monto\n2026-10-21,1,24.64\n", false)
	f.Add("\xef\xbb\xbffecha,documento,monto\r\n2026-10-21,\"a\"\"b\",\"1.224,64\"\r\n", true)
	f.Fuzz(func(t *testing.T, statement string, comma bool) {
		entries, err := bankdeposit.Format{DecimalComma: comma}.Read(strings.NewReader(statement))
		var bad *bankdeposit.StatementError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("untyped error: %v", err)
		}
		for _, e := range entries {
			if !e.Date.Valid() || e.Reference == "" || e.Reference != bankdeposit.Normalise(e.Reference) {
				t.Fatalf("unusable entry %+v", e)
			}
		}
	})
}

// TestOneReceiptHoweverWritten: a slip that is typed otherwise names the same receipt, so that it
// does not pay twice.
func TestOneReceiptHoweverWritten(t *testing.T) {
	t.Parallel()
	account := &bankdeposit.Account{Number: "1", Open: func(context.Context) (io.ReadCloser, error) {
		statement := "fecha,documento,monto\n2026-10-21,000451-7,25.30\n"
		return io.NopCloser(strings.NewReader(statement)), nil
	}}
	ids := map[string]bool{}
	for _, written := range []string{"4517", "000451-7", " 4 5 1 7", "0004517", "451.7"} {
		receipt, err := account.Find(t.Context(),
			ra.Deposit{Reference: written, Amount: 2530, Date: "2026-10-21"})
		require.NoError(t, err, written)
		ids[receipt.ID] = true
	}
	require.Len(t, ids, 1)
}
