package ra

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// The data of certificates and contracts in the history.
const (
	serialDatum      = "serial"      // lower-case hexadecimal
	certificateDatum = "certificate" // reference to the document
	issuedDatum      = "issued-at"
	contractDatum    = "contract"
	invoiceDatum     = "invoice"
	accessKeyDatum   = "access-key"
	listDatum        = "crl" // digest of the list, which is public
)

// contractParams say what a contract that came back must be.
type contractParams struct {
	Document string   `json:"document"` // the datum that the command brings
	Extends  string   `json:"extends"`  // the datum of the version that was sent out
	Signers  []string `json:"signers"`  // roles, in the order of signing
}

func (p contractParams) check() error {
	if p.Document == "" || p.Extends == "" || len(p.Signers) == 0 {
		return errors.New("document, extends and signers are required")
	}
	return nil
}

// contract: the PDF is the one that was sent out, octet for octet, with exactly the signatures of
// these roles added in this order, each valid and over the whole.
func guardContract(p definition.Params) (workflow.Guard, error) {
	var want contractParams
	if err := p.Decode(&want); err != nil {
		return nil, err
	}
	if err := want.check(); err != nil {
		return nil, err
	}
	return guard("contract",
		func(c workflow.Check) *Refusal { return judgeContract(opened(c).Contract, want) })
}

func judgeContract(a *contractAnswer, want contractParams) *Refusal {
	switch {
	case a == nil:
		return refuse("data-missing", want.Document)
	case !a.Readable:
		return refuse("contract-unreadable", want.Document)
	case !a.Extends:
		return refuse("contract-altered", want.Document)
	case len(a.Signatures) != len(want.Signers):
		return refuse("contract-signatures", want.Document,
			"found", itoa(len(a.Signatures)), "wanted", itoa(len(want.Signers)))
	}
	for i, s := range a.Signatures {
		number := itoa(i + 1)
		switch {
		case s.Verdict != string(signing.TotalPassed):
			return refuse("contract-signature", want.Document, "number", number, "found", s.Verdict)
		case s.Signer != want.Signers[i]:
			return refuse("contract-signer", want.Document, "number", number)
		case !s.Whole:
			return refuse("contract-coverage", want.Document, "number", number)
		}
	}
	return nil
}

// answerContract validates a contract that came back against the version that was sent out.
func (o *Office) answerContract(
	ctx context.Context, s workflow.State, sent, returned []byte, at time.Time,
) (*contractAnswer, error) {
	a := &contractAnswer{Extends: bytes.HasPrefix(returned, sent)}
	report, err := pades.Validate(
		ctx,
		bytes.NewReader(returned),
		int64(len(returned)),
		signing.Validation{
			Anchors: o.c.Anchors, Certificates: o.c.Certificates, Time: at,
		},
	)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return a, nil // unreadable or not signed: the sender's to mend
	}
	a.Readable = true
	for _, sig := range report.Signatures {
		entry := contractSignature{Verdict: string(sig.Indication), Whole: coversAll(sig)}
		if sig.SubIndication != "" {
			entry.Verdict += " " + string(sig.SubIndication)
		}
		if entry.Signer, err = o.roleOf(ctx, s, sig.Signer); err != nil {
			return nil, err
		}
		if entry.Signer == RoleApplicant && sig.Indication == signing.TotalPassed {
			if entry.Verdict, err = o.standing(ctx, s, entry.Verdict); err != nil {
				return nil, err
			}
		}
		a.Signatures = append(a.Signatures, entry)
	}
	return a, nil
}

// coversAll: a signature covers its revision, and what came later is another signature.
func coversAll(s signing.Signature) bool {
	if s.Coverage != signing.CoversWhole && s.Coverage != signing.CoversRevision {
		return false
	}
	for _, m := range s.Modifications {
		if !m.Allowed || m.Class != signing.ModSignature {
			return false
		}
	}
	return true
}

// roleOf says whose certificate it is: the one issued to this application, or a director's.
func (o *Office) roleOf(
	ctx context.Context, s workflow.State, c *x509.Certificate,
) (string, error) {
	if c == nil {
		return "", nil
	}
	for _, d := range o.c.Directors {
		if d.Equal(c) {
			return RoleDirector, nil
		}
	}
	if s.Data[certificateDatum] == "" {
		return "", nil
	}
	_, issued, err := o.Document(ctx, s.Instance, s.Data[certificateDatum])
	if err != nil {
		return "", err
	}
	if bytes.Equal(issued, c.Raw) {
		return RoleApplicant, nil
	}
	return "", nil
}

// standing asks the authority's own records, which know of a revocation before any list says it.
func (o *Office) standing(ctx context.Context, s workflow.State, verdict string) (string, error) {
	serial, err := parseSerial(s.Data[serialDatum])
	if err != nil {
		return "", err
	}
	record, err := o.c.Authority.Find(ctx, serial)
	if err != nil {
		return "", fmt.Errorf("ra: certificate status: %w", err)
	}
	if record.Status().State != certificate.Good {
		return string(signing.TotalFailed) + " " + string(signing.Revoked), nil
	}
	return verdict, nil
}

// ContractData is what a subscription contract says.
type ContractData struct {
	Application string
	Form        Form
	Certificate *x509.Certificate
	Envelope    string // number of the credentials envelope
	Date        time.Time
	Deadline    time.Time // until when the signed contract must be back
	Director    string    // who signs for the authority
}

// doContract makes the contract of an application. It is made of recorded data and the instant of
// the order alone, so that a repeat makes the same PDF.
func (o *Office) doContract(
	ctx context.Context, e workflow.Effect, p *program, want contractEffectParams,
) (workflow.Answer, error) {
	form, err := o.form(ctx, e)
	if err != nil {
		return workflow.Answer{}, err
	}
	cert, err := o.issuedCertificate(ctx, e)
	if err != nil {
		return workflow.Answer{}, err
	}
	deadline, err := p.deadline(want.Deadline, e.Data)
	if err != nil {
		return workflow.Answer{}, err
	}
	data := ContractData{
		Application: e.Instance, Form: form, Certificate: cert, Envelope: e.Data[envelopeDatum],
		Date: e.At.In(o.c.Place), Deadline: deadline.In(o.c.Place),
	}
	if len(o.c.Directors) > 0 {
		data.Director = o.c.Directors[0].Subject.CommonName
	}
	pdf, err := p.Contract(data)
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: contract: %w", err)
	}
	filed := Filed{Name: "contrato-" + e.Instance + ".pdf", Evidence: Evidence{
		Kind: contractDatum, Type: TypePDF, Size: int64(len(pdf)), Digest: DigestOf(pdf).String()}}
	ref, err := o.fileDocument(ctx, e.Instance, e.Key, filed, pdf)
	if err != nil {
		return workflow.Answer{}, err
	}
	return workflow.Answer{Data: map[string]string{contractDatum: ref.String()}}, nil
}

func (o *Office) issuedCertificate(
	ctx context.Context, e workflow.Effect,
) (*x509.Certificate, error) {
	_, der, err := o.Document(ctx, e.Instance, e.Data[certificateDatum])
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("ra: issued certificate: %w", err)
	}
	return cert, nil
}
