package ra

import (
	"errors"
	"slices"

	"github.com/rubrica/rubrica/certificate"
)

// mailParams order a letter.
type mailParams struct {
	Letter string   `json:"letter"`           // name of the text: "request.received"
	To     string   `json:"to"`               // a role
	Cc     []string `json:"cc,omitempty"`     // roles
	Attach []string `json:"attach,omitempty"` // data that refer to documents, or key-file
	// Deadline names the timer whose end the letter tells.
	Deadline string `json:"deadline,omitempty"`
	// Reveal puts the password of the key file into the letter: it is the credentials envelope.
	// Such a letter takes no attachments: file and password never share a message.
	Reveal bool `json:"reveal,omitempty"`
}

// keyFile is the attachment that is no document: the PKCS#12 file, from among the secrets.
const keyFile = "key-file"

func (p mailParams) check() error {
	roles := []string{RoleApplicant, RoleOperator, RoleFinance, RoleDirector, RoleCentral}
	if p.Letter == "" || !slices.Contains(roles, p.To) {
		return errors.New("letter and to: a text and a role")
	}
	if p.Reveal && (len(p.Attach) > 0 || len(p.Cc) > 0 || p.To != RoleApplicant) {
		return errors.New("reveal: to the applicant alone, without attachments")
	}
	if slices.Contains(p.Attach, keyFile) && (len(p.Cc) > 0 || p.To != RoleApplicant) {
		return errors.New("key-file: to the applicant alone")
	}
	for _, role := range p.Cc {
		if !slices.Contains(roles, role) {
			return errors.New("cc: roles")
		}
	}
	return nil
}

// invoiceParams order the invoice of the fee.
type invoiceParams struct {
	Series      string `json:"series"` // as in the claim invoice-number
	Code        string `json:"code"`
	Description string `json:"description"`
	Net         string `json:"net"` // before tax
	Fee         string `json:"fee"` // with tax: checked against what the invoice adds up to
}

func (p invoiceParams) check() error {
	net, err := ParseCents(p.Net)
	fee, err2 := ParseCents(p.Fee)
	if err != nil || err2 != nil || net <= 0 || fee < net {
		return errors.New("net and fee: amounts, fee not below net")
	}
	if !seriesPattern.MatchString(p.Series) || p.Code == "" || p.Description == "" {
		return errors.New("series, code and description are required")
	}
	return nil
}

// contractEffectParams order the contract.
type contractEffectParams struct {
	Deadline string `json:"deadline"` // the timer that ends the wait for it
}

func (p contractEffectParams) check() error {
	if p.Deadline == "" {
		return errors.New("deadline: the name of a timer")
	}
	return nil
}

// issueParams order a certificate.
type issueParams struct {
	Profile string `json:"profile"` // of the authority
}

func (p issueParams) check() error {
	if p.Profile == "" {
		return errors.New("profile: of the authority")
	}
	return nil
}

// revokeParams order a revocation.
type revokeParams struct {
	Reason string `json:"reason"` // as RFC 5280, 5.3.1 writes it: cessationOfOperation
}

func (p revokeParams) check() error {
	_, err := p.reason()
	return err
}

func (p revokeParams) reason() (certificate.Reason, error) {
	for _, r := range []certificate.Reason{
		certificate.Unspecified, certificate.KeyCompromise, certificate.AffiliationChanged,
		certificate.Superseded, certificate.CessationOfOperation, certificate.PrivilegeWithdrawn,
	} {
		if r.String() == p.Reason {
			return r, nil
		}
	}
	return 0, errors.New("reason: a reason to revoke, as cessationOfOperation")
}
