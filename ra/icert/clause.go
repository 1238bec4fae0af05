package icert

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/rubrica/rubrica/ra"
)

// contractText holds the clauses: a line with # is a heading, what follows is its text.
//
//go:embed contract.txt
var contractText string

var contractTemplate = template.Must(template.New("contract.txt").Parse(contractText))

var ordinals = []string{"Primera", "Segunda", "Tercera", "Cuarta", "Quinta", "Sexta", "Séptima",
	"Octava", "Novena", "Décima"}

// clause is one clause of the contract.
type clause struct{ heading, text string }

// clauses writes the clauses for a contract.
func clauses(d ra.ContractData) ([]clause, error) {
	var b strings.Builder
	err := contractTemplate.Execute(&b, struct{ Envelope, Deadline string }{
		d.Envelope, ra.LongDate(d.Deadline, "es") + " a las " + d.Deadline.Format("15:04"),
	})
	if err != nil {
		return nil, fmt.Errorf("icert: contract: %w", err)
	}
	var out []clause
	for part := range strings.SplitSeq(b.String(), "# ") {
		heading, text, ok := strings.Cut(part, "\n")
		if ok && heading != "" {
			out = append(out, clause{heading, strings.Join(strings.Fields(text), " ")})
		}
	}
	return out, nil
}
