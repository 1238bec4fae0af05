package sri_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/xades"
)

const (
	dsig      = "http://www.w3.org/2000/09/xmldsig#"
	canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
)

// sum64 is the digest of the canonical form of an element, in base64.
func sum64(t *testing.T, doc string) string {
	t.Helper()
	h := sha256.New()
	require.NoError(t, xades.Canonicalize(h, []byte(doc), xades.Canonicalization{Method: canonical}))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// TestVoucherIsWhole: a signer may cover the voucher once without its details and once whole, and
// both references stand. What is handed back is the whole.
func TestVoucherIsWhole(t *testing.T) {
	t.Parallel()
	s := signer(t, certtest.NewPKI(t, certtest.RSA2048), certtest.Template{})
	doc := `<factura id="comprobante"><infoTributaria></infoTributaria>` +
		`<detalles><detalle></detalle></detalles></factura>`
	less := strings.Replace(doc, `<detalles><detalle></detalle></detalles>`, "", 1)
	transform := func(xpath string) string {
		return `<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath xmlns:d="` +
			dsig + `">` + xpath + `</XPath></Transform>`
	}
	own := transform("not(ancestor-or-self::d:Signature)")
	reference := func(transforms, digest string) string {
		return `<Reference URI="#comprobante"><Transforms>` + transforms + `</Transforms>` +
			`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>` +
			`<DigestValue>` + digest + `</DigestValue></Reference>`
	}
	info := `<SignedInfo xmlns="` + dsig + `"><CanonicalizationMethod Algorithm="` + canonical +
		`"></CanonicalizationMethod><SignatureMethod ` +
		`Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>` +
		reference(own+transform("not(ancestor-or-self::detalles)"), sum64(t, less)) +
		reference(own, sum64(t, doc)) + `</SignedInfo>`
	digest := sha256.Sum256([]byte(info))
	value, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	require.NoError(t, err)
	signed := strings.Replace(doc, "</factura>", `<Signature xmlns="`+dsig+`">`+info+
		`<SignatureValue>`+base64.StdEncoding.EncodeToString(value)+`</SignatureValue>`+
		`<KeyInfo><X509Data><X509Certificate>`+
		base64.StdEncoding.EncodeToString(s.Chain[0].Raw)+
		`</X509Certificate></X509Data></KeyInfo></Signature></factura>`, 1)
	v, err := sri.Validate(context.Background(), []byte(signed), signing.Validation{Time: time.Now()})
	require.NoError(t, err)
	require.Equal(t, signing.Intact, v.Report.Signatures[0].Crypto, "%+v", v.Report.Signatures[0])
	require.Equal(t, 0, v.Signature)
	require.True(t, bytes.Contains(v.Voucher, []byte("<detalle>")), "%s", v.Voucher)
}
