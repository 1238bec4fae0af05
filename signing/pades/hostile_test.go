package pades_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// hostileSize is the size of hostile files: 20 MB in the full run.
var hostileSize = map[bool]int{false: 2 << 20, true: 20 << 20}[certtest.Full()]

// file assembles a document around a catalog; objects begin with 1, the catalog.
func file(trailer string, objects ...string) []byte {
	numbered := map[int]string{}
	for i, o := range objects {
		numbered[i+1] = o
	}
	return assemble(numbered, len(objects)+1, "/Root 1 0 R"+trailer)
}

func deflate(data []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.String()
}

func streamObject(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// updates appends n tiny revisions that each change object num.
func updates(doc []byte, n, num int, object string) []byte {
	out := bytes.Clone(doc)
	i := bytes.LastIndex(doc, []byte("startxref\n"))
	prev := 0
	fmt.Sscanf(string(doc[i:]), "startxref\n%d", &prev)
	for k := range n {
		at := len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, strings.ReplaceAll(object, "#",
			fmt.Sprint(k)))
		xref := len(out)
		out = fmt.Appendf(out,
			"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size 60/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", num, at, prev, xref)
		prev = xref
	}
	return out
}

// hostile files, by what they attack.
func hostile(t testing.TB) map[string][]byte {
	w := newWorld(t, certtest.P256)
	signed, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	many := strings.Repeat("1 ", hostileSize/2)
	fields := make([]string, 0, 60000)
	fields = append(fields, "<</Pages 2 0 R/AcroForm 3 0 R>>", "<</Kids[4 0 R]/Count 1>>", "",
		"<</Type/Page/MediaBox[0 0 9 9]>>")
	var refs strings.Builder
	for i := range 60000 {
		fmt.Fprintf(&refs, "%d 0 R ", len(fields)+1)
		fields = append(fields, fmt.Sprintf("<</FT/Tx/T(f%d)/V(x)/Subtype/Widget/Rect[0 0 1 1]>>", i))
	}
	fields[2] = "<</Fields[" + refs.String() + "]>>"
	form := file("", fields...)
	signedForm, err := sign(t, form, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	overlapping := overlappingObjects()
	signedOverlapping, err := sign(t, overlapping, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	bomb := deflate(make([]byte, 512<<20))
	blanks := deflate(bytes.Repeat([]byte(" "), 512<<20))
	evidence := func(dict, data string) []byte {
		doc, err := sign(t, file("", "<</Pages 2 0 R/DSS<</Certs[4 0 R]>>>>", "<</Kids[3 0 R]/Count 1>>",
			"<</Type/Page/MediaBox[0 0 9 9]>>", streamObject(dict, data)), signerOf(w.signer), pades.Profile{})
		require.NoError(t, err)
		return doc
	}
	return map[string][]byte{
		"nested arrays":       file("", "<</Pages "+strings.Repeat("[", hostileSize)+">>"),
		"nested dictionaries": file("", "<</Pages "+strings.Repeat("<</A", hostileSize/4)+">>"),
		"many values":         file("", "<</Pages["+many+"]>>"),
		"long string":         file("", "<</Pages("+strings.Repeat("a", hostileSize)+")>>"),
		"long name":           file("", "<</Pages/"+strings.Repeat("a", hostileSize)+">>"),
		"long number":         file("", "<</Pages "+strings.Repeat("1", hostileSize)+">>"),
		"open string":         file("", "<</Pages("+strings.Repeat("(", hostileSize)),
		"comments": file("", "<</Pages 2 0 R "+strings.Repeat("%\n",
			hostileSize/2)+">>", "<</Kids[]>>"),
		"many objects": []byte("%PDF-1.7\n" + strings.Repeat("1 0 obj<<>>endobj ",
			hostileSize/18)),
		"many object keywords": []byte("%PDF-1.7\n" + strings.Repeat("1 0 obj ", hostileSize/8)),
		"many trailers": []byte("%PDF-1.7\n" + strings.Repeat("trailer<<",
			hostileSize/9)),
		"many byte ranges": append(bytes.Clone(signed), strings.Repeat("/ByteRange ",
			hostileSize/11)...),
		"many sections": updates(signed, 15000, objAmount,
			"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(#)/Rect[40 40 240 60]/F 4>>"),
		"too many sections":               updates(signed, 20000, objInfo, "<</Title(#)>>"),
		"many fields":                     signedForm,
		"objects that never end":          overlapping,
		"objects that never end, changed": updates(signedOverlapping, 1, 3, "<</Type/Page/MediaBox[0 0 9 8]>>"),
		"many fields in many revisions": updates(signedForm, 3000, 5,
			"<</FT/Tx/T(f0)/V(#)/Subtype/Widget/Rect[0 0 1 1]>>"),
		"page tree loops": file("", "<</Pages 2 0 R>>", "<</Kids[2 0 R]/Count 1>>"),
		"page tree is wide": file("", "<</Pages 2 0 R>>",
			"<</Count 999999999/Kids["+strings.Repeat("2 0 R ", hostileSize/6)+"]>>"),
		"fields loop": file("", "<</Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>",
			"<</Kids[4 0 R]/Count 1>>", "<</T(a)/Kids[3 0 R 5 0 R]>>", "<</Type/Page>>",
			"<</T(b)/Parent 3 0 R/Kids[3 0 R]>>"),
		"references loop": file("", "<</Pages 2 0 R>>", "3 0 R", "2 0 R"),
		"length loops": file("", "<</Pages 2 0 R/Metadata 3 0 R>>", "<</Kids[]>>",
			"<</Length 3 0 R>>\nstream\n\nendstream"),
		"decoded bomb":   evidence("/Filter/FlateDecode", bomb),
		"bomb in a bomb": evidence("/Filter[/FlateDecode/FlateDecode]", deflate([]byte(bomb))),
		"enormous rows": evidence("/Filter/FlateDecode/DecodeParms<</Predictor 12/Colors 64"+
			"/BitsPerComponent 16/Columns 16777216>>", deflate([]byte("row"))),
		"bomb of blanks":                   evidence("/Filter[/FlateDecode/ASCIIHexDecode]", blanks),
		"bomb of blanks in object streams": blankObjects(blanks),
		"cross-reference bomb":             xrefBomb(),
		"thrashed streams":                 thrashing(),
		"huge gap":                         hugeContents(signed),
		"shared locks":                     sharedLocks(),
	}
}

// blankObjects are said to stand in streams of blanks without end, each of which decodes to nothing.
func blankObjects(blanks string) []byte {
	stream := streamObject("/Type/ObjStm/N 1/First 0/Filter[/FlateDecode/ASCIIHexDecode]", blanks)
	out := []byte("%PDF-1.7\n")
	var rows, kids strings.Builder
	rows.WriteString(strings.Repeat("\x00", 6))
	add := func(num int, object string) {
		rows.Write([]byte{1, byte(len(out) >> 24), byte(len(out) >> 16), byte(len(out) >> 8), byte(len(out)), 0})
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, object)
	}
	const streams = 30
	for i := range streams {
		fmt.Fprintf(&kids, "%d 0 R ", 4+streams+i)
	}
	add(1, "<</Pages 2 0 R/AcroForm<</Fields["+kids.String()+"]>>>>")
	add(2, "<</Kids[3 0 R]/Count 1>>")
	add(3, "<</Type/Page/MediaBox[0 0 9 9]>>")
	for i := range streams {
		add(4+i, stream)
	}
	for i := range streams {
		rows.Write([]byte{2, 0, 0, 0, byte(4 + i), 0})
	}
	at := len(out)
	total := 4 + 2*streams
	return fmt.Appendf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", total,
		streamObject(fmt.Sprintf("/Type/XRef/Size %d/W[1 4 1]/Root 1 0 R", total), rows.String()), at)
}

// overlappingObjects each begin a string that does not end.
func overlappingObjects() []byte {
	objects := []string{"", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/MediaBox[0 0 9 9]>>"}
	for range 1 << 10 {
		objects = append(objects, "null") // a signer searches as many for numbers that are in use
	}
	var all strings.Builder
	for range hostileSize / 240 {
		objects = append(objects, "[("+strings.Repeat("x", 200))
		fmt.Fprintf(&all, "%d 0 R ", len(objects))
	}
	objects[0] = "<</Type/Catalog/Pages 2 0 R/PieceInfo[" + all.String() + "]>>"
	return file("", objects...)
}

// xrefBomb is a cross-reference stream with a hundred million entries.
func xrefBomb() []byte {
	out := []byte("%PDF-1.7\n1 0 obj\n<</Pages 2 0 R>>\nendobj\n")
	at := len(out)
	out = append(out,
		"9 0 obj\n"+streamObject("/Type/XRef/Size 100000000/W[1 2 1]/Root 1 0 R/Filter/FlateDecode",
			deflate(make([]byte, 400<<20)))+"\nendobj\n"...)
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", at)
}

// thrashing holds objects in streams that are each large when decoded, and visits them in turn.
func thrashing() []byte {
	const streams, each, size = 60, 40, 8 << 20
	out := []byte("%PDF-1.7\n")
	offsets := map[int]int{}
	put := func(num int, object string) {
		offsets[num] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, object)
	}
	first := 10 + streams
	var kids strings.Builder
	for k := range each {
		for s := range streams {
			fmt.Fprintf(&kids, "%d 0 R ", first+s*each+k)
		}
	}
	put(1, "<</Pages 2 0 R/AcroForm<</Fields["+kids.String()+"]>>>>")
	put(2, "<</Kids[3 0 R]/Count 1>>")
	put(3, "<</Type/Page/MediaBox[0 0 9 9]>>")
	for s := range streams {
		var head, body strings.Builder
		for k := range each {
			fmt.Fprintf(&head, "%d %d ", first+s*each+k, body.Len())
			fmt.Fprintf(&body, "<</FT/Tx/T(f%d)>> ", s*each+k)
		}
		data := append([]byte(head.String()+body.String()), bytes.Repeat([]byte(" "), size)...)
		put(10+s, streamObject(fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", each,
			head.Len()), deflate(data)))
	}
	var rows bytes.Buffer
	total := first + streams*each
	for num := range total {
		at, plain := offsets[num]
		switch {
		case plain:
			rows.Write([]byte{1, byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at), 0})
		case num >= first:
			s, k := (num-first)/each, (num-first)%each
			rows.Write([]byte{2, 0, 0, 0, byte(10 + s), byte(k)})
		default:
			rows.Write([]byte{0, 0, 0, 0, 0, 0})
		}
	}
	at := len(out)
	out = fmt.Appendf(out, "9 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n",
		streamObject(fmt.Sprintf("/Type/XRef/Size %d/W[1 4 1]/Root 1 0 R", total), rows.String()), at)
	return out
}

// hugeContents fills a file with one signature's contents.
func hugeContents(signed []byte) []byte {
	at := bytes.Index(signed, []byte("/Contents <")) + len("/Contents <")
	out := append(bytes.Clone(signed[:at]), bytes.Repeat([]byte("30"), hostileSize/2)...)
	return append(out, signed[at:]...)
}

// TestHostileFiles runs each file in a process of its own, which must end by itself, without a
// panic, within the memory that its limit allows.
func TestHostileFiles(t *testing.T) {
	if name := os.Getenv("RUBRICA_HOSTILE"); name != "" {
		judgeHostile(t, name)
		return
	}
	if testing.Short() {
		t.Skip("processes of their own are not started under -short")
	}
	t.Parallel()
	for name, doc := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			path := certtest.WriteFile(t, "*.pdf", doc)
			out, state, peak := ownProcess(t, "RUBRICA_HOSTILE="+path)
			spent := state.UserTime() + state.SystemTime()
			t.Logf("%v of processor, %d KB: %s", spent.Round(time.Millisecond), peak, verdictLine(out))
			require.Less(t, peak, 256<<10, "kilobytes")
		})
	}
}

func verdictLine(out []byte) string {
	for _, line := range strings.Split(string(out), "\n") {
		if _, after, ok := strings.Cut(line, "VERDICT "); ok {
			return after
		}
	}
	return ""
}

func judgeHostile(t *testing.T, path string) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	ctx := context.Background()
	r, err := pades.Validate(ctx, f, info.Size(), signing.Validation{Time: time.Now()})
	said := "nothing"
	if err != nil {
		said = string(signing.CodeOf(err)) + " " + fmt.Sprintf("%.120s", err)
	} else {
		said = string(r.Status())
	}
	w := newWorld(t, certtest.P256)
	var out discard
	err = pades.Sign(ctx, &out, f, info.Size(), signerOf(w.signer), pades.Profile{Time: time.Now()})
	fmt.Printf("VERDICT validate: %s; sign: %.120v\n", said, err)
	tellPeak(t)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// sharedLocks has many signed fields with one lock, which has many names.
func sharedLocks() []byte {
	const many = 40000
	var names, fields strings.Builder
	objects := []string{"", "<</Kids[3 0 R]/Count 1>>", "<</Type/Page/MediaBox[0 0 9 9]>>", "",
		"<</Type/Sig/Reference[<</TransformMethod/FieldMDP/TransformParams 4 0 R>>]>>"}
	for i := range many {
		fmt.Fprintf(&names, "(n%d)", i)
		fmt.Fprintf(&fields, "%d 0 R ", len(objects)+1)
		objects = append(objects, fmt.Sprintf("<</FT/Sig/T(f%d)/V 5 0 R/Lock 4 0 R>>", i))
	}
	objects[0] = "<</Pages 2 0 R/AcroForm<</Fields[" + fields.String() + "]>>>>"
	objects[3] = "<</Action/Include/Fields[" + names.String() + "]>>"
	return file("", objects...)
}
