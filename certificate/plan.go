package certificate

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"
)

// Request asks for one certificate.
type Request struct {
	// ID is the caller's identifier of the intent, such as that of the application and its attempt:
	// the same for a repeat, another for another certificate. 1 to 128 printable ASCII characters.
	// It is kept in the ledger and must hold no personal data.
	ID string

	Profile string // name of a profile of the authority

	// PublicKey is the key to certify: *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey. That
	// the holder has the private key is for the caller to know, see [CheckPossession].
	PublicKey crypto.PublicKey

	Subject Subject

	// NotBefore is the first moment; zero is the authority's clock. It may lie up to maxBackdate in
	// the past, for clocks that are slow, and not in the future beyond maxPostdate.
	NotBefore time.Time

	// NotAfter is the last moment; zero is the profile's validity, or the end of the authority's
	// own certificate if that comes first. A replacement asks for what remained of the one it
	// replaces.
	NotAfter time.Time
}

const (
	maxRequestID     = 128                 // a key in an index, not a document
	maxBackdate      = 24 * time.Hour      // clocks are slow by minutes
	maxPostdate      = 90 * 24 * time.Hour // renewals are asked for a month or two ahead
	serialOctets     = 16                  // 126 random bits; RFC 5280, 4.1.2.2 allows 20 octets
	maxSerialRetries = 8                   // two equal numbers mean broken randomness
)

// Planned is a certificate that was checked, linted and recorded, and may be signed. Only
// [Authority.Plan] makes one.
type Planned struct {
	authority *Authority
	record    Record
}

// Serial returns the serial number that the certificate will have, or has.
func (p *Planned) Serial() *big.Int {
	serial, _ := new(big.Int).SetString(p.record.Serial, 16)
	return serial
}

// TBS returns a copy of the octets that will be signed, or were.
func (p *Planned) TBS() []byte { return slices.Clone(p.record.TBS) }

// Issued reports whether the certificate existed when Plan was called: this was a repeat.
func (p *Planned) Issued() bool { return p.record.Certificate != nil }

// Plan checks the request, fixes and lints what will be signed, and records it. Nothing is signed
// with the authority's key. For a request that was planned before it returns what was recorded
// then.
//
// Errors: [*PolicyError] and [*LintError] (nothing recorded), [ErrRequestConflict], [ErrLedger]
// when what was recorded is not what the profile makes of the request, what the ledger returned,
// wrapped. After a ledger's error it is not known whether the request was recorded: repeat.
func (a *Authority) Plan(ctx context.Context, r Request) (*Planned, error) {
	digest, err := requestDigest(r)
	if err != nil {
		return nil, err
	}
	stored, err := a.c.Ledger.Find(ctx, Query{Issuer: a.id, Request: r.ID, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("certificate: ledger: %w", err)
	}
	if len(stored) > 0 {
		return a.resume(stored[0], r, digest)
	}
	for range maxSerialRetries {
		record, err := a.prepare(r, digest)
		if err != nil {
			return nil, err
		}
		got, err := a.c.Ledger.Plan(ctx, record)
		switch {
		case errors.Is(err, ErrSerialTaken):
			continue
		case err != nil:
			return nil, fmt.Errorf("certificate: ledger: %w", err)
		case bytes.Equal(got.TBS, record.TBS):
			return &Planned{authority: a, record: record}, nil
		}
		return a.resume(got, r, digest) // somebody else was faster
	}
	return nil, ErrSerialTaken
}

// requestDigest tells a repeat from another request under the same identifier.
func requestDigest(r Request) ([]byte, error) {
	if r.ID == "" || len(r.ID) > maxRequestID || !isIA5(r.ID) {
		return nil, &PolicyError{"id", "characters", "1 to 128 printable ASCII characters"}
	}
	spki, err := subjectPublicKeyInfo(r.PublicKey)
	if err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(struct {
		Profile             string
		PublicKey           []byte
		Subject             Subject
		NotBefore, NotAfter time.Time
	}{r.Profile, spki, r.Subject, r.NotBefore.UTC(), r.NotAfter.UTC()})
	if err != nil {
		return nil, fmt.Errorf("certificate: request: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

// prepare makes the record of a new request: all checks, and the lint, are in here.
func (a *Authority) prepare(r Request, digest []byte) (Record, error) {
	profile := a.profiles[r.Profile]
	if profile == nil {
		return Record{}, &PolicyError{"profile", "unknown", "the authority has no such profile"}
	}
	now := a.c.Clock().UTC().Truncate(time.Second)
	template, err := a.template(profile, r, now)
	if err != nil {
		return Record{}, err
	}
	if template.SerialNumber, err = newSerial(a.c.Random); err != nil {
		return Record{}, err
	}
	sample, err := a.sample(template, r.PublicKey)
	if err != nil {
		return Record{}, err
	}
	if err := a.lint(sample); err != nil {
		return Record{}, err
	}
	return Record{
		Issuer: a.id, Request: r.ID, Digest: digest, Profile: profile.Name(),
		Serial: sample.SerialNumber.Text(16), TBS: sample.RawTBSCertificate,
		NotAfter: sample.NotAfter.UTC(), PlannedAt: now,
	}, nil
}

func newSerial(random io.Reader) (*big.Int, error) {
	raw := make([]byte, serialOctets)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("certificate: random source: %w", err)
	}
	raw[0] = raw[0]&0x7f | 0x40 // positive, and always of the same length
	return new(big.Int).SetBytes(raw), nil
}

// template is the certificate as x509.CreateCertificate wants it.
func (a *Authority) template(p *Profile, r Request, now time.Time) (*x509.Certificate, error) {
	if err := p.checkKey(r.PublicKey); err != nil {
		return nil, err
	}
	if err := a.checkBelow(p, now); err != nil {
		return nil, err
	}
	subject, err := p.complete(r.Subject)
	if err != nil {
		return nil, err
	}
	notBefore, notAfter, err := a.validity(p, r, now)
	if err != nil {
		return nil, err
	}
	name, err := p.name(subject)
	if err != nil {
		return nil, err
	}
	extensions, err := p.extensions(subject)
	if err != nil {
		return nil, err
	}
	spki, err := subjectPublicKeyInfo(r.PublicKey)
	if err != nil {
		return nil, err
	}
	keyID, err := keyIdentifier(spki)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		RawSubject: name, NotBefore: notBefore, NotAfter: notAfter,
		SignatureAlgorithm: a.alg.X509, SubjectKeyId: keyID, AuthorityKeyId: a.keyID,
		KeyUsage: p.keyUsage(r.PublicKey), ExtraExtensions: extensions,
		BasicConstraintsValid: true, IsCA: p.c.Authority,
	}
	if p.c.Authority {
		t.MaxPathLen, t.MaxPathLenZero = p.c.PathLength, p.c.PathLength == 0
	}
	if !p.c.NoStatus {
		t.CRLDistributionPoints, t.OCSPServer = a.c.CRL, a.c.OCSP
	}
	if a.cert != nil {
		t.IssuingCertificateURL = a.c.Issuer
	}
	return t, nil
}

// checkBelow asks whether the authority may issue such a certificate now.
func (a *Authority) checkBelow(p *Profile, now time.Time) error {
	if a.cert == nil {
		return nil
	}
	switch own := a.cert; {
	case now.Before(own.NotBefore) || now.After(own.NotAfter):
		return &PolicyError{"authority", "expired", "the authority's certificate is not valid now"}
	case !p.c.Authority:
		return nil
	case own.MaxPathLenZero && own.MaxPathLen == 0:
		return &PolicyError{"profile", "path-length", "the authority may not certify authorities"}
	case own.MaxPathLen > 0 && (p.c.PathLength < 0 || p.c.PathLength >= own.MaxPathLen):
		return &PolicyError{
			"profile",
			"path-length",
			"as many authorities below as the authority's own allows",
		}
	}
	return nil
}

// validity returns both ends, in whole seconds; both are part of the validity (RFC 5280, 4.1.2.5).
func (a *Authority) validity(p *Profile, r Request, now time.Time) (from, to time.Time, err error) {
	refuse := func(field, detail string) (time.Time, time.Time, error) {
		return time.Time{}, time.Time{}, &PolicyError{field, "validity", detail}
	}
	from = now
	if !r.NotBefore.IsZero() {
		from = r.NotBefore.UTC().Truncate(time.Second)
	}
	if from.Before(now.Add(-maxBackdate)) || from.After(now.Add(maxPostdate)) {
		return refuse("notBefore", "more than a day in the past or 90 days in the future")
	}
	if a.cert != nil && from.Before(a.cert.NotBefore) {
		return refuse("notBefore", "before the authority's own certificate")
	}
	longest := p.c.Validity.after(from).Add(-time.Second)
	to = longest
	if r.NotAfter.IsZero() {
		if a.cert != nil && to.After(a.cert.NotAfter) {
			to = a.cert.NotAfter.UTC()
		}
	} else {
		to = r.NotAfter.UTC().Truncate(time.Second)
	}
	switch {
	case !to.After(from) || to.Before(now):
		return refuse("notAfter", "not after the beginning, or past")
	case to.After(longest):
		return refuse("notAfter", "longer than the profile allows")
	case a.cert != nil && to.After(a.cert.NotAfter):
		return refuse("notAfter", "beyond the authority's own certificate")
	case to.Year() > 9999:
		return refuse("notAfter", "beyond the year 9999")
	}
	return from, to, nil
}
