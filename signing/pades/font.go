package pades

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sort"
	"unicode/utf16"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A Face is a typeface of stamps. All are embedded (the Go fonts) and have the letters of the
// European languages; a character that they lack is shown as a question mark.
type Face uint8

// The faces: Sans has the shapes of Helvetica, Mono the widths of Courier.
const (
	Sans Face = iota
	SansBold
	Mono
	MonoBold
)

// resource is the name of a face in the resources of an appearance.
func (id Face) resource() pdf.Name { return pdf.Name(fmt.Sprintf("F%d", id+1)) }

func (id Face) open() (*typeface, error) {
	switch id {
	case SansBold:
		return newTypeface("GoBold", gobold.TTF)
	case Mono:
		return newTypeface("GoMono", gomono.TTF)
	case MonoBold:
		return newTypeface("GoMono-Bold", gomonobold.TTF)
	}
	return newTypeface("GoRegular", goregular.TTF)
}

// embed adds the font to an update as a composite font with its used glyphs (9.7.4), as PDF/A
// asks: embedded, with widths, CIDSet and ToUnicode.
func (t *typeface) embed(u *pdf.Update) pdf.Ref {
	file := t.subset()
	name := pdf.Name(subsetTag(file) + "+" + t.name)
	fontFile := u.Add(flateStream(file, "Length1", pdf.Integer(len(file))))
	cidSet := u.Add(flateStream(t.cidSet()))
	descriptor := u.Add(t.descriptor(name, fontFile, cidSet))
	descendant := u.Add(pdf.NewDict("Type", pdf.Name("Font"), "Subtype", pdf.Name("CIDFontType2"),
		"BaseFont", name,
		"CIDSystemInfo", pdf.NewDict("Registry", pdf.Text("Adobe"), "Ordering", pdf.Text("Identity"),
			"Supplement", pdf.Integer(0)),
		"FontDescriptor", descriptor, "DW", pdf.Integer(0), "W", pdf.Array{pdf.Integer(0), t.widths()},
		"CIDToGIDMap", pdf.Name("Identity")))
	return u.Add(pdf.NewDict("Type", pdf.Name("Font"), "Subtype", pdf.Name("Type0"), "BaseFont", name,
		"Encoding", pdf.Name("Identity-H"), "DescendantFonts", pdf.Array{descendant},
		"ToUnicode", u.Add(flateStream(t.toUnicode()))))
}

// thousandth scales font units to the thousandths of an em that PDF counts in.
func (t *typeface) thousandth(units int) pdf.Object {
	return pdf.NewReal(float64(units) * 1000 / float64(t.units))
}

func (t *typeface) widths() pdf.Array {
	out := make(pdf.Array, len(t.old))
	for i, old := range t.old {
		out[i] = t.thousandth(t.advance(old))
	}
	return out
}

func (t *typeface) descriptor(name pdf.Name, file, cidSet pdf.Ref) *pdf.Dict {
	head, hhea := t.tables["head"], t.tables["hhea"]
	signed := func(b []byte) int { return int(int16(binary.BigEndian.Uint16(b))) }
	flags := 4 // symbolic: glyph numbers are the encoding
	if t.name == "GoMono" || t.name == "GoMono-Bold" {
		flags |= 1
	}
	return pdf.NewDict("Type", pdf.Name("FontDescriptor"), "FontName", name,
		"Flags", pdf.Integer(flags),
		"FontBBox", pdf.Array{t.thousandth(signed(head[36:])), t.thousandth(signed(head[38:])),
			t.thousandth(signed(head[40:])), t.thousandth(signed(head[42:]))},
		"ItalicAngle", pdf.Integer(0), "Ascent", t.thousandth(signed(hhea[4:])),
		"Descent", t.thousandth(signed(hhea[6:])), "CapHeight", pdf.Integer(700),
		"StemV", pdf.Integer(80), "FontFile2", file, "CIDSet", cidSet)
}

// cidSet has one bit for each glyph of the subset.
func (t *typeface) cidSet() []byte {
	set := make([]byte, (len(t.old)+7)/8)
	for i := range t.old {
		set[i/8] |= 0x80 >> (i % 8)
	}
	return set
}

// toUnicode maps glyphs back to characters (9.10.3).
func (t *typeface) toUnicode() []byte {
	chars := make([]rune, 0, len(t.used))
	for r := range t.used {
		chars = append(chars, r)
	}
	sort.Slice(chars, func(i, j int) bool { return t.used[chars[i]] < t.used[chars[j]] })
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const block = 100 // the most that one block may list
	for len(chars) > 0 {
		n := min(block, len(chars))
		fmt.Fprintf(&b, "%d beginbfchar\n", n)
		for _, r := range chars[:n] {
			fmt.Fprintf(&b, "<%04X> <", t.used[r])
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
		chars = chars[n:]
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// subsetTag makes the six letters that mark a subset (9.9.2) from its content.
func subsetTag(file []byte) string {
	sum := sha256.Sum256(file)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// flateStream makes a compressed stream; pairs go into its dictionary.
func flateStream(data []byte, pairs ...any) *pdf.Stream {
	d := pdf.NewDict(pairs...)
	d.Set("Filter", pdf.Name("FlateDecode"))
	return &pdf.Stream{Dict: d, Data: deflate(data)}
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}
