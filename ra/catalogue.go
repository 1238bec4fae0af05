package ra

import (
	"embed"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/rubrica/rubrica/workflow"
)

//go:embed messages
var messages embed.FS

// Catalogue turns refusals into sentences for applicants and operators: what is wrong, where, and
// what to do. It is immutable and safe for concurrent use.
type Catalogue struct{ sentences map[string]string }

// NewCatalogue returns the catalogue of a language, "es" or "en"; Spanish for any other. Sentences
// in changes replace those of the same code, {name} in them stands for a value of the refusal; the
// code "name." and a word gives what people call that word.
func NewCatalogue(language string, changes map[string]string) *Catalogue {
	if language != "en" {
		language = "es"
	}
	text, err := messages.ReadFile("messages/" + language + ".txt")
	if err != nil {
		panic("ra: " + err.Error()) // not built in: a mistake of ours
	}
	c := &Catalogue{sentences: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		code, sentence, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok && !strings.HasPrefix(code, "#") {
			c.sentences[code] = sentence
		}
	}
	maps.Copy(c.sentences, changes)
	return c
}

// Name is what people call a field, a document or a command: "planilla de servicio básico".
func (c *Catalogue) Name(word string) string {
	if name, ok := c.sentences["name."+word]; ok {
		return name
	}
	return word
}

// Explain says in sentences what an error refuses. It is empty when err refuses nothing: then the
// error is not the person's to mend, and the host says that it will try again.
func (c *Catalogue) Explain(err error) []string {
	var out []string
	for _, r := range Refusals(err) {
		out = append(out, c.Sentence(r))
	}
	return out
}

// Sentence explains one refusal. A code without a sentence is shown as it is: it is found in tests.
func (c *Catalogue) Sentence(r *Refusal) string {
	sentence, ok := c.sentences[r.Code]
	if !ok {
		return r.Code
	}
	pairs := []string{"{where}", c.Name(r.Where)}
	for name, value := range r.Values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// Refusals takes an error apart: the refusals in a *Refusal, a *PaymentError, a
// *workflow.Rejection, or several of them joined. It is empty for every other error.
func Refusals(err error) []*Refusal {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Refusal
		for _, e := range joined.Unwrap() {
			out = append(out, Refusals(e)...)
		}
		return out
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		return []*Refusal{r}
	}
	if p, ok := errors.AsType[*PaymentError](err); ok {
		return []*Refusal{p.refusal()}
	}
	if rejection, ok := errors.AsType[*workflow.Rejection](err); ok {
		return fromRejection(rejection)
	}
	return nil
}

func (e *PaymentError) refusal() *Refusal {
	return refuse(string(e.Reason), "deposit", "reference", e.Reference,
		"declared", e.Declared, "found", e.Found)
}

// whereArg carries Refusal.Where through a workflow.Refusal, which has no place for it.
const whereArg = "where"

func fromRejection(rejection *workflow.Rejection) []*Refusal {
	var out []*Refusal
	for _, f := range rejection.Refusals {
		r := &Refusal{Code: f.Message, Values: map[string]string{}}
		for name, value := range f.Args {
			if name == whereArg {
				r.Where = value
			} else {
				r.Values[name] = value
			}
		}
		if strings.HasPrefix(r.Code, "workflow.") {
			r.Values["command"], r.Values["state"] = rejection.Command, rejection.State
		}
		same := func(other *Refusal) bool { return other.Error() == r.Error() }
		if !slices.ContainsFunc(out, same) { // a guard and a claim may say the same
			out = append(out, r)
		}
	}
	return out
}

// toWorkflow is the same refusal as a guard gives it.
func (r *Refusal) toWorkflow(guard string) *workflow.Refusal {
	args := map[string]string{whereArg: r.Where}
	for name, value := range r.Values {
		args[name] = value
	}
	return &workflow.Refusal{Guard: guard, Message: r.Code, Args: args, Reason: r.Error()}
}
