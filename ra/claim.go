package ra

import (
	"errors"
	"regexp"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// identityDatum is the datum that stands for the applicant: his identity number, blinded.
const identityDatum = "identity"

// one-application: one live application a person in a program.
func claimApplication(p definition.Params) (workflow.ClaimRule, error) {
	var want struct {
		Program string `json:"program"`
	}
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if want.Program == "" {
		return nil, errors.New("program: its name")
	}
	return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
		identity := datum(c, identityDatum)
		if identity == "" {
			return workflow.Claim{}, refuse("data-missing", identityDatum).toWorkflow("one-application")
		}
		return workflow.Claim{Scope: "application/" + want.Program, Key: identity}, nil
	}, nil
}

// receipt: the payment that arrived pays this application and no other.
func claimReceipt(p definition.Params) (workflow.ClaimRule, error) {
	if err := p.Decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
		answer := opened(c).Payment
		switch {
		case answer == nil:
			return workflow.Claim{}, refuse("data-missing", "deposit").toWorkflow("receipt")
		case answer.Refusal != nil: // there is nothing to claim; the guard says the same
			return workflow.Claim{}, answer.Refusal.refusal().toWorkflow("receipt")
		}
		return workflow.Claim{Scope: "receipt", Key: DigestOf([]byte(answer.Receipt.ID)).String()}, nil
	}, nil
}

// envelopeDatum is the number printed on the credentials envelope.
const envelopeDatum = "envelope"

// envelope: a numbered credentials envelope serves one application.
func claimEnvelope(p definition.Params) (workflow.ClaimRule, error) {
	if err := p.Decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
		number := datum(c, envelopeDatum)
		if number == "" {
			return workflow.Claim{}, refuse("data-missing", envelopeDatum).toWorkflow("envelope")
		}
		return workflow.Claim{Scope: "envelope", Key: number}, nil
	}, nil
}

var seriesPattern = regexp.MustCompile(`^[0-9]{3}-[0-9]{3}$`)

// maxInvoices is what one series numbers: SRI has nine digits, the store looks through a million
// slots. After that the authority opens another emission point.
const maxInvoices = 999_999

func invoiceScope(series string) string { return "invoice/" + series }

// invoice-number: the next number of the series, without gaps.
func claimInvoiceNumber(p definition.Params) (workflow.ClaimRule, error) {
	var want struct {
		Series string `json:"series"`
	}
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if !seriesPattern.MatchString(want.Series) {
		return nil, errors.New("series: establishment and emission point, as 001-002")
	}
	return func(workflow.Check) (workflow.Claim, *workflow.Refusal) {
		return workflow.Claim{Scope: invoiceScope(want.Series), Slots: maxInvoices}, nil
	}, nil
}
