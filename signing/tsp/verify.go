package tsp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/verdict"
)

// Query asks about one token.
type Query struct {
	Token []byte // TimeStampToken, DER or BER
	Kind  signing.TimestampKind
	// Imprint gives the digest, under the hash that the token names, of what should be stamped.
	// Its errors say that the data is not at hand. Nil: the imprint is not compared, which is a
	// finding.
	Imprint func(crypto.Hash) ([]byte, error)
	// Proven is when a later, trusted time stamp proves that this one existed: an authority whose
	// certificate has expired or was revoked since is judged as of then. Zero: none does.
	Proven time.Time
}

// Verdict is what [Verify] finds.
type Verdict struct {
	signing.Timestamp
	Indication    signing.Indication
	SubIndication signing.SubIndication
	Chain         []*x509.Certificate // leaf first; nil when no path was found
	Token         *Token              // nil when the token could not be read
}

// Good says that the token proves its time: intact, by a trusted authority, over what was asked.
func (v *Verdict) Good() bool { return v.Indication == signing.TotalPassed }

// Verify judges a token (RFC 3161, 2.2 and 2.4.2; ETSI EN 319 102-1, 5.4): the signature and its
// sole signer, the signing-certificate attribute, a critical and sole extended key usage for time
// stamping, the path at v.Time or q.Proven, and the imprint. Trust is Trusted only when all of
// this stands. v.Certificates, CRLs and OCSPs help beside what is in the token. The error is
// about the question (no time, a cancelled context), never about the token.
func Verify(ctx context.Context, q Query, v signing.Validation) (*Verdict, error) {
	if v.Time.IsZero() {
		return nil, verdict.ErrNoTime
	}
	out := &Verdict{Timestamp: signing.Timestamp{Kind: q.Kind, Trust: signing.TrustUnknown}}
	t, err := ParseToken(q.Token)
	if err != nil {
		out.fail(signing.Broken, signing.TotalFailed, signing.FormatFailure,
			"malformed-time-stamp", err.Error())
		return out, nil
	}
	out.Token, out.Time = t, t.Info.Time
	entry := signing.Signature{ProvenTime: q.Proven, Crypto: signing.Intact}
	s := t.data.Signers[0]
	known := append(t.Certificates(), v.Certificates...)
	entry.Signer = s.Signer(known, t.data)
	out.Signer = entry.Signer
	if done := out.checkCrypto(t, s, q); !done {
		entry.Binding = s.Binding(entry.Signer)
		out.constrain(&entry, s, v)
		err = out.conclude(ctx, &entry, t, v)
	}
	return out, err
}

func (v *Verdict) fail(c signing.Crypto, i signing.Indication, sub signing.SubIndication,
	code, message string) {
	v.Crypto, v.Indication, v.SubIndication = c, i, sub
	v.add(signing.SeverityError, code, message)
}

func (v *Verdict) add(severity signing.Severity, code, message string) {
	v.Findings = append(v.Findings, signing.Finding{Code: code, Message: message,
		Severity: severity})
}

// checkCrypto judges mathematics and structure; done says that there is nothing more to judge.
func (v *Verdict) checkCrypto(t *Token, s *cms.SignerInfo, q Query) (done bool) {
	if v.Signer == nil {
		v.fail(signing.Broken, signing.Indeterminate, signing.NoSigningCertificate,
			"no-signing-certificate", "the authority's certificate is not at hand")
		return true
	}
	if err := s.Verify(v.Signer, t.data); err != nil {
		crypto, indication, sub := cms.Classify(err)
		v.fail(crypto, indication, sub, "time-stamp-broken", err.Error())
		return true
	}
	if t.hashErr != nil {
		v.fail(signing.Unsupported, signing.Indeterminate, signing.CryptoConstraintsNoPOE,
			"unsupported-algorithm", t.hashErr.Error())
		return true
	}
	if q.Imprint == nil {
		v.add(signing.SeverityInfo, "imprint-not-checked",
			"what the time stamp covers was not given")
		v.Crypto = signing.Intact
		return false
	}
	digest, err := q.Imprint(t.Imprint.Hash)
	switch {
	case err != nil:
		v.fail(signing.Broken, signing.Indeterminate, signing.SignedDataNotFound, "no-content",
			"what the time stamp covers is not at hand: "+err.Error())
		return true
	case !bytes.Equal(digest, t.Imprint.Digest):
		v.fail(signing.Broken, signing.TotalFailed, signing.HashFailure, "imprint-mismatch",
			"the time stamp covers something else")
		return true
	}
	v.Crypto = signing.Intact
	return false
}

// constrain sets the indication for what forbids to rely on an intact token.
func (v *Verdict) constrain(entry *signing.Signature, s *cms.SignerInfo, asked signing.Validation) {
	refuse := func(sub signing.SubIndication, code, message string) {
		if entry.Indication == "" {
			entry.Indication, entry.SubIndication = signing.Indeterminate, sub
		}
		v.add(signing.SeverityError, code, message)
	}
	if entry.Binding != signing.BindingOK { // RFC 3161, 2.4.2; RFC 5816, 2.2.1: MUST
		refuse(signing.NoSigningCertificate, "signing-certificate",
			"the time stamp does not name its signer's certificate: "+string(entry.Binding))
	}
	for _, d := range s.Doubts {
		refuse(signing.SigConstraintsFailure, "not-conformant", d)
	}
	c := v.Signer
	if t := v.Token.Info.Time; t.Before(c.NotBefore) || t.After(c.NotAfter) {
		refuse(signing.SigConstraintsFailure, "time-stamp-outside-validity",
			"the time lies outside the validity of the authority's certificate")
	}
	if v.Token.Info.Time.After(asked.Time.Add(min(v.Token.Accuracy, maxAccuracy)).Add(time.Minute)) {
		refuse(signing.TimestampOrderFailure, "time-stamp-in-the-future",
			"the time lies after the time of judging")
	}
}

// maxAccuracy is the most that an authority's own accuracy excuses a time in the future.
const maxAccuracy = 5 * time.Minute

func (v *Verdict) conclude(ctx context.Context, entry *signing.Signature, t *Token,
	asked signing.Validation) error {
	crls, ocsps := t.Revocation()
	e := verdict.Evidence{Certificates: t.Certificates(), CRLs: crls, OCSPs: ocsps,
		Usage: ForTimestamping,
		SHA1:  t.Imprint.Hash == crypto.SHA1 || t.data.Signers[0].Weakness(nil) == "SHA-1"}
	if err := verdict.Conclude(ctx, entry, e, asked); err != nil {
		return err
	}
	v.Findings = append(v.Findings, entry.Findings...)
	v.Chain, v.Indication, v.SubIndication = entry.Chain, entry.Indication, entry.SubIndication
	v.Trust = entry.Trust
	if entry.Trust == signing.Trusted && !v.Good() {
		v.Trust = signing.Untrusted
	}
	return nil
}

var (
	oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	// SEQUENCE { id-kp-timeStamping }
	timeStampingEKU = []byte{0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}
)

// ErrNotForTimestamping says that a certificate may not sign time stamps.
var ErrNotForTimestamping = errors.New("the certificate is not for time stamping: it needs the " +
	"critical extended key usage timeStamping and no other")

// ForTimestamping checks that a certificate has the critical extended key usage timeStamping and
// no other (RFC 3161, 2.3), and, when it has key usages, none but for signatures.
func ForTimestamping(c *x509.Certificate) error {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtKeyUsage) {
			if !e.Critical || !bytes.Equal(e.Value, timeStampingEKU) {
				return ErrNotForTimestamping
			}
			return verdict.ForDocuments(c)
		}
	}
	return ErrNotForTimestamping
}

// Digest gives data at hand as [Query.Imprint].
func Digest(data []byte) func(crypto.Hash) ([]byte, error) {
	return func(h crypto.Hash) ([]byte, error) { return algorithm.Digest(h, data), nil }
}
