package icert

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/rubrica/rubrica/ra"
)

// Box is where a signature's stamp goes, in points from the lower left corner of the page.
type Box struct {
	Page int // from 1
	Rect [4]float64
}

// The boxes of the contract, side by side below the last clause.
var (
	subscriberBox = Box{Page: 2, Rect: [4]float64{62, 452, 290, 528}}
	directorBox   = Box{Page: 2, Rect: [4]float64{306, 452, 534, 528}}
)

// SubscriberBox is where the subscriber signs the contract.
func SubscriberBox() Box { return subscriberBox }

// DirectorBox is where the provincial director signs the contract.
func DirectorBox() Box { return directorBox }

// ErrContractPages says that the contract did not come out with two pages: a name or address is
// longer than any form lets pass. The signature boxes would be elsewhere.
var ErrContractPages = errors.New("icert: the contract does not fit its two pages")

// Page geometry in points: A4 with margins that leave room for a hole punch.
const (
	pageWidth, pageHeight = 595.28, 841.89
	marginSide, marginTop = 62.0, 64.0
	marginBottom          = 70.0
	textWidth             = pageWidth - 2*marginSide
)

// firstPageClauses are the clauses on the first page, which leaves room for long names above them.
const firstPageClauses = 6

const authorityName = "Entidad de Certificación ICERT-EC"

// Contract makes the subscription contract as a PDF of two pages with embedded fonts. The same data
// give the same octets.
func Contract(d ra.ContractData) ([]byte, error) {
	if d.Certificate == nil || d.Date.IsZero() || d.Deadline.IsZero() {
		return nil, errors.New("icert: a contract needs certificate, date and deadline")
	}
	text, err := clauses(d)
	if err != nil {
		return nil, err
	}
	c := newSheet(d)
	c.heading()
	c.parties()
	c.certificate()
	for i, clause := range text {
		if i == firstPageClauses {
			c.pdf.AddPage()
		}
		c.clause(i+1, clause)
	}
	c.signatures()
	var out bytes.Buffer
	if err := c.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("icert: contract: %w", err)
	}
	if c.pdf.PageCount() != directorBox.Page {
		return nil, ErrContractPages
	}
	return out.Bytes(), nil
}

// sheet is a contract being written.
type sheet struct {
	pdf  *fpdf.Fpdf
	data ra.ContractData
}

func newSheet(d ra.ContractData) *sheet {
	pdf := fpdf.New("P", "pt", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(d.Date.UTC())
	pdf.SetModificationDate(d.Date.UTC())
	pdf.SetTitle("Contrato de servicios de certificación, solicitud "+d.Application, true)
	pdf.SetAuthor(authorityName, true)
	pdf.SetSubject("Certificado de persona natural", true)
	pdf.SetCreator("Rubrica", true)
	pdf.SetLang("es-EC")
	pdf.AddUTF8FontFromBytes("Go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("Go", "B", gobold.TTF)
	pdf.AddUTF8FontFromBytes("Go", "I", goitalic.TTF)
	pdf.SetMargins(marginSide, marginTop, marginSide)
	pdf.SetAutoPageBreak(true, marginBottom)
	c := &sheet{pdf: pdf, data: d}
	pdf.SetHeaderFunc(c.running)
	pdf.SetFooterFunc(c.foot)
	pdf.AddPage()
	return c
}

// ink sets the colours of the letterhead.
func (c *sheet) ink(accent bool) {
	if accent {
		c.pdf.SetTextColor(22, 58, 107)
		return
	}
	c.pdf.SetTextColor(28, 30, 34)
}

func (c *sheet) running() {
	c.pdf.SetFillColor(22, 58, 107)
	c.pdf.Rect(0, 0, pageWidth, 8, "F")
	c.pdf.SetFont("Go", "B", 9)
	c.ink(true)
	c.pdf.SetXY(marginSide, 26)
	c.pdf.CellFormat(textWidth/2, 12, authorityName, "", 0, "L", false, 0, "")
	c.pdf.SetFont("Go", "", 8)
	c.ink(false)
	c.pdf.CellFormat(textWidth/2, 12, "Contrato n.º "+c.data.Application, "", 0, "R", false, 0, "")
	c.pdf.SetDrawColor(190, 198, 210)
	c.pdf.Line(marginSide, 44, pageWidth-marginSide, 44)
	c.pdf.SetXY(marginSide, marginTop)
}

func (c *sheet) foot() {
	c.pdf.SetXY(marginSide, pageHeight-44)
	c.pdf.SetFont("Go", "", 7.5)
	c.pdf.SetTextColor(110, 116, 126)
	const note = "Documento para firma electrónica: no lo imprima ni lo modifique."
	c.pdf.CellFormat(textWidth/2, 10, note, "", 0, "L", false, 0, "")
	page := fmt.Sprintf("Página %d de 2", c.pdf.PageNo())
	c.pdf.CellFormat(textWidth/2, 10, page, "", 0, "R", false, 0, "")
}

func (c *sheet) heading() {
	c.ink(true)
	c.pdf.SetFont("Go", "B", 14)
	const title = "Contrato de prestación de servicios de certificación\nde firma electrónica"
	c.pdf.MultiCell(textWidth, 18, title, "", "C", false)
	c.pdf.SetFont("Go", "I", 9.5)
	c.ink(false)
	c.pdf.MultiCell(textWidth, 15, "Persona natural · contenedor archivo PKCS#12", "", "C", false)
	c.pdf.Ln(8)
}

func (c *sheet) paragraph(text string) {
	c.ink(false)
	c.pdf.SetFont("Go", "", 9.2)
	c.pdf.MultiCell(textWidth, 12.6, text, "", "J", false)
	c.pdf.Ln(4.5)
}

func (c *sheet) parties() {
	f := c.data.Form
	director := c.data.Director
	if director == "" {
		director = "su Director Provincial"
	}
	c.paragraph(fmt.Sprintf("En %s, el %s, celebran este contrato, por una parte, la %s, en adelante "+
		"«la Entidad», representada por %s, Director(a) Provincial; y, por otra, %s, con %s n.º %s, "+
		"con domicilio en %s, %s, provincia de %s, y correo electrónico %s, "+
		"en adelante «el Suscriptor», "+
		"al tenor de las siguientes cláusulas.",
		f.City, ra.LongDate(c.data.Date, "es"), authorityName, director, f.Name(), idName(f.IDType),
		f.IDNumber, f.Address, f.City, f.Province, f.Email))
}

func idName(t ra.IDType) string {
	if t == ra.IDPassport {
		return "pasaporte"
	}
	return "cédula de ciudadanía"
}

// certificate is the table of what is contracted.
func (c *sheet) certificate() {
	cert, f := c.data.Certificate, c.data.Form
	ruc := "no incluye"
	if f.IncludeRUC {
		ruc = f.RUC
	}
	place := c.data.Date.Location()
	rows := [][2]string{
		{"Titular", f.Name()},
		{"Número de serie del certificado", groups(cert.SerialNumber.Text(16))},
		{"Emitido por", cert.Issuer.CommonName},
		{"Vigencia", "del " + ra.LongDate(cert.NotBefore.In(place), "es") + " al " +
			ra.LongDate(cert.NotAfter.In(place), "es")},
		{"RUC en el certificado", ruc},
		{"Sobre de Credenciales", "n.º " + c.data.Envelope},
	}
	c.pdf.SetDrawColor(190, 198, 210)
	for i, row := range rows {
		c.pdf.SetFillColor(255, 255, 255)
		if i%2 == 0 {
			c.pdf.SetFillColor(243, 246, 250)
		}
		c.pdf.SetFont("Go", "B", 8.8)
		c.pdf.CellFormat(textWidth*0.36, 16.5, row[0], "B", 0, "L", true, 0, "")
		c.pdf.SetFont("Go", "", 8.8)
		c.pdf.CellFormat(textWidth*0.64, 16.5, row[1], "B", 1, "L", true, 0, "")
	}
	c.pdf.Ln(10)
}

// groups writes a serial number in fours.
func groups(hex string) string {
	var b strings.Builder
	for i, r := range hex {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (c *sheet) clause(number int, t clause) {
	c.ink(true)
	c.pdf.SetFont("Go", "B", 9.6)
	heading := ordinals[number-1] + ". " + t.heading
	c.pdf.MultiCell(textWidth, 14, heading, "", "L", false)
	c.paragraph(t.text)
}

// signatures are the two boxes in which the stamps appear.
func (c *sheet) signatures() {
	for _, b := range []struct {
		box         Box
		who, person string
	}{
		{subscriberBox, "El Suscriptor", c.data.Form.Name()},
		{directorBox, "Por la Entidad, Director(a) Provincial", c.data.Director},
	} {
		r := b.box.Rect
		x, y, w, h := r[0], pageHeight-r[3], r[2]-r[0], r[3]-r[1]
		c.pdf.SetDrawColor(160, 170, 185)
		c.pdf.SetLineWidth(0.6)
		c.pdf.Rect(x, y, w, h, "D")
		c.ink(true)
		c.pdf.SetFont("Go", "B", 8.8)
		c.pdf.SetXY(x, y-15)
		c.pdf.CellFormat(w, 12, b.who, "", 0, "L", false, 0, "")
		c.ink(false)
		c.pdf.SetFont("Go", "", 8.2)
		c.pdf.SetXY(x, y+h+2)
		c.pdf.CellFormat(w, 12, b.person, "", 0, "L", false, 0, "")
	}
}
