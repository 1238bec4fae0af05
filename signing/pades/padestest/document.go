package padestest

import (
	"bytes"
	"fmt"
	"strings"
)

// A Document is a small PDF to be made. Objects 1 to 3 are the catalog, the page tree and an empty
// content stream; the pages follow from 4 on, then the further objects.
type Document struct {
	// Version of the header. Empty: 1.7.
	Version string
	// Pages are entries of the page dictionaries, such as "/MediaBox[0 0 420 595]/Rotate 90".
	Pages []string
	// Catalog are further entries of the catalog.
	Catalog string
	// Objects are further objects, streams with their data among them.
	Objects []string
}

// Bytes returns the document, with a cross-reference table.
func (d Document) Bytes() []byte {
	version := d.Version
	if version == "" {
		version = "1.7"
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", version)
	var offsets []int
	for i, object := range d.objects() {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R/ID[<0123456789abcdef0123456789abcdef>"+
		"<0123456789abcdef0123456789abcdef>]>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
	return out.Bytes()
}

func (d Document) objects() []string {
	var kids strings.Builder
	for i := range d.Pages {
		fmt.Fprintf(&kids, " %d 0 R", 4+i)
	}
	out := []string{"<</Type/Catalog/Pages 2 0 R" + d.Catalog + ">>",
		fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(d.Pages)), Stream("", "")}
	for _, page := range d.Pages {
		out = append(out, "<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 3 0 R"+page+">>")
	}
	return append(out, d.Objects...)
}

// Stream returns a stream object with those entries in its dictionary.
func Stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data)
}
