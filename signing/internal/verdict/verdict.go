package verdict

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate/path"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

// Evidence is what a signature carries beside the verdict on its cryptography.
type Evidence struct {
	// Certificates, CRLs and OCSPs were found in the document. They help and are not trusted.
	Certificates []*x509.Certificate
	CRLs, OCSPs  [][]byte
	// SHA1 says that the signature or a reference of it uses SHA-1.
	SHA1 bool
	// Usage refuses a signer whose certificate is not for this purpose. Nil: ForDocuments.
	Usage func(*x509.Certificate) error
}

// ErrNoTime says that the host gave no time of judging: set signing.Validation.Time.
var ErrNoTime = errors.New("signing: Validation.Time is required")

// Conclude completes an entry. The format has filled Crypto, Binding, Signer, Modifications,
// Timestamps, ProvenTime and findings; Conclude fills Trust, Chain, RevokedAt, Indication and
// SubIndication. An Indication that the format has already set stays, only Trust and Chain are
// added. The error is about the question (no time, a cancelled context), never about the signature.
func Conclude(ctx context.Context, s *signing.Signature, e Evidence, v signing.Validation) error {
	if v.Time.IsZero() {
		return ErrNoTime
	}
	s.Trust = signing.TrustUnknown
	var judged outcome
	if s.Signer != nil {
		var err error
		if judged, err = judgePath(ctx, s, e, v); err != nil {
			return err
		}
	}
	weak := weakness(s, e, v)
	if s.Indication == "" {
		s.Indication, s.SubIndication = decide(s, judged, weak)
	}
	return nil
}

// decide takes the first reason that counts, in the order of ETSI EN 319 102-1, 5.3.4: format,
// signing certificate, cryptography, path, constraints.
func decide(s *signing.Signature, judged outcome,
	weak bool) (signing.Indication, signing.SubIndication) {
	switch {
	case s.Crypto == signing.Broken:
		return signing.TotalFailed, signing.SigCryptoFailure
	case s.Crypto != signing.Intact:
		return signing.Indeterminate, signing.CryptoConstraintsNoPOE
	case forbidden(s.Modifications):
		return signing.TotalFailed, signing.FormatFailure
	case s.Signer == nil, s.Binding == signing.BindingMismatch:
		return signing.Indeterminate, signing.NoSigningCertificate
	case judged.indication != signing.TotalPassed:
		return judged.indication, judged.sub
	case weak:
		return signing.Indeterminate, signing.CryptoConstraintsNoPOE
	}
	return signing.TotalPassed, ""
}

func forbidden(changes []signing.Modification) bool {
	for _, m := range changes {
		if !m.Allowed {
			return true
		}
	}
	return false
}

// weakness reports whether the policy refuses an algorithm or key, and leaves a finding for each.
func weakness(s *signing.Signature, e Evidence, v signing.Validation) (refused bool) {
	if e.SHA1 {
		s.AddFinding(signing.SeverityWarning, "weak-algorithm", "the signature uses SHA-1")
		refused = !v.Policy.AllowSHA1
	}
	if s.Signer == nil {
		return refused
	}
	if bits := rsaBits(s.Signer); bits > 0 && bits < v.Policy.MinimumRSA() {
		s.AddFinding(signing.SeverityWarning, "weak-algorithm",
			fmt.Sprintf("the signer's RSA key has only %d bits", bits))
		refused = true
	}
	return refused
}

// rsaBits is the length of an RSA key, also of one that is bound to RSASSA-PSS; 0 for another key.
func rsaBits(c *x509.Certificate) int {
	public, _ := algorithm.PublicKey(c) // one that is too short to be judged comes with an error
	switch k := public.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *algorithm.PSSPublicKey:
		return k.N.BitLen()
	}
	return 0
}

// ForDocuments refuses a certificate that has a key usage without digitalSignature and without
// nonRepudiation (contentCommitment), RFC 5280, 4.2.1.3.
func ForDocuments(c *x509.Certificate) error {
	const either = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if c.KeyUsage != 0 && c.KeyUsage&either == 0 {
		return errors.New("the key usage of the signer's certificate does not allow signing")
	}
	return nil
}

// outcome is the verdict on the path of one signer.
type outcome struct {
	indication signing.Indication
	sub        signing.SubIndication
}

// judgePath validates the signer's certificate at the time of judging and, when that fails for a
// reason that an earlier proof of existence can cure, at the proven time (EN 319 102-1, 5.5.4).
func judgePath(ctx context.Context, s *signing.Signature, e Evidence,
	v signing.Validation) (outcome, error) {
	now, err := validate(ctx, s.Signer, e, v, v.Time)
	if err != nil {
		return outcome{}, err
	}
	if r := now.Revocation; len(r) > 0 && r[0].Status == path.Revoked {
		s.RevokedAt = r[0].At
	}
	judged := now
	if now.Status != path.Valid && curable(now.Code) &&
		!s.ProvenTime.IsZero() && s.ProvenTime.Before(v.Time) {
		then, err := validate(ctx, s.Signer, e, v, s.ProvenTime)
		if err != nil {
			return outcome{}, err
		}
		if then.Status == path.Valid {
			judged = then
		}
	}
	s.Chain = judged.Chain
	return explain(s, e, judged), nil
}

func validate(ctx context.Context, leaf *x509.Certificate, e Evidence, v signing.Validation,
	at time.Time) (*path.Result, error) {
	q := path.Query{
		Anchors:       v.Anchors,
		Intermediates: append(append([]*x509.Certificate{}, v.Certificates...), e.Certificates...),
		CRLs:          append(append([][]byte{}, v.CRLs...), e.CRLs...),
		OCSPs:         append(append([][]byte{}, v.OCSPs...), e.OCSPs...),
		Time:          at, KnownAt: v.Time, Fetcher: v.Fetcher, Memory: memoryOf(ctx),
		Algorithms: path.Algorithms{AllowSHA1: v.Policy.AllowSHA1, MinRSABits: v.Policy.MinRSABits},
	}
	if v.RequireRevocation {
		q.Revocation = path.Required
	}
	return path.Validate(ctx, leaf, q)
}

// curable reports whether a proof that the signature existed earlier can change the verdict.
func curable(c path.Code) bool {
	return c == path.Expired || c == path.RevokedCode || c == path.RevocationUnknown
}

// explain writes trust and findings and chooses the words.
func explain(s *signing.Signature, e Evidence, r *path.Result) outcome {
	usage := e.Usage
	if usage == nil {
		usage = ForDocuments
	}
	switch r.Status {
	case path.Valid:
		s.Trust = signing.Trusted
		revocationFinding(s, r)
		if err := usage(s.Signer); err != nil {
			s.AddFinding(signing.SeverityError, "key-usage", err.Error())
			return outcome{signing.Indeterminate, signing.ChainConstraintsFailure}
		}
		return outcome{signing.TotalPassed, ""}
	case path.Indeterminate:
		s.AddFinding(signing.SeverityWarning, string(r.Code), r.Message)
		if r.Code == path.RevocationUnknown {
			return outcome{signing.Indeterminate, signing.TryLater}
		}
		return outcome{signing.Indeterminate, signing.NoCertificateChain}
	}
	s.Trust = signing.Untrusted
	s.AddFinding(signing.SeverityError, string(r.Code), r.Message)
	return invalidPath(s, r)
}

func revocationFinding(s *signing.Signature, r *path.Result) {
	for i, evidence := range r.Revocation {
		if evidence.Status == path.Unknown && i < len(r.Chain)-1 {
			s.AddFinding(signing.SeverityInfo, "revocation-unknown",
				"no revocation evidence for "+r.Chain[i].Subject.String())
		}
	}
}

// invalidPath names why a path fails. Revoked, expired and not yet valid are definite only when it
// is proven that the signature was made on the wrong side of the date; otherwise a proof of
// existence might still cure them (EN 319 102-1, 5.2.6.4 and 5.5.4).
func invalidPath(s *signing.Signature, r *path.Result) outcome {
	switch r.Code {
	case path.RevokedCode:
		return revoked(s, r)
	case path.Expired:
		if madeAfter(s, s.Signer.NotAfter) {
			return outcome{signing.TotalFailed, signing.Expired}
		}
		return outcome{signing.Indeterminate, signing.OutOfBoundsNoPOE}
	case path.NotYetValid:
		if !s.ProvenTime.IsZero() && s.ProvenTime.Before(s.Signer.NotBefore) {
			return outcome{signing.TotalFailed, signing.NotYetValid}
		}
		return outcome{signing.Indeterminate, signing.OutOfBoundsNoPOE}
	case path.WeakAlgorithm:
		return outcome{signing.Indeterminate, signing.CryptoConstraintsNoPOE}
	}
	return outcome{signing.Indeterminate, signing.ChainConstraintsFailure}
}

func revoked(s *signing.Signature, r *path.Result) outcome {
	for i, evidence := range r.Revocation {
		switch {
		case evidence.Status != path.Revoked:
		case i > 0:
			return outcome{signing.Indeterminate, signing.RevokedCANoPOE}
		case madeAfter(s, evidence.At):
			return outcome{signing.TotalFailed, signing.Revoked}
		}
	}
	return outcome{signing.Indeterminate, signing.RevokedNoPOE}
}

// madeAfter reports whether a trusted content time stamp proves that the signature was made after
// the date: what it stamps had to exist before it was signed.
func madeAfter(s *signing.Signature, date time.Time) bool {
	for _, t := range s.Timestamps {
		if t.Kind == signing.TimestampContent && t.Crypto == signing.Intact &&
			t.Trust == signing.Trusted && t.Time.After(date) {
			return true
		}
	}
	return false
}
