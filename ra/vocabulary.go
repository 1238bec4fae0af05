package ra

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// The roles of the processes.
const (
	RoleApplicant = "applicant"
	RoleOperator  = "operator" // of a province
	RoleFinance   = "finance"
	RoleDirector  = "director" // of a province
	RoleCentral   = "central"  // Planta Central
)

// Vocabulary gives the words of a registration authority's definitions their meaning. Each guard,
// claim and effect is described where it is made.
func Vocabulary() workflow.Vocabulary {
	return workflow.Vocabulary{
		Actors: []string{RoleApplicant, RoleOperator, RoleFinance, RoleDirector, RoleCentral},
		Guards: map[string]workflow.GuardMaker{
			"form": guardForm, "billing": guardBilling, "payment": guardPayment,
			"evidence": guardEvidence, "documents": guardDocuments, "given": guardGiven,
			"affirmed": guardAffirmed, "same": guardSame, "unchanged": guardUnchanged,
			"reviewed": guardReviewed,
			"future":   guardFuture, "reached": guardReached, "contract": guardContract,
		},
		Claims: map[string]workflow.ClaimMaker{
			"one-application": claimApplication, "receipt": claimReceipt,
			"envelope": claimEnvelope, "invoice-number": claimInvoiceNumber,
		},
		Effects: map[string]func(definition.Params) error{
			"mail": checkParams[mailParams], "invoice": checkParams[invoiceParams],
			"issue": checkParams[issueParams], "contract": checkParams[contractEffectParams],
			"revoke": checkParams[revokeParams], "destroy-secrets": checkParams[struct{}],
		},
	}
}

// checkParams decodes and checks the parameters of an effect.
func checkParams[P any](p definition.Params) error {
	var into P
	if err := p.Decode(&into); err != nil {
		return err
	}
	if c, ok := any(into).(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}

// guard makes a guard from one that answers with an error, a *Refusal or nil.
func guard(name string, ask func(workflow.Check) *Refusal) (workflow.Guard, error) {
	return func(c workflow.Check) *workflow.Refusal {
		if r := ask(c); r != nil {
			return r.toWorkflow(name)
		}
		return nil
	}, nil
}

// form: the form of the command is complete and right, in a container that the process issues.
// With ruc-containers, a RUC goes only into these.
func guardForm(p definition.Params) (workflow.Guard, error) {
	var want struct {
		Containers    []Container `json:"containers"`
		RUCContainers []Container `json:"ruc-containers"`
	}
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if len(want.Containers) == 0 {
		return nil, errors.New("containers: at least one")
	}
	return guard("form", func(c workflow.Check) *Refusal {
		form := opened(c).Form
		if form == nil {
			return refuse("data-missing", "form")
		}
		if found := form.Check(); len(found) > 0 {
			return found[0]
		}
		if !slices.Contains(want.Containers, form.Container) {
			return refuse("container-refused", "container", "wanted", joinWords(want.Containers))
		}
		if form.IncludeRUC && !slices.Contains(want.RUCContainers, form.Container) {
			return refuse("ruc-container", "container")
		}
		return nil
	})
}

func joinWords[S ~string](words []S) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// billing: the billing data of the command are right.
func guardBilling(p definition.Params) (workflow.Guard, error) {
	if err := p.Decode(&struct{}{}); err != nil {
		return nil, err
	}
	return guard("billing", func(c workflow.Check) *Refusal {
		b := opened(c).Billing
		if b == nil {
			return refuse("data-missing", "billing")
		}
		if found := b.Check(); len(found) > 0 {
			return found[0]
		}
		return nil
	})
}

// payment: the deposit of the command arrived, and is the fee to the cent.
func guardPayment(p definition.Params) (workflow.Guard, error) {
	var want struct {
		Fee string `json:"fee"`
	}
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	fee, err := ParseCents(want.Fee)
	if err != nil || fee <= 0 {
		return nil, errors.New("fee: an amount such as 25.30")
	}
	return guard("payment", func(c workflow.Check) *Refusal {
		answer := opened(c).Payment
		switch {
		case answer == nil:
			return refuse("data-missing", "deposit")
		case answer.Refusal != nil:
			return answer.Refusal.refusal()
		case answer.Receipt.Amount != fee:
			return refuse(string(PaymentWrongAmount), "deposit", "declared", fee.String(),
				"found", answer.Receipt.Amount.String(), "reference", "")
		}
		return nil
	})
}

// evidence: if the command brings the document of this kind, it satisfies the requirement.
func guardEvidence(p definition.Params) (workflow.Guard, error) {
	var want Requirement
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if err := want.Check(); err != nil {
		return nil, err
	}
	return guard("evidence", func(c workflow.Check) *Refusal {
		if c.Command.Data[want.Kind] == "" {
			return nil
		}
		e, ok := opened(c).Evidence[want.Kind]
		if !ok {
			return refuse("data-missing", want.Kind)
		}
		if r, ok := errors.AsType[*Refusal](e.Judge(want, c.Now)); ok {
			return r
		}
		return nil
	})
}

// documents: of each group at least one document was brought. A group has a name, what it proves,
// and the kinds that do.
func guardDocuments(p definition.Params) (workflow.Guard, error) {
	var want struct {
		AllOf []struct {
			Proves string   `json:"proves"`
			OneOf  []string `json:"one-of"`
		} `json:"all-of"`
	}
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	for _, group := range want.AllOf {
		if group.Proves == "" || len(group.OneOf) == 0 {
			return nil, errors.New("all-of: each group needs proves and one-of")
		}
	}
	return guard("documents", func(c workflow.Check) *Refusal {
		for _, group := range want.AllOf {
			if !slices.ContainsFunc(group.OneOf, func(kind string) bool { return datum(c, kind) != "" }) {
				return refuse("document-missing", group.Proves)
			}
		}
		return nil
	})
}

type dataParams struct {
	Data []string `json:"data"`
}

func decodeData(p definition.Params) (dataParams, error) {
	var want dataParams
	if err := p.Decode(&want); err != nil {
		return want, err
	}
	if len(want.Data) == 0 {
		return want, errors.New("data: at least one")
	}
	return want, nil
}

// given: these data are there, from this command or an earlier one.
func guardGiven(p definition.Params) (workflow.Guard, error) {
	want, err := decodeData(p)
	if err != nil {
		return nil, err
	}
	return guard("given", func(c workflow.Check) *Refusal {
		for _, name := range want.Data {
			if datum(c, name) == "" {
				return refuse("data-missing", name)
			}
		}
		return nil
	})
}

// affirmed: these booleans are true, in this command or an earlier one.
func guardAffirmed(p definition.Params) (workflow.Guard, error) {
	want, err := decodeData(p)
	if err != nil {
		return nil, err
	}
	return guard("affirmed", func(c workflow.Check) *Refusal {
		for _, name := range want.Data {
			if datum(c, name) != "true" {
				return refuse("not-affirmed", name)
			}
		}
		return nil
	})
}

// same: two data have the same value, as what was confirmed and what was applied for.
func guardSame(p definition.Params) (workflow.Guard, error) {
	want, err := decodeData(p)
	if err != nil || len(want.Data) != 2 {
		return nil, errors.Join(err, errors.New("data: two names"))
	}
	return guard("same", func(c workflow.Check) *Refusal {
		if datum(c, want.Data[0]) != datum(c, want.Data[1]) {
			return refuse("not-the-same", want.Data[0])
		}
		return nil
	})
}

// unchanged: the command brings these data as they were.
func guardUnchanged(p definition.Params) (workflow.Guard, error) {
	want, err := decodeData(p)
	if err != nil {
		return nil, err
	}
	return guard("unchanged", func(c workflow.Check) *Refusal {
		for _, name := range want.Data {
			if c.Command.Data[name] != c.State.Data[name] {
				return refuse("not-the-same", name)
			}
		}
		return nil
	})
}

// reviewed: the digest that the command carries is that of what the application holds now, over
// these data. What was approved is then what is issued.
func guardReviewed(p definition.Params) (workflow.Guard, error) {
	var want reviewParams
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if len(want.Over) == 0 {
		return nil, errors.New("over: at least one datum")
	}
	return guard("reviewed", func(c workflow.Check) *Refusal {
		if c.Command.Data[reviewedDatum] != ReviewDigest(c.State, want.Over).String() {
			return refuse("not-reviewed", "")
		}
		return nil
	})
}

// instantParams name an instant among the data.
type instantParams struct {
	Instant string `json:"instant"`
}

func guardInstant(
	p definition.Params, name, code string, right func(at, now time.Time) bool,
) (workflow.Guard, error) {
	var want instantParams
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if want.Instant == "" {
		return nil, errors.New("instant: the name of a datum")
	}
	return guard(name, func(c workflow.Check) *Refusal {
		at := instant(c, want.Instant)
		if at.IsZero() {
			return refuse("data-missing", want.Instant)
		}
		if !right(at, c.Now) {
			return refuse(code, want.Instant, "when", at.Format("2006-01-02 15:04"))
		}
		return nil
	})
}

// future: the instant of the command is to come.
func guardFuture(p definition.Params) (workflow.Guard, error) {
	return guardInstant(p, "future", "appointment-past", time.Time.After)
}

// reached: the instant has come.
func guardReached(p definition.Params) (workflow.Guard, error) {
	return guardInstant(p, "reached", "too-early",
		func(at, now time.Time) bool { return !at.After(now) })
}
