package cades

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// A Profile says what a signature shall be. The zero value, with a SigningTime, is an attached
// CAdES baseline B signature with SHA-256, its chain inside.
type Profile struct {
	// Detached leaves the content out.
	Detached bool
	// Level is B unless said otherwise. T and above need a Timestamper, LT and LTA a Validation.
	Level       signing.Level
	Timestamper signing.Timestamper
	// Validation says where the evidence of levels LT and LTA comes from, and when it is judged:
	// anchors, certificates, lists, responses, a fetcher, the time.
	Validation signing.Validation
	// ContentTimestamper stamps the content before it is signed (EN 319 122-1, 5.2.8).
	ContentTimestamper signing.Timestamper

	// SigningTime is what the signer claims, in whole seconds. Required.
	SigningTime time.Time
	// Hash digests content and attributes. Zero: SHA-256, or SHA-512 for an Ed25519 key.
	Hash crypto.Hash
	// PSS signs with RSASSA-PSS where the key is RSA.
	PSS bool
	// KeyID names the signer by subject key identifier in place of issuer and serial number.
	KeyID bool
	// Plain makes a CMS signature that is not CAdES: no signing-certificate, no algorithm
	// protection. It is what FirmaEC and Quipux read and write; only level B.
	Plain bool
	// MimeType of the content (EN 319 122-1, 5.2.5.2). Empty: not stated.
	MimeType string
}

var oidMimeType = arc(0, 4, 0, 1733, 2, 1)

func (p *Profile) check() error {
	switch {
	case p.SigningTime.IsZero():
		return &ProfileError{"SigningTime", "is required"}
	case p.Level > signing.LevelLTA:
		return &ProfileError{"Level", "is unknown"}
	case p.Plain && p.Level != signing.LevelB:
		return &ProfileError{"Plain", "goes with level B only"}
	case p.Level >= signing.LevelT && p.Timestamper == nil:
		return &ProfileError{"Timestamper", "is required for level " + p.Level.String()}
	case p.Level >= signing.LevelLT && p.Validation.Time.IsZero():
		return &ProfileError{"Validation.Time", "is required for level " + p.Level.String()}
	}
	return nil
}

// parameters are those of the CMS layer for a signer.
func (p *Profile) parameters(chain []*x509.Certificate) (cms.Parameters, error) {
	if len(chain) == 0 || chain[0] == nil {
		return cms.Parameters{}, signing.ErrNoCertificate
	}
	q := cms.Parameters{Chain: chain, Hash: p.Hash, SigningTime: p.SigningTime,
		Protection: !p.Plain, Plain: p.Plain, KeyID: p.KeyID}
	if q.Hash == 0 {
		q.Hash = defaultHash(chain[0])
	}
	if !algorithm.Supported(q.Hash) {
		return q, &ProfileError{"Hash", "is not supported"}
	}
	if _, ok := chain[0].PublicKey.(*rsa.PublicKey); ok && p.PSS {
		q.Scheme = algorithm.PSS(q.Hash)
	}
	if p.MimeType != "" {
		value := ber.Wrap(ber.Universal, 12, false, []byte(p.MimeType))
		q.Attributes = append(q.Attributes, cms.NewAttribute(oidMimeType, value))
	}
	return q, nil
}

func defaultHash(c *x509.Certificate) crypto.Hash {
	if c.PublicKeyAlgorithm == x509.Ed25519 {
		return crypto.SHA512
	}
	return crypto.SHA256
}
