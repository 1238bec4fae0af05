package pdf

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// seedFiles adds the smaller PDFs of the conformance data whose path holds one of the words.
func seedFiles(f *testing.F, words ...string) {
	f.Helper()
	for _, path := range vectorFiles(f) {
		data, err := os.ReadFile(path)
		if err != nil || len(data) > 32<<10 {
			continue
		}
		for _, w := range words {
			if strings.Contains(path, w) {
				f.Add(data)
				break
			}
		}
	}
}

func FuzzLexer(f *testing.F) {
	for _, s := range []string{"<</A[1 2 R 3 0 R]/B(a\\)(b)\\053)/C<0aF>>>",
		"[true false null -1.5 +3 .5 4.]", "/A#20B", "(\\", "<", ">>", "[[[[[[", "%x\n1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lx := &lexer{buf: data, last: true}
		o, err := lx.parse()
		if err != nil {
			return
		}
		// What was read is written and read again as the same.
		w := &writer{}
		w.object(o)
		if w.err != nil {
			t.Fatal(w.err)
		}
		again, err := (&lexer{buf: w.buf, last: true}).parse()
		if err != nil {
			t.Fatalf("%q written as %q: %v", data, w.buf, err)
		}
		if !Equal(placeless(o), placeless(again)) && !Repeats(o) {
			t.Fatalf("%q written as %q", data, w.buf)
		}
		// A window that ends early asks for more or gives the same.
		for n := range min(len(data), 64) {
			short := &lexer{buf: data[:n]}
			if p, err := short.parse(); err == nil && !Equal(placeless(p), placeless(o)) && !Repeats(o) {
				t.Fatalf("the first %d octets of %q are %v", n, data, p)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	seedFiles(f, "pdf-sign", "pdf-torture", "xref", "hybrid")
	f.Add(crossFile("/Length 10 0 R"))
	f.Add(crossFile("/Length 11 0 R", "/N 10 0 R"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			file, err = Open(bytes.NewReader(data), int64(len(data)), Options{Recover: true})
		}
		if err != nil {
			return
		}
		loadAll(file)
		for n := range file.Revisions() {
			file.Changed(n + 1)
			_, _ = file.Stray(n + 1)
		}
		_, _, _ = file.Tail()
		u, err := file.NewUpdate()
		if err != nil {
			return
		}
		u.Add(NewDict("Added", Text("ñ")))
		_, _ = u.Layout()
	})
}

func FuzzObjectStream(f *testing.F) {
	f.Add([]byte("1 0 2 5 (a) <</B 1>>"), uint16(2), uint16(8))
	f.Add([]byte("1 0"), uint16(1), uint16(3))
	f.Fuzz(func(t *testing.T, data []byte, n, first uint16) {
		w := &writer{}
		w.raw("%PDF-1.7\n1 0 obj\n")
		w.object(NewDict("Type", Name("ObjStm"), "N", Integer(n), "First", Integer(first), "Length",
			Integer(len(data))))
		w.raw("\nstream\n")
		w.buf = append(w.buf, data...)
		w.raw("\nendstream\nendobj\n")
		file := &File{src: source{r: bytes.NewReader(w.buf), size: int64(len(w.buf))},
			names: map[string]Object{}}
		file.table.entries = []entry{{kind: entryPlain, num: 1, offset: 9}}
		file.sections = []*Section{{Trailer: &Dict{}, end: 1}}
		s, err := file.objectStream(&file.table.entries[0], 1)
		if err != nil {
			return
		}
		for i, num := range s.nums {
			_, _ = s.object(num, i, nil)
		}
	})
}

func FuzzFilters(f *testing.F) {
	for _, name := range []string{"FlateDecode", "LZWDecode", "ASCIIHexDecode", "ASCII85Decode",
		"RunLengthDecode"} {
		f.Add([]byte("80~>"), name, int64(12), int64(1), int64(8), int64(4))
		f.Add([]byte("x\x9cK\x04\x00\x00b\x00b"), name, int64(2), int64(3), int64(8), int64(4))
	}
	f.Fuzz(func(t *testing.T, data []byte, name string, predictor, colors, bits, columns int64) {
		file := &File{src: source{r: bytes.NewReader(nil)}}
		s := &Stream{Data: data, Dict: NewDict("Filter", Name(name), "DecodeParms",
			NewDict("Predictor", Integer(predictor), "Colors", Integer(colors), "BitsPerComponent",
				Integer(bits), "Columns", Integer(columns)))}
		if s.Data == nil {
			s.Data = []byte{}
		}
		v := &View{f: file, bare: true}
		r, err := v.decode(s, 1<<20)
		if err == nil {
			_, _ = io.Copy(io.Discard, r)
		}
	})
}

func FuzzEncryption(f *testing.F) {
	seedFiles(f, "encrypted", "rc4", "protected")
	f.Add([]byte("<</Filter/Standard/V 5/R 6/O(o)/U(u)/OE(x)/UE(y)/P -1/CF<</A<</CFM/AESV3>>>>/StmF/A/StrF/A>>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("%PDF")) {
			data = append([]byte("%PDF-1.7\n1 0 obj\n(secret)\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R/ID[<00><00>]/Encrypt "),
				append(data, ">>\nstartxref\n44\n%%EOF\n"...)...)
		}
		file, err := Open(bytes.NewReader(data), int64(len(data)), Options{Password: []byte("user")})
		if err == nil {
			loadAll(file)
		}
	})
}
