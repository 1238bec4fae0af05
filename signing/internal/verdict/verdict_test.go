package verdict_test

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/verdict"
)

// world is one authority with signers in every state of their lives.
type world struct {
	pki     *certtest.PKI
	signer  *certtest.Entity
	expired *certtest.Entity
	now     time.Time
}

func newWorld(t *testing.T) world {
	pki, now := certtest.NewPKI(t, certtest.P256), time.Now()
	named := func(cn string, tpl certtest.Template) *certtest.Entity {
		tpl.Kind, tpl.Subject.CommonName = certtest.P256, cn
		return pki.Signer(t, tpl)
	}
	return world{pki: pki, now: now,
		signer:  named("Signer", certtest.Template{}),
		expired: named("Expired", certtest.Template{NotAfter: now.AddDate(0, -1, 0)}),
	}
}

func (w world) validation() signing.Validation {
	return signing.Validation{Time: w.now,
		Anchors:      []*x509.Certificate{w.pki.Root.Certificate},
		Certificates: []*x509.Certificate{w.pki.Sub.Certificate}}
}

func sound(e *certtest.Entity) signing.Signature {
	return signing.Signature{Crypto: signing.Intact, Binding: signing.BindingOK, Signer: e.Certificate}
}

func TestConclude(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	revoking := w.pki.Sub.CRL(t, w.signer)
	month := 31 * 24 * time.Hour
	for name, c := range map[string]struct {
		signature  signing.Signature
		evidence   verdict.Evidence
		change     func(*signing.Validation)
		indication signing.Indication
		sub        signing.SubIndication
		trust      signing.Trust
	}{
		"sound": {signature: sound(w.signer), indication: signing.TotalPassed, trust: signing.Trusted},
		"nobody is trusted": {signature: sound(w.signer),
			change:     func(v *signing.Validation) { v.Anchors = nil },
			indication: signing.Indeterminate, sub: signing.NoCertificateChain, trust: signing.TrustUnknown},
		"broken": {signature: signing.Signature{Crypto: signing.Broken, Signer: w.signer.Certificate},
			indication: signing.TotalFailed, sub: signing.SigCryptoFailure, trust: signing.Trusted},
		"unsupported": {signature: signing.Signature{Crypto: signing.Unsupported},
			indication: signing.Indeterminate, sub: signing.CryptoConstraintsNoPOE, trust: signing.TrustUnknown},
		"bound to another": {signature: signing.Signature{Crypto: signing.Intact,
			Binding: signing.BindingMismatch, Signer: w.signer.Certificate},
			indication: signing.Indeterminate, sub: signing.NoSigningCertificate, trust: signing.Trusted},
		"changed afterwards": {signature: func() signing.Signature {
			s := sound(w.signer)
			s.Modifications = []signing.Modification{{Class: signing.ModAnnotation, Allowed: true}, {Class: signing.ModContent}}
			return s
		}(), indication: signing.TotalFailed, sub: signing.FormatFailure, trust: signing.Trusted},
		"revoked": {signature: sound(w.signer), evidence: verdict.Evidence{CRLs: [][]byte{revoking}},
			indication: signing.Indeterminate, sub: signing.RevokedNoPOE, trust: signing.Untrusted},
		"revoked after it was proven": {signature: func() signing.Signature {
			s := sound(w.signer)
			s.ProvenTime = w.now.Add(-24 * time.Hour)
			return s
		}(), evidence: verdict.Evidence{CRLs: [][]byte{revoking}},
			indication: signing.TotalPassed, trust: signing.Trusted},
		"revoked before it was made": {signature: func() signing.Signature {
			s := sound(w.signer)
			s.ProvenTime = w.now.Add(-time.Minute)
			s.Timestamps = []signing.Timestamp{{Kind: signing.TimestampContent, Crypto: signing.Intact,
				Trust: signing.Trusted, Time: w.now.Add(-time.Hour)}}
			return s
		}(), evidence: verdict.Evidence{CRLs: [][]byte{revoking}},
			indication: signing.TotalFailed, sub: signing.Revoked, trust: signing.Untrusted},
		"expired": {signature: sound(w.expired), indication: signing.Indeterminate,
			sub: signing.OutOfBoundsNoPOE, trust: signing.Untrusted},
		"expired after it was proven": {signature: func() signing.Signature {
			s := sound(w.expired)
			s.ProvenTime = w.now.Add(-2 * month)
			return s
		}(), indication: signing.TotalPassed, trust: signing.Trusted},
		"evidence is required and absent": {signature: sound(w.signer),
			change:     func(v *signing.Validation) { v.RequireRevocation = true },
			indication: signing.Indeterminate, sub: signing.TryLater, trust: signing.TrustUnknown},
		"evidence is required and there": {signature: sound(w.signer),
			change:     func(v *signing.Validation) { v.RequireRevocation = true },
			evidence:   verdict.Evidence{CRLs: [][]byte{w.pki.Sub.CRL(t), w.pki.Root.CRL(t)}},
			indication: signing.TotalPassed, trust: signing.Trusted},
		"SHA-1": {signature: sound(w.signer), evidence: verdict.Evidence{SHA1: true},
			indication: signing.Indeterminate, sub: signing.CryptoConstraintsNoPOE, trust: signing.Trusted},
		"SHA-1 where the profile allows it": {signature: sound(w.signer), evidence: verdict.Evidence{SHA1: true},
			change:     func(v *signing.Validation) { v.Policy.AllowSHA1 = true },
			indication: signing.TotalPassed, trust: signing.Trusted},
		"an authority's certificate signs a document": {signature: sound(&certtest.Entity{Certificate: w.pki.Sub.Certificate}),
			indication: signing.TotalPassed, trust: signing.Trusted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := w.validation()
			if c.change != nil {
				c.change(&v)
			}
			got := c.signature
			require.NoError(t, verdict.Conclude(ctx, &got, c.evidence, v))
			assert.Equal(t, c.indication, got.Indication)
			assert.Equal(t, c.sub, got.SubIndication)
			assert.Equal(t, c.trust, got.Trust)
		})
	}
}

func TestConcludeNeedsATime(t *testing.T) {
	t.Parallel()
	var s signing.Signature
	require.ErrorIs(t, verdict.Conclude(context.Background(), &s, verdict.Evidence{}, signing.Validation{}), verdict.ErrNoTime)
}
