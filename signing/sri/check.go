package sri

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Finding is one reason for which the SRI would refuse a voucher.
type Finding struct {
	// Code is the error that the SRI would answer with: 26, 35, 39, 43, 45, 52 or 65.
	Code string
	// Name is a stable word for the reason, such as structure-missing or sums-total.
	Name string
	// Message says it in Spanish, for the person who makes the voucher.
	Message string
	// Path is an XPath to the element in question, empty for the file as a whole.
	Path string
}

// String gives all of a finding in one line.
func (f Finding) String() string { return f.Code + " " + f.Name + " " + f.Path + ": " + f.Message }

// Check says what the SRI would refuse of a voucher, signed or not, before it is sent: structure,
// encoding, size, access key, sums, and the cryptography of a signature that is there. It knows no
// clock, certificate or ledger; see [Checker]. Nothing found is no promise.
func Check(voucher []byte) []Finding { return Checker{}.Check(voucher) }

// A Checker checks vouchers with what its host knows. The zero value checks what [Check] does.
type Checker struct {
	// Now is the present. Zero: dates are not compared with it (codes 65 and 39).
	Now time.Time
	// Tolerance is how late a voucher may be sent after its date of emission. Zero: 90 days, which
	// the SRI's own message names (129600 minutes). It is a rule of the day, not of the format.
	Tolerance time.Duration
	// Certificate is the one that will sign. Nil: only a signature that is there is looked at.
	Certificate *x509.Certificate
	// Sent reports whether the SRI already has this access key (code 43). Nil: not asked.
	Sent func(AccessKey) bool
	// KeyOf returns the access key under which the same number (RUC, document, environment, series,
	// sequential) was used before, if it was (code 45). Nil: not asked.
	KeyOf func(AccessKey) (AccessKey, bool)
	// Schema validates against the SRI's published schema, which is not shipped here: each string
	// that it returns is a finding of code 35. Nil: not asked.
	Schema func(voucher []byte) []string
	// Limits bound the document.
	Limits xmltree.Limits
}

// maxSize is what the SRI takes for one voucher, in octets (320 KB).
const maxSize = 320 << 10

// defaultTolerance is 129600 minutes.
const defaultTolerance = 90 * 24 * time.Hour

// maxFindings bounds the answer about one voucher.
const maxFindings = 100

// checking is the check of one voucher.
type checking struct {
	Checker
	voucher  []byte
	version  string
	findings []Finding
	paths    xmltree.Paths
}

func (c *checking) add(code, name string, at xmltree.Node, format string, args ...any) {
	if len(c.findings) < maxFindings {
		message := fmt.Sprintf(format, args...)
		c.findings = append(c.findings, Finding{code, name, message, c.paths.Of(at)})
	}
}

// Check is like the function [Check], with what the Checker knows. Findings come in document order
// within each subject.
func (o Checker) Check(voucher []byte) []Finding {
	c := &checking{Checker: o, voucher: voucher}
	doc, err := xmltree.Parse(voucher, o.Limits)
	if err != nil {
		c.unreadable(err)
		return c.findings
	}
	c.size(doc)
	c.form(doc)
	c.structure(doc.Root())
	key := c.accessKey(doc.Root())
	c.dates(doc.Root())
	c.sums(doc.Root())
	c.certificate(doc.Root())
	c.signature(doc)
	c.ledger(doc.Root(), key)
	if o.Schema != nil {
		for _, message := range o.Schema(voucher) {
			c.add("35", "schema", xmltree.Node{}, "%s", message)
		}
	}
	return c.findings
}

func (c *checking) unreadable(err error) {
	refused, ok := errors.AsType[*xmltree.Error](err)
	if !ok {
		c.add("35", "unreadable", xmltree.Node{}, "el archivo no se puede leer")
		return
	}
	switch refused.Code {
	case xmltree.CodeDTD:
		c.add("35", "doctype", xmltree.Node{}, "el comprobante lleva un DOCTYPE, que no se admite")
	case xmltree.CodeEncoding:
		c.add("35", "encoding", xmltree.Node{},
			"el archivo no está en la codificación que declara (línea %d, columna %d)",
			refused.Line, refused.Column)
	case xmltree.CodeDuplicateID:
		c.add("35", "duplicate-id", xmltree.Node{},
			"dos elementos llevan el mismo identificador (línea %d, columna %d)",
			refused.Line, refused.Column)
	case xmltree.CodeLimit:
		c.add("26", "size", xmltree.Node{},
			"el archivo excede los límites de un comprobante (línea %d, columna %d)",
			refused.Line, refused.Column)
	default:
		c.add("35", "not-well-formed", xmltree.Node{},
			"el archivo no es XML bien formado (línea %d, columna %d)",
			refused.Line, refused.Column)
	}
}

// size counts the signature that is still to come.
func (c *checking) size(doc *xmltree.Document) {
	size := len(c.voucher)
	if !isSigned(doc) {
		size += signatureSize
	}
	if size > maxSize {
		c.add("26", "size", xmltree.Node{},
			"el comprobante firmado ocupa %d KB; el máximo es %d KB",
			(size+1023)/1024, maxSize/1024)
	}
}

func isSigned(doc *xmltree.Document) bool {
	return !doc.Root().Child(xmldsig.Namespace, "Signature").IsZero()
}

// form checks what the SRI wants of the file itself.
func (c *checking) form(doc *xmltree.Document) {
	if doc.Encoding() != xmltree.UTF8 {
		c.add("35", "encoding", xmltree.Node{}, "el comprobante está en %s; debe estar en UTF-8",
			doc.Encoding())
	}
	for i := uint32(1); i <= uint32(doc.Len()); i++ {
		if n := doc.At(i); n.Kind() == xmltree.KindInstruction {
			c.add("35", "processing-instruction", n.Parent(),
				"el comprobante lleva una instrucción de proceso (<?…?>), que no se admite")
			return
		}
	}
}

// accessKey reads the access key and compares it with the fields beside it.
func (c *checking) accessKey(root xmltree.Node) AccessKey {
	info := root.Child("", "infoTributaria")
	at := info.Child("", "claveAcceso")
	if at.IsZero() {
		return AccessKey{} // already a finding of the structure
	}
	key, err := keyOf(root)
	if wrong, ok := errors.AsType[*AccessKeyError](err); ok {
		c.add("35", "access-key", at, "la clave de acceso no es correcta: %s", wrong.Spanish())
		return AccessKey{}
	}
	if err != nil {
		return AccessKey{}
	}
	if emission, _, ok := emissionDate(root); ok && !emission.Equal(key.Date()) {
		c.add("35", "access-key", at,
			"la clave de acceso no es correcta: su fecha es %s y la del comprobante %s",
			key.Date().Format("02/01/2006"), emission.Format("02/01/2006"))
	}
	return key
}

// emissionDate finds the date of emission; a guía de remisión has that of the transport's start.
func emissionDate(root xmltree.Node) (time.Time, xmltree.Node, bool) {
	for section := range root.Elements() {
		for _, local := range []string{"fechaEmision", "fechaIniTransporte"} {
			if n := section.Child("", local); !n.IsZero() {
				at, err := time.Parse("02/01/2006", n.Text())
				return at, n, err == nil
			}
		}
	}
	return time.Time{}, xmltree.Node{}, false
}

// dates compares the date of emission with the present, as days in Ecuador.
func (c *checking) dates(root xmltree.Node) {
	emission, at, ok := emissionDate(root)
	if !ok {
		return
	}
	if end := root.Child("", "infoGuiaRemision").Child("", "fechaFinTransporte"); !end.IsZero() {
		if until, err := time.Parse("02/01/2006", end.Text()); err == nil &&
			until.Before(emission) {
			c.add("35", "dates-transport", end,
				"el transporte termina (%s) antes de empezar", end.Text())
		}
	}
	if c.Now.IsZero() {
		return
	}
	tolerance := c.Tolerance
	if tolerance == 0 {
		tolerance = defaultTolerance
	}
	year, month, day := c.Now.In(ecuador).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	guide := root.Local() == "guiaRemision" // its transport may start later
	switch {
	case emission.After(today) && !guide:
		c.add("65", "date-future", at, "la fecha de emisión %s está en el futuro", at.Text())
	case today.Sub(emission) > tolerance:
		c.add("65", "date-late", at,
			"la fecha de emisión %s es extemporánea: pasaron más de %d días",
			at.Text(), int(tolerance.Hours()/24))
	}
}

// certificate checks whether the SRI would take the certificate for this voucher.
func (c *checking) certificate(root xmltree.Node) {
	cert := c.Certificate
	if cert == nil {
		return
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		c.add("39", "certificate-key-usage", xmltree.Node{},
			"el certificado utilizado no es del tipo firma digital")
	}
	if !c.Now.IsZero() {
		switch {
		case c.Now.Before(cert.NotBefore):
			c.add("39", "certificate-not-yet-valid", xmltree.Node{},
				"el certificado no es válido hasta el %s",
				cert.NotBefore.In(ecuador).Format("02/01/2006"))
		case c.Now.After(cert.NotAfter):
			c.add("39", "certificate-expired", xmltree.Node{}, "el certificado caducó el %s",
				cert.NotAfter.In(ecuador).Format("02/01/2006"))
		}
	}
	at := root.Child("", "infoTributaria").Child("", "ruc")
	if ruc := at.Text(); ruc != "" && belongsToAnother(ec.Holder(cert), ruc) {
		c.add("39", "certificate-ruc", at, "el certificado no es del emisor con RUC %s", ruc)
	}
}

// belongsToAnother reports whether a certificate names a taxpayer other than the issuer of a
// voucher. A certificate that names none is not judged.
func belongsToAnother(holder ec.Identity, ruc string) bool {
	if holder.RUC != "" {
		return holder.RUC != ruc
	}
	if len(holder.Cedula) != 10 || len(ruc) != 13 {
		return false
	}
	number, err := ec.ParseRUC(ruc)
	if err != nil {
		return false
	}
	cedula, natural := number.Cedula()
	return natural && cedula.String() != holder.Cedula
}

// signature judges the cryptography of signatures that are there already.
func (c *checking) signature(doc *xmltree.Document) {
	if !isSigned(doc) {
		return
	}
	now := c.Now
	if now.IsZero() {
		now = time.Unix(0, 0)
	}
	at := doc.Root().Child(xmldsig.Namespace, "Signature")
	verified, err := Validate(context.Background(), c.voucher, signing.Validation{Time: now})
	if err != nil {
		c.add("39", "signature", at, "la firma no se puede verificar")
		return
	}
	for _, s := range verified.Report.Signatures {
		if s.Crypto != signing.Intact || s.Indication == signing.TotalFailed {
			c.add("39", "signature", at,
				"firma inválida: la firma o los certificados han sido alterados")
			return
		}
	}
	if verified.Signature < 0 {
		c.add("39", "signature-coverage", at, "la firma no cubre el comprobante entero")
		return
	}
	c.signer(verified.Report.Signatures[verified.Signature].Signer, at)
}

func (c *checking) signer(signer *x509.Certificate, at xmltree.Node) {
	switch {
	case signer == nil:
		c.add("39", "signature-certificate", at, "la firma no lleva el certificado del firmante")
	case c.Certificate != nil && !bytes.Equal(signer.Raw, c.Certificate.Raw):
		c.add("39", "signature-other-key", at, "el comprobante fue firmado con otro certificado")
	case signer.KeyUsage != 0 && signer.KeyUsage&x509.KeyUsageDigitalSignature == 0 &&
		c.Certificate == nil:
		c.add("39", "certificate-key-usage", at,
			"el certificado utilizado no es del tipo firma digital")
	}
}

// ledger asks the host what it has sent before.
func (c *checking) ledger(root xmltree.Node, key AccessKey) {
	if key == (AccessKey{}) {
		return
	}
	at := root.Child("", "infoTributaria").Child("", "claveAcceso")
	if c.Sent != nil && c.Sent(key) {
		c.add("43", "access-key-registered", at,
			"la clave de acceso ya está registrada: consulte su autorización en vez de reenviar")
		return
	}
	if c.KeyOf == nil {
		return
	}
	if before, used := c.KeyOf(key); used && before != key {
		at := root.Child("", "infoTributaria").Child("", "secuencial")
		c.add("45", "sequential-registered", at,
			"el secuencial %s ya fue usado con otra clave de acceso", key.Sequential())
	}
}
