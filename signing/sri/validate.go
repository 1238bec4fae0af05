package sri

import (
	"bytes"
	"context"
	"crypto/x509"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
	"github.com/rubrica/rubrica/signing/xades"
)

// A Verified is what [Validate] found out about a signed voucher.
type Verified struct {
	// Report has one entry for every signature.
	Report *signing.Report
	// Voucher are the canonical octets of the voucher as an intact signature covers it, without the
	// signature. Read the voucher from here, not from the file. Nil: no intact signature covers it.
	Voucher []byte
	// AccessKey is the one inside Voucher; the zero value if it has none that is right.
	AccessKey AccessKey
	// Signature is the index in the report of the signature that covers Voucher, -1 without one.
	Signature int
}

// Validate judges a signed voucher by the SRI's profile: SHA-1 is accepted, whatever v.Policy says,
// and what the SRI would refuse of a signature is a finding of its entry. Trust is as in v: without
// anchors every verdict is indeterminate at best. Errors: those of [xades.Validate].
func Validate(ctx context.Context, signed []byte, v signing.Validation) (*Verified, error) {
	v.Policy.AllowSHA1 = true
	report, err := xades.Validate(ctx, signed, v)
	if err != nil {
		return nil, err
	}
	tree, err := xmltree.Parse(signed, xmltree.Limits{})
	if err != nil {
		return nil, err
	}
	out := &Verified{Report: report, Signature: -1}
	for i := range report.Signatures {
		s := &report.Signatures[i]
		covered := s.Coverage == signing.CoversWhole && s.Crypto == signing.Intact && s.Parent == ""
		judgeProfile(s, covered)
		if !covered || out.Signature >= 0 {
			continue
		}
		if voucher, key, ok := signedVoucher(s, tree.Root()); ok {
			out.Voucher, out.AccessKey, out.Signature = voucher, key, i
		}
	}
	return out, nil
}

// judgeProfile adds what the SRI answers with error 39 to the findings of a signature.
func judgeProfile(s *signing.Signature, covered bool) {
	if s.Crypto != signing.Intact || s.Parent != "" {
		return
	}
	if !covered {
		s.AddFinding(signing.SeverityWarning, "sri-39-coverage",
			"la firma no cubre el comprobante entero; el SRI la rechaza")
	}
	if s.Signer != nil && s.Signer.KeyUsage != 0 &&
		s.Signer.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		s.AddFinding(signing.SeverityWarning, "sri-39-key-usage",
			"el certificado utilizado no es del tipo firma digital; el SRI lo rechaza")
	}
	if s.Binding == signing.BindingMissing {
		s.AddFinding(signing.SeverityWarning, "sri-39-signing-certificate",
			"la firma no identifica el certificado del firmante; el SRI la rechaza")
	}
}

// signedVoucher reads the voucher back from the octets that a signature covers: those of a
// reference to the root that leaves nothing out but signatures. Another reference may cover less of
// it.
func signedVoucher(s *signing.Signature, root xmltree.Node) ([]byte, AccessKey, bool) {
	for _, signed := range s.Signed {
		if signed.Path != root.Path() || signed.ID != rootID {
			continue
		}
		var octets bytes.Buffer
		if signed.Octets(&octets) != nil {
			continue
		}
		tree, err := xmltree.Parse(octets.Bytes(), xmltree.Limits{})
		if err != nil || elements(tree.Root()) != elements(root) {
			continue
		}
		key, err := keyOf(tree.Root())
		if err != nil {
			key = AccessKey{}
		}
		return octets.Bytes(), key, true
	}
	return nil, AccessKey{}, false
}

// elements counts the elements within n that are not of signatures.
func elements(n xmltree.Node) int {
	if n.Is(xmldsig.Namespace, "Signature") {
		return 0
	}
	count := 1
	for c := range n.Elements() {
		count += elements(c)
	}
	return count
}
