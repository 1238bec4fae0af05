// Package embed holds the lines of README.md that show how to embed the library, compiled and run.
package embed

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// invoice is what an invoicing system embeds.
func invoice(ctx context.Context, file, password, voucher []byte) ([]byte, error) {
	// begin invoicing
	p12, err := pkcs12.Open(file, token.NewSecret(password), pkcs12.Limits{})
	if err != nil {
		return nil, err
	}
	key, err := p12.SigningKey() // by key usage, also where a file holds two
	if err != nil {
		return nil, err
	}
	signer := signing.Signer{Key: key.Signer, Chain: key.Chain}
	return sri.Sign(ctx, voucher, signer, sri.Options{Time: time.Now()})
	// end invoicing
}

// countersign is what a document management system embeds.
func countersign(ctx context.Context, out io.Writer, document io.ReaderAt, size int64,
	signer signing.Signer, roots []*x509.Certificate) error {
	// begin documents
	report, err := pades.Validate(ctx, document, size, signing.Validation{Anchors: roots, Time: time.Now()})
	if err != nil {
		return err
	}
	for _, s := range report.Signatures {
		fmt.Println(s.ID, s.Indication, s.Coverage, len(s.Modifications))
	}
	return pades.Sign(ctx, out, document, size, signer,
		pades.Profile{Time: time.Now(), Reason: "Aprobado", Location: "Quito"})
	// end documents
}

// issue is what a certification authority embeds.
func issue(ctx context.Context, authority *certificate.Authority, request certificate.Request) (*x509.Certificate, error) {
	// begin authority
	planned, err := authority.Plan(ctx, request) // checked, linted, recorded; nothing is signed yet
	if err != nil {
		return nil, err
	}
	return authority.Issue(ctx, planned) // after a crash: the same certificate, byte for byte
	// end authority
}

// TestReadmeShowsTheseLines keeps README.md and the compiled lines alike.
func TestReadmeShowsTheseLines(t *testing.T) {
	source, err := os.ReadFile("embed_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, name := range []string{"invoicing", "documents", "authority"} {
		_, rest, _ := strings.Cut(string(source), "\t// begin "+name+"\n")
		lines, _, found := strings.Cut(rest, "\t// end "+name+"\n")
		require.True(t, found, name)
		var shown strings.Builder
		for line := range strings.Lines(lines) {
			shown.WriteString(strings.TrimPrefix(line, "\t"))
		}
		require.Contains(t, string(readme), "```go\n"+shown.String()+"```", name)
	}
}

func TestTheLinesWork(t *testing.T) {
	ctx := context.Background()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	signer := pki.Signer(t, certtest.Template{})
	file, err := pkcs12.Encode([]token.Key{{Signer: signer.Key, Chain: signer.Chain()}},
		token.NewSecret([]byte("correct-horse-battery-9")), pkcs12.Options{Iterations: 10000})
	require.NoError(t, err)
	signed, err := invoice(ctx, file, []byte("correct-horse-battery-9"), []byte(voucher))
	require.NoError(t, err)
	require.Contains(t, string(signed), "<ds:Signature")

	var once bytes.Buffer
	s := signing.Signer{Key: signer.Key, Chain: signer.Chain()}
	document := []byte(onePage)
	require.NoError(t, pades.Sign(ctx, &once, bytes.NewReader(document), int64(len(document)), s, pades.Profile{Time: time.Now()}))
	var twice bytes.Buffer
	require.NoError(t, countersign(ctx, &twice, bytes.NewReader(once.Bytes()), int64(once.Len()), s,
		[]*x509.Certificate{pki.Root.Certificate}))
	require.True(t, bytes.HasPrefix(twice.Bytes(), once.Bytes()))
}

const voucher = `<factura id="comprobante" version="1.1.0"><infoTributaria><ambiente>1</ambiente>` +
	`<tipoEmision>1</tipoEmision><razonSocial>Prueba S.A.</razonSocial><ruc>1790016919001</ruc>` +
	`<claveAcceso>1501202601179001691900110010010000001231234567819</claveAcceso><codDoc>01</codDoc>` +
	`<estab>001</estab><ptoEmi>001</ptoEmi><secuencial>000000123</secuencial></infoTributaria></factura>`

const onePage = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n" +
	"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n" +
	"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>\nendobj\n" +
	"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \n" +
	"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n184\n%%EOF\n"

var _ = issue // its like runs in package certificate's own examples
