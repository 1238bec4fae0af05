package pades

import (
	"regexp"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// An archive is what a document says of itself as a PDF/A file, which binds what a stamp may use.
type archive struct {
	part   byte // '1' to '4'; zero when it is no PDF/A file
	intent bool // it has an output intent
}

// calibrated reports whether colours must say by themselves what they are. CalGray and CalRGB do
// (ISO 19005-1, 6.2.3), whatever the output intent of the file, or without one.
func (a archive) calibrated() bool { return a.part != 0 }

// transparency reports whether an image may have it: never in PDF/A-1 (ISO 19005-1, 6.4), and
// later where an output intent says in which colours it is blended (ISO 19005-2, 6.2.10).
func (a archive) transparency() bool { return a.part == 0 || a.part > '1' && a.intent }

// space is the colour space for one or three channels.
func (a archive) space(channels int) pdf.Object {
	if !a.calibrated() {
		if channels == 1 {
			return pdf.Name("DeviceGray")
		}
		return pdf.Name("DeviceRGB")
	}
	// The colours of sRGB (IEC 61966-2-1) as seen in the light D50, which programs that do not adapt
	// to a white point expect.
	const gamma = 2.2
	white := reals(0.9642, 1, 0.8249)
	if channels == 1 {
		return pdf.Array{pdf.Name("CalGray"),
			pdf.NewDict("WhitePoint", white, "Gamma", pdf.NewReal(gamma))}
	}
	return pdf.Array{pdf.Name("CalRGB"), pdf.NewDict("WhitePoint", white,
		"Gamma", reals(gamma, gamma, gamma), "Matrix", reals(
			0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141))}
}

func reals(list ...float64) pdf.Array {
	out := make(pdf.Array, len(list))
	for i, f := range list {
		out[i] = pdf.NewReal(f)
	}
	return out
}

// maxMetadata bounds the XMP packet that is looked through; packets have some kilobytes.
const maxMetadata = 4 << 20

// archiveClaim is how XMP names the part of ISO 19005 that a file follows (ISO 19005-1, 6.7.11).
var archiveClaim = regexp.MustCompile(`pdfaid:part\s*(?:=\s*["']|>\s*)([1-9])`)

// archiveOf reads the claim. A claim that cannot be read is taken for the strictest one.
func archiveOf(v *pdf.View) archive {
	root := v.Root()
	metadata, isStream := v.Value(root, "Metadata").(*pdf.Stream)
	if !isStream {
		return archive{}
	}
	packet, err := v.Decode(metadata, maxMetadata)
	if err != nil {
		return archive{part: '1'}
	}
	found := archiveClaim.FindSubmatch(packet)
	if found == nil {
		return archive{}
	}
	intents, err := v.Array(root.Get("OutputIntents"))
	return archive{part: found[1][0], intent: err == nil && len(intents) > 0}
}
