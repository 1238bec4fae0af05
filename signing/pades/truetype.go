package pades

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// A typeface is an embedded TrueType font and the glyphs of it that a stamp uses.
type typeface struct {
	name   string
	data   []byte
	font   *sfnt.Font
	tables map[string][]byte
	units  int // per em
	buf    sfnt.Buffer

	used  map[rune]uint16 // characters to new glyph numbers
	old   []uint16        // new glyph numbers to those of the font; the first is .notdef
	index map[uint16]uint16
}

var errFont = errors.New("pades: the embedded font is damaged")

func newTypeface(name string, data []byte) (*typeface, error) {
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFont, err)
	}
	t := &typeface{name: name, data: data, font: font, tables: map[string][]byte{},
		units: int(font.UnitsPerEm()), used: map[rune]uint16{}, old: []uint16{0},
		index: map[uint16]uint16{0: 0}}
	count := int(binary.BigEndian.Uint16(data[4:]))
	for i := range count {
		row := data[12+16*i:]
		from, n := binary.BigEndian.Uint32(row[8:]), binary.BigEndian.Uint32(row[12:])
		if int(from)+int(n) > len(data) {
			return nil, errFont
		}
		t.tables[string(row[:4])] = data[from : from+n]
	}
	return t, nil
}

// glyph returns the number that stands for a character in content streams; a character that the
// font does not have is shown as a question mark.
func (t *typeface) glyph(r rune) uint16 {
	if g, ok := t.used[r]; ok {
		return g
	}
	g, err := t.font.GlyphIndex(&t.buf, r)
	if (err != nil || g == 0) && r != '?' {
		return t.glyph('?')
	}
	t.used[r] = t.include(uint16(g))
	return t.used[r]
}

func (t *typeface) include(old uint16) uint16 {
	if n, ok := t.index[old]; ok {
		return n
	}
	n := uint16(len(t.old))
	t.index[old] = n
	t.old = append(t.old, old)
	return n
}

// printable composes letters with their accents, so that the font has them, and turns control
// characters into spaces.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, norm.NFC.String(text))
}

// width returns the advance of a text in points at a size.
func (t *typeface) width(text string, size float64) float64 {
	sum := 0
	for _, r := range printable(text) {
		sum += t.advance(t.old[t.glyph(r)])
	}
	return float64(sum) * size / float64(t.units)
}

// advance returns the advance of a glyph of the font in its units.
func (t *typeface) advance(old uint16) int {
	a, err := t.font.GlyphAdvance(&t.buf, sfnt.GlyphIndex(old), fixed.I(t.units), 0)
	if err != nil {
		return 0
	}
	return a.Round()
}

// encode returns the glyph numbers of a text, two octets each.
func (t *typeface) encode(text string) []byte {
	var out []byte
	for _, r := range printable(text) {
		out = binary.BigEndian.AppendUint16(out, t.glyph(r))
	}
	return out
}

// outline returns the description of a glyph (table glyf).
func (t *typeface) outline(old uint16) []byte {
	head, loca, glyf := t.tables["head"], t.tables["loca"], t.tables["glyf"]
	var from, to int
	if binary.BigEndian.Uint16(head[50:]) == 0 {
		from = 2 * int(binary.BigEndian.Uint16(loca[2*int(old):]))
		to = 2 * int(binary.BigEndian.Uint16(loca[2*int(old)+2:]))
	} else {
		from = int(binary.BigEndian.Uint32(loca[4*int(old):]))
		to = int(binary.BigEndian.Uint32(loca[4*int(old)+4:]))
	}
	if from > to || to > len(glyf) {
		return nil
	}
	return glyf[from:to]
}

// components calls visit with the place of each component's glyph number in a composite glyph.
func components(outline []byte, visit func(at []byte)) {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return
	}
	for at := 10; at+4 <= len(outline); {
		flags := binary.BigEndian.Uint16(outline[at:])
		visit(outline[at+2:])
		at += 6
		if flags&0x0001 != 0 { // words, not octets
			at += 2
		}
		switch {
		case flags&0x0008 != 0: // a scale
			at += 2
		case flags&0x0040 != 0: // two
			at += 4
		case flags&0x0080 != 0: // a matrix
			at += 8
		}
		if flags&0x0020 == 0 {
			return
		}
	}
}

// subset returns a font file with the used glyphs only, renumbered.
func (t *typeface) subset() []byte {
	var glyf []byte
	var loca, hmtx []byte
	for i := 0; i < len(t.old); i++ { // grows by components on the way
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		outline := slices.Clone(t.outline(t.old[i]))
		components(outline, func(at []byte) {
			binary.BigEndian.PutUint16(at, t.include(binary.BigEndian.Uint16(at)))
		})
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		bearing := int16(0)
		if len(outline) >= 4 {
			bearing = int16(binary.BigEndian.Uint16(outline[2:]))
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(t.advance(t.old[i])))
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(bearing))
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea := slices.Clone(t.tables["head"]), slices.Clone(t.tables["hhea"])
	maxp := slices.Clone(t.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(t.old)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(t.old)))
	tables := map[string][]byte{"glyf": glyf, "loca": loca, "hmtx": hmtx, "head": head, "hhea": hhea,
		"maxp": maxp}
	for _, name := range []string{"cvt ", "fpgm", "prep"} {
		if data := t.tables[name]; data != nil {
			tables[name] = data
		}
	}
	return fontFile(tables)
}

// fontFile puts tables together into a TrueType file.
func fontFile(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	sort.Strings(names)
	power := 1
	for 2*power <= len(names) {
		power *= 2
	}
	log := 0
	for 1<<(log+1) <= power {
		log++
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(names), 16 * power, log, 16 * (len(names) - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*len(names)
	var body []byte
	headAt := 0
	for _, name := range names {
		data := tables[name]
		if name == "head" {
			headAt = at + len(body)
		}
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, checksum(data))
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body = append(body, data...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(data []byte) uint32 {
	var sum uint32
	for len(data) >= 4 {
		sum += binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	var last [4]byte
	copy(last[:], data)
	return sum + binary.BigEndian.Uint32(last[:])
}
