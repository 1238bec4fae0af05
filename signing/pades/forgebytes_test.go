package pades_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// verdictOf is the status of a document, "error" when it cannot be judged.
func verdictOf(doc []byte, v signing.Validation) (signing.Status, *signing.Report) {
	r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
	if err != nil {
		return "error", nil
	}
	return r.Status(), r
}

// requireNotValid judges a document and shows why it is not valid.
func requireNotValid(t *testing.T, doc []byte, v signing.Validation) {
	t.Helper()
	status, r := verdictOf(doc, v)
	if r != nil {
		show(t, r)
	}
	require.NotEqual(t, signing.StatusValid, status)
}

var (
	rangePattern    = regexp.MustCompile(`/ByteRange ?\[[^\]]*\]`)
	contentsPattern = regexp.MustCompile(`/Contents ?<[0-9a-fA-F]+>`)
)

// TestForgedOctets changes each octet of documents with one and two signatures. Nothing but the
// case of a hexadecimal digit goes unnoticed.
func TestForgedOctets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	one, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	two, err := sign(t, one, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	stamped, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{Level: signing.LevelLTA,
		Timestamper: w.tsa, Validation: w.evidence()})
	require.NoError(t, err)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for name, doc := range map[string][]byte{"one": one, "two": two, "stamped": stamped} {
		known := len(codes(validate(t, doc, w.validation())))
		n := 700
		if certtest.Full() {
			n = len(doc)
		}
		for i := range n {
			at := i
			if !certtest.Full() {
				at = random.IntN(len(doc))
			}
			forged := bytes.Clone(doc)
			forged[at] ^= 1 << random.IntN(8)
			status, report := verdictOf(forged, w.validation())
			if status != signing.StatusValid || sameDigit(doc[at], forged[at]) && inContents(doc, at) {
				continue
			}
			if len(codes(report)) > known {
				continue // told: what nothing signs, such as capitals in the issuer's name
			}
			t.Errorf("%s: octet %d: %q became %q and stayed valid, %d signatures: ...%q...", name, at,
				doc[at], forged[at],
				len(report.Signatures), around(doc, at))
		}
	}
}

// codes lists the findings on all signatures.
func codes(r *signing.Report) (out []string) {
	for _, s := range r.Signatures {
		for _, f := range s.Findings {
			out = append(out, f.Code)
		}
	}
	return out
}

func around(doc []byte, at int) []byte { return doc[max(0, at-40):min(len(doc), at+40)] }

func sameDigit(a, b byte) bool {
	return strings.EqualFold(string(rune(a)), string(rune(b))) && strings.ContainsRune("abcdefABCDEF",
		rune(a))
}

func inContents(doc []byte, at int) bool {
	for _, m := range contentsPattern.FindAllIndex(doc, -1) {
		if m[0] <= at && at < m[1] {
			return true
		}
	}
	return false
}

// replaceRange puts other numbers into the only ByteRange, as wide as it was.
func replaceRange(t *testing.T, doc []byte, numbers string) []byte {
	t.Helper()
	m := rangePattern.FindIndex(doc)
	require.NotNil(t, m)
	width := m[1] - m[0] - len("/ByteRange []")
	require.LessOrEqual(t, len(numbers), width)
	out := bytes.Clone(doc)
	copy(out[m[0]:], "/ByteRange ["+numbers+strings.Repeat(" ", width-len(numbers))+"]")
	return out
}

func TestForgedRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	c := contentsPattern.FindIndex(doc)
	gap := bytes.IndexByte(doc[c[0]:], '<') + c[0]
	end := c[1]
	size := len(doc)
	for _, numbers := range []string{
		"", "0", fmt.Sprint("0 ", gap), fmt.Sprint("0 ", gap, " ", end),
		fmt.Sprint("0 ", gap, " ", end, " ", size-end, " 0"), fmt.Sprint("0 ", gap, " ", end, " ",
			size-end, " 0 0"),
		fmt.Sprint("1 ", gap-1, " ", end, " ", size-end), fmt.Sprint("0 ", gap-1, " ", end, " ",
			size-end),
		fmt.Sprint("0 ", gap+1, " ", end, " ", size-end), fmt.Sprint("0 ", gap, " ", end-1, " ",
			size-end+1),
		fmt.Sprint("0 ", gap, " ", end+1, " ", size-end-1), fmt.Sprint("0 ", gap, " ", end, " ",
			size-end-1),
		fmt.Sprint("0 ", gap, " ", end, " ", size-end+1), fmt.Sprint(end, " ", size-end, " 0 ", gap),
		fmt.Sprint("0 ", size, " 0 ", size), fmt.Sprint("0 ", gap, " 0 ", gap), "0 0 0 0",
		fmt.Sprint("0 ", gap, " ", size, " 0"), fmt.Sprint("0 -1 ", end, " ", size-end),
		fmt.Sprint("-1 ", gap, " ", end, " ", size-end), fmt.Sprint("0 ", gap, " -1 ", size-end),
		fmt.Sprint("0 ", gap, " ", end, " -1"), fmt.Sprint("0.0 ", gap, " ", end, " ", size-end),
		fmt.Sprint("0 ", gap, " ", end,
			" 1e9"), "0 9223372036854775807 1 1", "0 1 9223372036854775807 9223372036854775807",
		"18446744073709551616 0 0 0", "0 0 R 0 0", "/A /B /C /D", "null",
	} {
		m := rangePattern.FindIndex(doc)
		if len(numbers) > m[1]-m[0]-len("/ByteRange []") {
			continue
		}
		status, r := verdictOf(replaceRange(t, doc, numbers), w.validation())
		require.NotEqual(t, signing.StatusValid, status, numbers)
		if r != nil {
			require.NotEmpty(t, r.Signatures)
			require.NotEqual(t, signing.Intact, r.Signatures[0].Crypto, numbers)
		}
	}
}

// xrefOf finds the number behind the last startxref.
func xrefOf(t *testing.T, doc []byte) int {
	t.Helper()
	i := bytes.LastIndex(doc, []byte("startxref\n"))
	number, _, _ := strings.Cut(string(doc[i+len("startxref\n"):]), "\n")
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return n
}

// table appends objects and a cross-reference table written by hand. rows are lines such as
// "4 1\n0000000000 00000 n \n"; %d stands for the offset of the object.
func table(t *testing.T, doc []byte, object, row, trailer string) []byte {
	out := bytes.Clone(doc)
	at := len(out)
	out = append(out, object...)
	xref := len(out)
	if strings.Contains(row, "%") {
		row = fmt.Sprintf(row, at)
	}
	out = append(out, "xref\n"+row...)
	out = fmt.Appendf(out, "trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n", trailer, xref)
	return out
}

func TestForgedCrossReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	prev := xrefOf(t, doc)
	tail := fmt.Sprintf("/Size 60/Root %d 0 R/Info %d 0 R/ID[<00><00>]/Prev %d", objCatalog, objInfo,
		prev)
	evil := "4 0 obj\n<</Length 3>>\nstream\nBT \nendstream\nendobj\n"
	content := fmt.Sprintf("%d 0 obj\n<</Length 3>>\nstream\nBT \nendstream\nendobj\n", objContent)
	other := bytes.Index(doc, []byte(fmt.Sprintf("%d 0 obj", objMetadata)))
	original := xrefOf(t, formPDF())
	hybrid := fmt.Sprintf("50 0 obj\n<</Type/XRef/Size 51/W[1 4 1]/Index[%d 1]/Length 6>>\nstream\n\x01%s\x00\nendstream\nendobj\n",
		objContent, string([]byte{0, 0, byte(len(doc) >> 8), byte(len(doc))}))
	for name, forged := range map[string][]byte{
		"object freed": table(t, doc, "", fmt.Sprintf("%d 1\n0000000000 00001 f \n",
			objContent), tail),
		"object freed in place": table(t, doc, "", fmt.Sprintf("%d 1\n0000000000 00000 f \n",
			objContent), tail),
		"another generation": table(t, doc, strings.Replace(content, " 0 obj", " 1 obj", 1),
			fmt.Sprintf("%d 1\n%%010d 00001 n \n", objContent), tail),
		"redirected": table(t, doc, "", fmt.Sprintf("%d 1\n%010d 00000 n \n",
			objContent, other), tail),
		"redirected to nothing": table(t, doc, "", fmt.Sprintf("%d 1\n9999999999 00000 n \n",
			objContent), tail),
		"listed twice": table(t, doc, content,
			fmt.Sprintf("%d 1\n%%010d 00000 n \n%d 1\n%010d 00000 n \n", objContent, objContent,
				bytes.Index(doc, []byte(fmt.Sprintf("%d 0 obj", objContent)))), tail),
		"listed twice, swapped": table(t, doc, content,
			strings.ReplaceAll(fmt.Sprintf("%d 1\n%010d 00000 n \n%d 1\n%%010d 00000 n \n", objContent,
				bytes.Index(doc, []byte(fmt.Sprintf("%d 0 obj", objContent))), objContent), "%%", "%"), tail),
		"object without an entry":     table(t, doc, content, "0 0\n", tail),
		"object in a comment's shape": append(bytes.Clone(doc), evil...),
		"object behind the end":       append(bytes.Clone(doc), content...),
		"startxref of the original": fmt.Appendf(bytes.Clone(doc), "startxref\n%d\n%%%%EOF\n",
			original),
		"prev skips the signature": table(t, doc, "", "0 0\n",
			fmt.Sprintf("/Size 60/Root %d 0 R/Prev %d", objCatalog, original)),
		"prev to itself": table(t, doc, "", "0 0\n",
			fmt.Sprintf("/Size 60/Root %d 0 R/Prev %d", objCatalog, len(doc))),
		"prev outside": table(t, doc, "", "0 0\n",
			fmt.Sprintf("/Size 60/Root %d 0 R/Prev 99999999", objCatalog)),
		"prev negative": table(t, doc, "", "0 0\n",
			fmt.Sprintf("/Size 60/Root %d 0 R/Prev -5", objCatalog)),
		"another catalog": table(t, doc,
			fmt.Sprintf("55 0 obj\n<</Type/Catalog/Pages %d 0 R>>\nendobj\n", objPages),
			"55 1\n%010d 00000 n \n",
			strings.Replace(tail, fmt.Sprintf("/Root %d", objCatalog), "/Root 55", 1)),
		"encrypted afterwards": table(t, doc, "", "0 0\n",
			tail+"/Encrypt<</Filter/Standard/V 1/R 2/O(....)/U(....)/P -1>>"),
		"another file": append(bytes.Clone(doc), formPDF()...),
		"hybrid double view": table(t, append(bytes.Clone(doc), content...), hybrid, "0 0\n",
			tail+fmt.Sprintf("/XRefStm %d", len(doc)+len(content))),
		"redefined in an object stream": table(t, doc,
			"51 0 obj\n<</Type/ObjStm/N 1/First 4/Length 8>>\nstream\n6 0 9999\nendstream\nendobj\n",
			"51 1\n%010d 00000 n \n", tail),
		"size lowered":           table(t, doc, "", "0 0\n", strings.Replace(tail, "/Size 60", "/Size 5", 1)),
		"no size":                table(t, doc, "", "0 0\n", strings.Replace(tail, "/Size 60", "", 1)),
		"startxref in a comment": fmt.Appendf(bytes.Clone(doc), "%%startxref %d\n%%%%EOF\n", prev),
		"startxref in a comment of the original": fmt.Appendf(bytes.Clone(doc), "%%startxref %d %%%%EOF\n",
			original),
		"first object freed by a known fault": table(t, doc,
			fmt.Sprintf("%d 0 obj\n%s\nendobj\n", objCatalog, catalogOf(t, doc)),
			"1 2\n0000000000 65535 f \n%010d 00000 n \n", tail),
		"a key twice in a new object": table(t, doc,
			"56 0 obj\n<</AA<</E<</S/JavaScript/JS(a)>>>>/AA null>>\nendobj\n", "56 1\n%010d 00000 n \n", tail),
		"trailer twice": table(t, doc, "", "0 0\n", tail+"/Root 2 0 R"),
	} {
		t.Run(name, func(t *testing.T) {
			status, r := verdictOf(forged, w.validation())
			if r != nil {
				show(t, r)
			}
			if name == "redefined in an object stream" {
				return // nothing points to the stream: it means nothing
			}
			require.NotEqual(t, signing.StatusValid, status)
		})
	}
}

// catalogOf is the catalog of a document as it is written.
func catalogOf(t *testing.T, doc []byte) []byte {
	t.Helper()
	head := fmt.Appendf(nil, "\n%d 0 obj\n", objCatalog)
	at := bytes.LastIndex(doc, head)
	require.Positive(t, at)
	end := bytes.Index(doc[at:], []byte("endobj"))
	return bytes.TrimSpace(doc[at+len(head) : at+end])
}

// TestForgedStreamRows appends cross-reference streams with rows that programs read in several ways.
func TestForgedStreamRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, compressedForm(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	_, trailer := formObjects()
	store, content := bytes.Index(doc, fmt.Appendf(nil, "\n%d 0 obj", objStore))+1, objContent
	place := string([]byte{byte(store >> 24), byte(store >> 16), byte(store >> 8), byte(store)})
	for name, one := range map[string]struct {
		num int
		row string
	}{
		"content of an unknown kind":       {content, "\x03\x00\x00\x00\x00\x00"},
		"content in an impossible stream":  {content, "\x02\xff\xff\xff\xff\x00"},
		"content in another stream":        {content, "\x02\x00\x00\x00" + string(rune(objStore)) + "\x00"},
		"content freed":                    {content, "\x00\x00\x00\x00\x00\x00"},
		"page of an unknown kind":          {objPage2, "\x07\x00\x00\x00\x00\x00"},
		"object stream of a generation":    {objStore, "\x01" + place + "\x01"},
		"object stream of an unknown kind": {objStore, "\x04" + place + "\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			out := bytes.Clone(doc)
			xref := len(out)
			out = fmt.Appendf(out, "90 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", streamObject(
				fmt.Sprintf("/Type/XRef/Size 91/W[1 4 1]/Index[%d 1]/Prev %d%s", one.num, xrefOf(t, doc), trailer),
				one.row), xref)
			requireNotValid(t, out, w.validation())
		})
	}
}

func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{Field: "mine"})
	require.NoError(t, err)
	two, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "yours"})
	require.NoError(t, err)
	field := func(doc []byte, name string) (field, value uint32) {
		g := newForge(t, doc)
		for n := uint32(1); n < 200; n++ {
			d, err := g.u.Dict(ref(int(n)))
			if err == nil && d != nil && d.Has("V") && pdf.Equal(d.Get("T"), text(name)) {
				return n, d.Get("V").(pdf.Ref).Num
			}
		}
		t.Fatalf("no field %s", name)
		return 0, 0
	}
	mine, signature := field(doc, "mine")
	for name, change := range map[string]func(g *forge){
		"cloned into another field": func(g *forge) {
			f := g.u.Add(g.widget("clone", ref(int(signature))))
			g.set(objForm, "Fields", append(g.array(objForm, "Fields"), f))
			g.set(objPage, "Annots", append(g.array(objPage, "Annots"), f))
		},
		"shown by the prepared field": func(g *forge) { g.set(objEmpty, "V", ref(int(signature))) },
		"value removed":               func(g *forge) { g.set(mine, "V", nil) },
		"field turned into text":      func(g *forge) { g.set(mine, "FT", pdf.Name("Tx")) },
		"value replaced":              func(g *forge) { g.set(mine, "V", g.u.Add(g.get(signature))) },
		"dictionary changed":          func(g *forge) { g.set(signature, "Reason", text("other")) },
		"contents emptied":            func(g *forge) { g.set(signature, "Contents", text("")) },
		"range removed":               func(g *forge) { g.set(signature, "ByteRange", nil) },
		"field deleted":               func(g *forge) { g.put(mine, nil) },
		"look changed":                func(g *forge) { g.set(mine, "AP", g.look("forged")) },
		"moved into view":             func(g *forge) { g.set(mine, "Rect", ints(0, 0, 400, 400)) },
		"lock added":                  func(g *forge) { g.set(mine, "Lock", text("x")) },
		"sneaky signature": func(g *forge) {
			d := g.get(signature)
			d.Set("Contents", text("3000"))
			f := g.u.Add(g.widget("sneaky", g.u.Add(d)))
			g.set(objForm, "Fields", append(g.array(objForm, "Fields"), f))
			g.set(objPage, "Annots", append(g.array(objPage, "Annots"), f))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newForge(t, doc)
			change(g)
			status, r := verdictOf(g.finish(doc), w.validation())
			if r != nil {
				show(t, r)
			}
			require.NotEqual(t, signing.StatusValid, status)
		})
	}
	t.Run("transplanted", func(t *testing.T) {
		other := bytes.Replace(formPDF(), []byte("Pay 100"), []byte("Pay 999"), 1)
		forged := append(bytes.Clone(other), doc[len(other):]...)
		status, _ := verdictOf(forged, w.validation())
		require.NotEqual(t, signing.StatusValid, status)
	})
	t.Run("second signature vanishes", func(t *testing.T) {
		yours, _ := field(two, "yours")
		g := newForge(t, two)
		g.set(yours, "V", nil)
		status, _ := verdictOf(g.finish(two), w.validation())
		require.NotEqual(t, signing.StatusValid, status)
		// In place: the name of the key is damaged, which its own signature notices.
		at := bytes.LastIndex(two, []byte("/V "))
		forged := bytes.Clone(two)
		forged[at+1] = 'W'
		status, r := verdictOf(forged, w.validation())
		require.NotEqual(t, signing.StatusValid, status)
		require.Len(t, r.Signatures, 2)
	})
}

// TestShadowReplace signs a form whose field shows one amount and holds another, and lets readers
// draw it anew afterwards.
func TestShadowReplace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	g := newForge(t, formPDF())
	g.set(objAmount, "V", text("900"))
	doc, err := sign(t, g.finish(formPDF()), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	g = newForge(t, doc)
	g.set(objForm, "NeedAppearances", true)
	status, r := verdictOf(g.finish(doc), w.validation())
	require.Equal(t, signing.StatusInvalid, status)
	require.Equal(t, signing.ModContent, r.Signatures[0].Modifications[0].Class)
}

// TestForgedObjectStreams puts another object stream in the place of the one that was signed: what
// stands in it changes without being listed.
func TestForgedObjectStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, compressedForm(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, validate(t, doc, w.validation()).Status())
	prev := xrefOf(t, doc)
	for name, change := range map[string]func(map[int]string){
		"page": func(o map[int]string) {
			o[objPage2] = strings.Replace(o[objPage2], "0 0 400 400",
				"0 0 9 9", 1)
		},
		"font": func(o map[int]string) {
			o[objFont] = strings.Replace(o[objFont], "Helvetica",
				"Symbol", 1)
		},
		"length":  func(o map[int]string) { o[objLength] = "10" },
		"action":  func(o map[int]string) { o[objLinkAction] = "<</S/JavaScript/JS(app.alert(1))>>" },
		"removed": func(o map[int]string) { delete(o, objOutlines) },
	} {
		t.Run(name, func(t *testing.T) {
			objects, trailer := formObjects()
			change(objects)
			stored, _ := packed(objects, objMore+1)
			out := bytes.Clone(doc)
			at := len(out)
			out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", objStore, stored)
			xref := len(out)
			row := string([]byte{1, 0, byte(at >> 16), byte(at >> 8), byte(at), 0})
			out = fmt.Appendf(out, "90 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", streamObject(
				fmt.Sprintf("/Type/XRef/Size 91/W[1 4 1]/Index[%d 1]/Prev %d%s", objStore, prev,
					trailer), row), xref)
			requireNotValid(t, out, w.validation())
		})
	}
}
