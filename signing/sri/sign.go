package sri

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
	"github.com/rubrica/rubrica/signing/xades"
)

// Options refine the SRI's signature. Only the time is required.
type Options struct {
	// Time is the signing time that is claimed. Required. It is written in Ecuador's zone (-05:00).
	Time time.Time
	// SHA256 signs and digests with SHA-256. Otherwise SHA-1, which is what vouchers seen to be
	// authorised use; that the SRI takes SHA-256 is claimed by others and not known here.
	SHA256 bool
	// Description of the signed content. Empty: "contenido comprobante".
	Description string
	// SkipAccessKey signs a voucher whose access key is absent or wrong. Otherwise it is refused.
	SkipAccessKey bool
}

// rootID is the identifier that the root of every voucher carries.
const rootID = "comprobante"

// ecuador is the zone of continental Ecuador, without daylight saving.
var ecuador = time.FixedZone("-05:00", -5*60*60)

// A VoucherError says that a document is not a voucher that can be signed. See [Check] for all that
// is wrong with one.
type VoucherError struct{ Reason string }

func (e *VoucherError) Error() string { return "sri: " + e.Reason }

// Sign signs a voucher to the SRI's profile: XAdES-BES 1.3.2, enveloped, the signature as the last
// child of the root, references to the root, the signed properties and KeyInfo, the leaf only. All
// bytes of the voucher stay as they are. The root must carry id="comprobante".
//
// Errors: [*VoucherError], [*AccessKeyError], those of [xades.Sign] and of the key.
func Sign(ctx context.Context, voucher []byte, s signing.Signer, o Options) ([]byte, error) {
	signer, err := NewSigner(s, o)
	if err != nil {
		return nil, err
	}
	return signer.Sign(ctx, voucher, o.Time)
}

// A Signer signs many vouchers with one key: the profile and what the certificate gives are made
// ready once. It is safe for concurrent use if the key is.
type Signer struct {
	signer   signing.Signer
	template *xades.Template
}

// NewSigner makes ready a key and certificate. Options.Time is not used. The certificate must allow
// digitalSignature when it states a key usage, which the SRI requires since 2020.
func NewSigner(s signing.Signer, o Options) (*Signer, error) {
	leaf, err := s.Leaf()
	if err != nil {
		return nil, err
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, &VoucherError{"the certificate is not for signatures: it lacks digitalSignature"}
	}
	template, err := NewTemplate(s.Chain, o)
	if err != nil {
		return nil, err
	}
	return &Signer{signer: s, template: template}, nil
}

// NewTemplate is the SRI's profile for a certificate, for those who sign in two steps:
// its Prepare gives the octets to be signed elsewhere. Options.Time is not used.
func NewTemplate(chain []*x509.Certificate, o Options) (*xades.Template, error) {
	hash := crypto.SHA1
	if o.SHA256 {
		hash = crypto.SHA256
	}
	description := o.Description
	if description == "" {
		description = "contenido comprobante"
	}
	template, err := xades.NewTemplate(chain, xades.Profile{
		Subject: rootID, Hash: hash, Canonicalization: xades.Inclusive,
		Legacy: true, LeafOnly: true, KeyValue: true, SignKeyInfo: true,
		Format: xades.Format{Description: description, MimeType: "text/xml"},
	})
	if err != nil {
		return nil, err
	}
	return template.WithExamination(o.examine), nil
}

// Sign signs one voucher. See the function [Sign].
func (s *Signer) Sign(ctx context.Context, voucher []byte, at time.Time) ([]byte, error) {
	if at.IsZero() {
		return nil, &VoucherError{"a signing time is required"}
	}
	var out bytes.Buffer
	err := s.template.Sign(ctx, &out, voucher, s.signer, at.In(ecuador))
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// signatureSize is about what a signature takes with a certificate of two kilobytes.
const signatureSize = 9 << 10

// examine refuses what is no voucher.
func (o Options) examine(doc *xmltree.Document) error {
	root := doc.Root()
	if id, ok := root.Attr("id"); !ok || id != rootID {
		return &VoucherError{"the root <" + root.Local() + `> does not carry id="comprobante"`}
	}
	if o.SkipAccessKey {
		return nil
	}
	_, err := keyOf(root)
	return err
}

// hasText compares the text of an element without allocating.
func hasText(n xmltree.Node, want string) bool {
	var buffer [64]byte
	return string(n.AppendText(buffer[:0])) == want
}

// keyOf reads the access key of a voucher and compares it with the fields beside it.
func keyOf(root xmltree.Node) (AccessKey, error) {
	info := root.Child("", "infoTributaria")
	if info.IsZero() {
		return AccessKey{}, &VoucherError{"the voucher has no infoTributaria"}
	}
	key, err := ParseAccessKey(info.Child("", "claveAcceso").Text())
	if err != nil {
		return key, err
	}
	for _, part := range []struct{ field, want string }{
		{"ambiente", key.part(23, 24)}, {"tipoEmision", key.part(47, 48)}, {"ruc", key.RUC()},
		{"codDoc", string(key.Document())}, {"estab", key.Establishment()},
		{"ptoEmi", key.EmissionPoint()}, {"secuencial", key.Sequential()},
	} {
		if !hasText(info.Child("", part.field), part.want) {
			return key, &AccessKeyError{part.field, "is not what the voucher says beside the key"}
		}
	}
	if root.Local() != key.Document().Root() {
		return key, &AccessKeyError{"codDoc", "is of another document than <" + root.Local() + ">"}
	}
	return key, nil
}
