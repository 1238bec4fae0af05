package ra

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Refusal says to a person what was refused, where, and with which values. It is the applicant's
// or operator's to mend: nothing was changed. Catalogue turns it into a sentence.
type Refusal struct {
	Code   string            // stable word, the key in the Catalogue: "document-too-large"
	Where  string            // field or document: "cedula", "email"; "" for the whole command
	Values map[string]string // what the sentence names: "limit", "found"; no personal data
}

func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString("ra: refused: " + r.Code)
	if r.Where != "" {
		b.WriteString(" at " + r.Where)
	}
	names := make([]string, 0, len(r.Values))
	for name := range r.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%s", name, r.Values[name])
	}
	return b.String()
}

// refuse makes a Refusal; values are name, value pairs.
func refuse(code, where string, values ...string) *Refusal {
	r := &Refusal{Code: code, Where: where, Values: make(map[string]string, len(values)/2)}
	for i := 0; i+1 < len(values); i += 2 {
		r.Values[values[i]] = values[i+1]
	}
	return r
}

func itoa(n int) string { return strconv.Itoa(n) }
