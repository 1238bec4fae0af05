package responder

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/internal/sign"
)

// Config is what a [Responder] answers with. Ledger, Issuer, Key and Clock are required.
type Config struct {
	Ledger certificate.Ledger
	Issuer *x509.Certificate // the authority whose certificates are asked about

	// Key signs the answers. Certificate is its certificate, issued by Issuer with the extended key
	// usage OCSPSigning; nil means that Key is the authority's own.
	Key         crypto.Signer
	Certificate *x509.Certificate

	Clock func() time.Time

	// Life is how long an answer holds: nextUpdate minus thisUpdate. 0 means an hour.
	Life time.Duration

	// Logger hears why a request over HTTP had no successful answer. Nil: nobody does.
	Logger *slog.Logger
}

// Responder answers requests about the certificates of one authority. Safe for concurrent use.
type Responder struct {
	c        Config
	issuerID string
	alg      sign.Algorithm
	keyHash  []byte // SHA-1 of the responder's key: ResponderID byKey
	issuer   map[crypto.Hash]issuerHashes
}

type issuerHashes struct{ name, key []byte }

const maxLife = 7 * 24 * time.Hour // longer, and a revocation is not seen

// New checks the configuration. The error is a [*certificate.ConfigError].
func New(c Config) (*Responder, error) {
	refuse := func(field, reason string) (*Responder, error) {
		return nil, &certificate.ConfigError{Field: "responder.Config." + field, Reason: reason}
	}
	if c.Life == 0 {
		c.Life = time.Hour
	}
	switch {
	case c.Ledger == nil || c.Issuer == nil || c.Key == nil || c.Clock == nil:
		return refuse("Ledger, Issuer, Key, Clock", "required")
	case c.Life < time.Second || c.Life > maxLife:
		return refuse("Life", "from a second to a week")
	}
	own := c.Issuer
	if c.Certificate != nil && !bytes.Equal(c.Certificate.Raw, c.Issuer.Raw) {
		own = c.Certificate
		if own.CheckSignatureFrom(c.Issuer) != nil ||
			!slices.Contains(own.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
			return refuse(
				"Certificate", "not issued by the authority for signing OCSP (RFC 6960, 4.2.2.2)")
		}
	} else {
		c.Certificate = nil
	}
	spki, err := x509.MarshalPKIXPublicKey(c.Key.Public())
	if err != nil || !bytes.Equal(spki, own.RawSubjectPublicKeyInfo) {
		return refuse("Key", "not the key of the certificate")
	}
	r := &Responder{
		c:        c,
		issuerID: certificate.IssuerID(c.Issuer),
		issuer:   map[crypto.Hash]issuerHashes{},
	}
	var ok bool
	if r.alg, ok = sign.For(c.Key.Public()); !ok {
		return refuse("Key", "neither RSA, ECDSA on a NIST curve nor Ed25519")
	}
	if r.keyHash, err = keyHash(crypto.SHA1, own.RawSubjectPublicKeyInfo); err != nil {
		return refuse("Certificate", "public key")
	}
	for _, h := range hashes {
		key, err := keyHash(h, c.Issuer.RawSubjectPublicKeyInfo)
		if err != nil {
			return refuse("Issuer", "public key")
		}
		name := h.New()
		name.Write(c.Issuer.RawSubject)
		r.issuer[h] = issuerHashes{name.Sum(nil), key}
	}
	return r, nil
}

// keyHash is the hash of the BIT STRING's content, without tag, length and unused bits (RFC 6960,
// 4.1.1).
func keyHash(h crypto.Hash, spki []byte) ([]byte, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, err
	}
	if h == crypto.SHA1 {
		sum := sha1.Sum(info.Key.RightAlign())
		return sum[:], nil
	}
	digest := h.New()
	digest.Write(info.Key.RightAlign())
	return digest.Sum(nil), nil
}

// ErrExpired says that the responder's own certificate has ended: nobody would believe its answers.
// Certify its key anew, or a new key, and make a new [Responder].
var ErrExpired = errors.New("responder: the responder's certificate has expired")

// OCSPResponseStatus of RFC 6960, 4.2.1.
const (
	successful       = 0
	malformedRequest = 1
	tryLater         = 3
	unauthorized     = 6
)

// Respond answers a DER request with a DER response. There is always a response to send; the error
// says, for the log, why it is not a successful one: a malformed request, a request about other
// authorities' certificates only, [ErrExpired], or what the ledger or the key returned.
func (r *Responder) Respond(ctx context.Context, der []byte) (response []byte, err error) {
	q, err := readRequest(der)
	if err != nil {
		return failure(malformedRequest), err
	}
	answers := make([]answer, len(q.asked))
	ours := false
	for i, a := range q.asked {
		answers[i] = answer{id: a.der}
		if !r.knows(a) {
			continue
		}
		ours = true
		if answers[i].record, err = r.find(ctx, a); err != nil {
			return failure(tryLater), err
		}
	}
	if !ours {
		return failure(unauthorized), errors.New("responder: asked about certificates of others")
	}
	if own, now := r.c.Certificate, r.c.Clock(); own != nil && now.After(own.NotAfter) {
		return failure(tryLater), ErrExpired
	}
	response, err = r.sign(answers, q.nonce)
	if err != nil {
		return failure(tryLater), err
	}
	return response, nil
}

func (r *Responder) knows(a asked) bool {
	own, ok := r.issuer[a.hash]
	return ok && bytes.Equal(a.name, own.name) && bytes.Equal(a.key, own.key)
}

// find returns the record of an issued certificate, or nil.
func (r *Responder) find(ctx context.Context, a asked) (*certificate.Record, error) {
	if a.serial.Sign() <= 0 {
		return nil, nil
	}
	found, err := r.c.Ledger.Find(
		ctx, certificate.Query{Issuer: r.issuerID, Serial: a.serial.Text(16), Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("responder: ledger: %w", err)
	}
	if len(found) == 0 {
		return nil, nil // never issued
	}
	record := found[0]
	if record.Serial != a.serial.Text(16) || record.Issuer != r.issuerID {
		return nil, certificate.ErrLedger
	}
	if record.Certificate == nil && record.Status().State == certificate.Good {
		return nil, nil // planned only
	}
	return &record, nil
}

func failure(status int64) []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Enum(status) })
	return b.BytesOrPanic() // of constants
}

// answer is one SingleResponse.
type answer struct {
	id     []byte
	record *certificate.Record // nil: unknown
}

var (
	oidBasic         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidArchiveCutoff = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}
	tagGood          = cbasn1.Tag(0).ContextSpecific()
	tagUnknown       = cbasn1.Tag(2).ContextSpecific()
)

// sign builds and signs the response.
func (r *Responder) sign(answers []answer, nonce []byte) ([]byte, error) {
	now := r.c.Clock().UTC().Truncate(time.Second)
	data := cryptobyte.NewBuilder(nil)
	data.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag2, func(b *cryptobyte.Builder) { b.AddASN1OctetString(r.keyHash) })
		b.AddASN1GeneralizedTime(now)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, a := range answers {
				r.addAnswer(b, a, now)
			}
		})
		if nonce != nil {
			b.AddASN1(tag1, func(b *cryptobyte.Builder) { addExtension(b, oidNonce, nonce) })
		}
	})
	tbs, err := data.Bytes()
	if err != nil {
		return nil, fmt.Errorf("responder: encoding: %w", err)
	}
	value, err := r.alg.Sign(r.c.Key, tbs)
	if err != nil {
		return nil, fmt.Errorf("responder: signing: %w", err)
	}
	if r.alg.Verify(r.c.Key.Public(), tbs, value) != nil {
		return nil, certificate.ErrSigner
	}
	return r.assemble(tbs, value)
}

// addAnswer adds SingleResponse of RFC 6960, 4.2.1.
func (r *Responder) addAnswer(b *cryptobyte.Builder, a answer, now time.Time) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(a.id)
		addStatus(b, a.record)
		b.AddASN1GeneralizedTime(now)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(now.Add(r.c.Life)) })
		// The ledger forgets nothing: status is known since the authority began (RFC 6960, 4.4.4).
		b.AddASN1(tag1, func(b *cryptobyte.Builder) {
			cutoff := cryptobyte.NewBuilder(nil)
			cutoff.AddASN1GeneralizedTime(r.c.Issuer.NotBefore.UTC())
			value, err := cutoff.Bytes()
			if err != nil {
				b.SetError(err)
				return
			}
			addExtension(b, oidArchiveCutoff, value)
		})
	})
}

// addStatus adds CertStatus. A suspended certificate is revoked for the reason certificateHold.
func addStatus(b *cryptobyte.Builder, record *certificate.Record) {
	switch {
	case record == nil:
		b.AddASN1(tagUnknown, func(*cryptobyte.Builder) {})
	case record.Status().State == certificate.Good:
		b.AddASN1(tagGood, func(*cryptobyte.Builder) {})
	default:
		status := record.Status()
		b.AddASN1(tag1, func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(status.Since.UTC())
			if status.Reason != certificate.Unspecified {
				b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(status.Reason)) })
			}
		})
	}
}

// addExtension adds Extensions with one that is not critical.
func addExtension(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, value []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1OctetString(value)
		})
	})
}

// assemble wraps ResponseData and its signature in OCSPResponse.
func (r *Responder) assemble(tbs, value []byte) ([]byte, error) {
	basic := cryptobyte.NewBuilder(nil)
	basic.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(r.alg.OID)
			if r.alg.Null {
				b.AddASN1NULL()
			}
		})
		b.AddASN1BitString(value)
		if r.c.Certificate != nil {
			b.AddASN1(tag0, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE,
					func(b *cryptobyte.Builder) { b.AddBytes(r.c.Certificate.Raw) })
			})
		}
	})
	inner, err := basic.Bytes()
	if err != nil {
		return nil, fmt.Errorf("responder: encoding: %w", err)
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(successful)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidBasic)
				b.AddASN1OctetString(inner)
			})
		})
	})
	return b.Bytes()
}
