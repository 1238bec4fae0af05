package certificate

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
)

// resume hands out a recorded plan after looking whether it is one of this request: what the ledger
// holds is going to be signed.
func (a *Authority) resume(stored Record, r Request, digest []byte) (*Planned, error) {
	if stored.Request != r.ID || stored.Issuer != a.id {
		return nil, ErrLedger
	}
	if !bytes.Equal(stored.Digest, digest) {
		return nil, ErrRequestConflict
	}
	tbs, err := readTBS(stored.TBS)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	spki, err := subjectPublicKeyInfo(r.PublicKey)
	if err != nil {
		return nil, err
	}
	if tbs.serial.Text(16) != stored.Serial || !bytes.Equal(tbs.issuer, a.name) ||
		!bytes.Equal(tbs.spki, spki) {
		return nil, ErrLedger
	}
	if stored.Certificate == nil { // else nothing is signed any more
		if err := a.again(stored, r); err != nil {
			return nil, err
		}
	}
	return &Planned{authority: a, record: stored}, nil
}

// again makes the certificate once more as the profile has it and compares: what somebody wrote
// into the ledger must not become a certificate with other powers. The addresses of lists and
// responders may have changed since; all else must be the same. Then it is linted again.
func (a *Authority) again(stored Record, r Request) error {
	profile := a.profiles[stored.Profile]
	if profile == nil || stored.Profile != r.Profile {
		return &PolicyError{"profile", "unknown", "the authority has no such profile"}
	}
	if stored.PlannedAt.After(a.c.Clock().Add(maxBackdate)) {
		return ErrLedger
	}
	want, err := a.template(profile, r, stored.PlannedAt)
	if err != nil {
		return err
	}
	algorithm, err := readTBS(stored.TBS)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	der, err := assemble(stored.TBS, algorithm.algorithm, []byte{0})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	got, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if !sameCertificate(want, got) || !got.NotAfter.Equal(stored.NotAfter) {
		return ErrLedger
	}
	return a.lint(got)
}

// ownExtensions are those that x509.CreateCertificate makes of fields of the template.
var ownExtensions = []asn1.ObjectIdentifier{
	oidSubjectKeyID, oidAuthorityKeyID, oidKeyUsage, oidBasicConstraints, oidCRLDistribution,
	oidAuthorityInfo,
}

// sameCertificate compares a template with what was made of one.
func sameCertificate(want, got *x509.Certificate) bool {
	if !bytes.Equal(want.RawSubject, got.RawSubject) || want.IsCA != got.IsCA ||
		want.KeyUsage != got.KeyUsage || !want.NotBefore.Equal(got.NotBefore) ||
		!want.NotAfter.Equal(got.NotAfter) || !bytes.Equal(want.SubjectKeyId, got.SubjectKeyId) ||
		want.SignatureAlgorithm != got.SignatureAlgorithm {
		return false
	}
	if want.IsCA && (max(want.MaxPathLen, -1) != got.MaxPathLen) {
		return false
	}
	for _, e := range want.ExtraExtensions {
		if !slices.ContainsFunc(got.Extensions, func(o pkix.Extension) bool {
			return o.Id.Equal(e.Id) && o.Critical == e.Critical && bytes.Equal(o.Value, e.Value)
		}) {
			return false
		}
	}
	for _, e := range got.Extensions {
		same := func(o pkix.Extension) bool { return o.Id.Equal(e.Id) }
		if !slices.ContainsFunc(ownExtensions, e.Id.Equal) &&
			!slices.ContainsFunc(want.ExtraExtensions, same) {
			return false
		}
	}
	return true
}
