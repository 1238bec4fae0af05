package bankdeposit

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rubrica/rubrica/ra"
)

// Limits of one statement. A branch has some thousand deposits a month.
const (
	maxStatementBytes = 32 << 20
	maxEntries        = 200_000
	maxFieldBytes     = 512
)

// Format says how a bank writes its statements. The zero value is comma separated, headed
// fecha,documento,descripcion,monto, days as 2026-10-21, amounts as 24.64.
type Format struct {
	Separator rune   // 0 is a comma
	Date      string // layout of package time, "" is 2006-01-02

	// Headings of the columns, compared without regard to case and accents' absence: exactly as
	// the bank writes them, in any order, among others. "" is the name in parentheses.
	DateColumn      string // (fecha)
	ReferenceColumn string // (documento)
	AmountColumn    string // (monto)

	DecimalComma bool // 1.234,50 in place of 1,234.50
}

// Entry is one line of a statement. A negative amount is a deposit that the bank took back.
type Entry struct {
	Date      ra.Day
	Reference string
	Amount    ra.Cents
}

// StatementError says which line of a statement cannot be read. No deposit is answered from a
// statement with such a line: the file is mended or exported again.
type StatementError struct {
	Line   int // from 1, the heading included; 0 when the file as a whole is at fault
	Column string
	Reason string
}

func (e *StatementError) Error() string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf(" line %d", e.Line)
	}
	if e.Column != "" {
		where += " column " + e.Column
	}
	return "bankdeposit: statement" + where + ": " + e.Reason
}

// Read reads a whole statement. The error is a *StatementError or that of r.
func (f Format) Read(r io.Reader) ([]Entry, error) {
	f = f.withDefaults()
	limited := &io.LimitedReader{R: r, N: maxStatementBytes + 1}
	rows := csv.NewReader(skipMark(limited))
	rows.Comma, rows.ReuseRecord, rows.FieldsPerRecord = f.Separator, true, -1
	var columns *columns
	var out []Entry
	for {
		record, err := rows.Read()
		if limited.N == 0 {
			return nil, &StatementError{Reason: "larger than 32 MB"}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, readError(err)
		}
		line, _ := rows.FieldPos(0)
		if columns == nil {
			if columns, err = f.columns(record); err != nil {
				return nil, err
			}
			continue
		}
		e, err := f.entry(record, columns, line)
		if err != nil {
			return nil, err
		}
		if out = append(out, e); len(out) > maxEntries {
			return nil, &StatementError{Line: line, Reason: "more than 200,000 entries"}
		}
	}
	if columns == nil {
		return nil, &StatementError{Reason: "empty, not even a heading"}
	}
	return out, nil
}

func (f Format) withDefaults() Format {
	if f.Separator == 0 {
		f.Separator = ','
	}
	for field, fallback := range map[*string]string{
		&f.Date: "2006-01-02", &f.DateColumn: "fecha",
		&f.ReferenceColumn: "documento", &f.AmountColumn: "monto",
	} {
		if *field == "" {
			*field = fallback
		}
	}
	return f
}

func readError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &StatementError{Line: parse.Line, Reason: parse.Err.Error()}
	}
	return err
}

type columns struct{ date, reference, amount int }

func (f Format) columns(heading []string) (*columns, error) {
	find := func(name string) (int, error) {
		at := -1
		for i, h := range heading {
			if strings.EqualFold(strings.TrimSpace(h), name) {
				if at >= 0 {
					return 0, &StatementError{Line: 1, Column: name, Reason: "occurs twice"}
				}
				at = i
			}
		}
		if at < 0 {
			return 0, &StatementError{Line: 1, Column: name, Reason: "missing"}
		}
		return at, nil
	}
	var c columns
	var errs [3]error
	c.date, errs[0] = find(f.DateColumn)
	c.reference, errs[1] = find(f.ReferenceColumn)
	c.amount, errs[2] = find(f.AmountColumn)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return &c, nil
}

func (f Format) entry(record []string, c *columns, line int) (Entry, error) {
	field := func(at int, name string) (string, error) {
		if at >= len(record) {
			return "", &StatementError{line, name, "missing"}
		}
		s := strings.TrimSpace(record[at])
		if s == "" || len(s) > maxFieldBytes || !utf8.ValidString(s) {
			return "", &StatementError{line, name, "empty, too long or not UTF-8"}
		}
		return s, nil
	}
	date, err := field(c.date, f.DateColumn)
	if err != nil {
		return Entry{}, err
	}
	day, err := time.Parse(f.Date, date)
	if err != nil {
		return Entry{}, &StatementError{line, f.DateColumn, "not a day as " + f.Date}
	}
	reference, err := field(c.reference, f.ReferenceColumn)
	if err != nil {
		return Entry{}, err
	}
	if reference = Normalise(reference); reference == "" {
		return Entry{}, &StatementError{line, f.ReferenceColumn, "no document number"}
	}
	text, err := field(c.amount, f.AmountColumn)
	if err != nil {
		return Entry{}, err
	}
	amount, ok := parseAmount(text, f.DecimalComma)
	if !ok {
		return Entry{}, &StatementError{line, f.AmountColumn, "not an amount with two decimals"}
	}
	return Entry{Date: ra.DayOf(day), Reference: reference, Amount: amount}, nil
}

// Normalise makes document numbers comparable: no blanks, no hyphens, no leading zeros, upper case.
// Slips print 000451-7 where statements say 4517.
func Normalise(reference string) string {
	s := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '.', '\u00a0':
			return -1
		default:
			return r
		}
	}, strings.ToUpper(reference))
	if trimmed := strings.TrimLeft(s, "0"); trimmed != "" {
		return trimmed
	}
	return s
}

// parseAmount reads 24.64, 1,234.50, -24.64, USD 24.64 or $24.64; with comma, 1.234,50. Thousands
// are grouped by three, or not at all.
func parseAmount(s string, comma bool) (ra.Cents, bool) {
	s = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, "USD"), "$"))
	s, negative := strings.CutPrefix(s, "-")
	point, group := ".", ","
	if comma {
		point, group = group, point
	}
	whole, cents, ok := strings.Cut(s, point)
	if !ok || len(cents) != 2 || !digits(cents) {
		return 0, false
	}
	groups := strings.Split(whole, group)
	for i, g := range groups {
		if !digits(g) || len(groups) > 1 && (i > 0 && len(g) != 3 || len(g) > 3) {
			return 0, false
		}
	}
	whole = strings.Join(groups, "")
	if len(whole) > 13 { // 10^15 cents: no deposit, and no overflow
		return 0, false
	}
	var n ra.Cents
	for _, c := range whole + cents {
		n = n*10 + ra.Cents(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// skipMark drops the byte order mark that spreadsheets write.
func skipMark(r io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(r, head[:])
	if string(head[:n]) == "\xef\xbb\xbf" {
		n = 0
	}
	if err != nil {
		return strings.NewReader(string(head[:n]))
	}
	return io.MultiReader(strings.NewReader(string(head[:n])), r)
}
