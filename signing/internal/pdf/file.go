package pdf

import (
	"bytes"
	"io"
)

// Options say how a file is opened. The zero value is strict and has no password.
type Options struct {
	// Password opens an encrypted file: the user's or the owner's, in UTF-8. It is not kept.
	Password []byte
	// Recover reads a file by looking for its objects, without its cross-references, because they
	// cannot be followed or lead astray. Never for judging a signed file.
	Recover bool
}

// File is an open PDF.
type File struct {
	src  source
	base int64 // what offsets in the file count from: the position of %PDF- (Annex H, note 13)

	header    string // "1.7"
	sections  []*Section
	revisions []*Revision
	table     table
	oddities  []Oddity

	crypt     *encryption // nil when not encrypted
	names     map[string]Object
	lexer     lexer // see lexerAt
	cache     cache
	byOffset  []uint32            // plain entries by their place; see plainBefore
	recovered bool                // cross-references were rebuilt: an update must list every object
	rescue    *rescue             // the search that does it, until all is found
	work      int64               // octets decoded so far
	loads     int                 // objects read so far
	weight    int                 // values in the object that was read last
	trailers  int                 // values in trailers, so far
	opening   []cacheKey          // object streams being read
	large     int64               // octets of objects larger than the first window, so far
	contained map[uint32][]uint32 // entries of compressed objects by their stream
	shifted   bool                // the table being read has numbers that were put right
	highest   []int64             // number of an object in use up to each revision; see Hides
	refs      []Ref               // see skim
}

// An Oddity is something that the file has wrong and that a reader can live with.
type Oddity struct {
	Offset  int64
	Problem string
}

// Open reads the header, the cross-references of all revisions and, where the file is encrypted,
// opens it. Errors: [*SyntaxError], [*LimitError], [*UnsupportedError], [*PasswordError], and what
// r returns.
func Open(r io.ReaderAt, size int64, o Options) (*File, error) {
	f := &File{src: source{r: r, size: size}, names: map[string]Object{}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	err := f.readSections()
	if o.Recover && (err == nil || isSyntax(err)) {
		err = f.recover(err)
	}
	if err != nil {
		return nil, err
	}
	if err := f.openEncryption(o.Password); err != nil {
		return nil, err
	}
	if f.rescue == nil {
		return f, nil
	}
	err = f.rescue.unpack()
	f.rescue = nil
	return f, err
}

// OpenDamaged opens a file whose cross-references cannot be followed, without any: it has one
// revision in which no object is known. [File.Search] and [File.ObjectAround] show what it holds.
func OpenDamaged(r io.ReaderAt, size int64) *File {
	return &File{src: source{r: r, size: size}, names: map[string]Object{},
		sections: []*Section{{Trailer: &Dict{}, startxref: -1}}, revisions: []*Revision{{}}}
}

// Size returns the size of the file in octets.
func (f *File) Size() int64 { return f.src.size }

// Reader returns what the file is read from.
func (f *File) Reader() io.ReaderAt { return f.src.r }

// Header returns the version of the header, as "1.7" (7.5.2).
func (f *File) Header() string { return f.header }

// Base returns where offsets in cross-references count from: where %PDF- stands in a file that was
// made so, else 0.
func (f *File) Base() int64 { return f.base }

// Oddities returns what was wrong with the file and could be lived with.
func (f *File) Oddities() []Oddity { return f.oddities }

// Encrypted reports whether the file is encrypted.
func (f *File) Encrypted() bool { return f.crypt != nil }

func (f *File) odd(at int64, problem string) {
	if len(f.oddities) < 100 {
		f.oddities = append(f.oddities, Oddity{at, problem})
	}
}

func (f *File) readHeader() error {
	head, err := f.src.read(0, maxHeader)
	if err != nil {
		return err
	}
	i := bytes.Index(head, []byte("%PDF-"))
	if i < 0 {
		return &SyntaxError{Problem: "no %PDF- in the first 1,024 octets"}
	}
	rest := head[i+5:]
	n := 0
	for n < len(rest) && n < 8 && (isDigit(rest[n]) || rest[n] == '.') {
		n++
	}
	f.header = string(rest[:n])
	if _, ok := ParseVersion(f.header); !ok {
		f.odd(int64(i), "the header has no version")
	}
	f.base = int64(i) // to be confirmed by the first cross-reference
	return nil
}

// lexerAt returns a lexer over n octets from an offset of the file, good until the next call.
func (f *File) lexerAt(at int64, n int, num uint32) (*lexer, error) {
	b, err := f.src.read(at, n)
	if err != nil {
		return nil, err
	}
	f.lexer = lexer{buf: b, base: at, last: at+int64(len(b)) == f.src.size, num: num, names: f.names}
	return &f.lexer, nil
}

const firstWindow = 2 << 10 // most objects are smaller

// parseAt calls parse with a lexer at an offset, again with a larger window while it is too short.
func (f *File) parseAt(at int64, num uint32, parse func(*lexer) error) error {
	for n := firstWindow; ; n *= 4 {
		lx, err := f.lexerAt(at, n, num)
		if err != nil {
			return err
		}
		if n > firstWindow {
			f.large += int64(len(lx.buf))
		}
		if f.large > maxLargeWork+2*f.src.size {
			return &LimitError{Offset: at, Object: num, Limit: "large objects, read again and again"}
		}
		if err = parse(lx); err != errShort {
			return err
		}
		if n >= maxObject {
			return &LimitError{Offset: at, Object: num, Limit: "octets of one object"}
		}
	}
}

// Version is a version of PDF: 17 for 1.7, 20 for 2.0.
type Version int

// ParseVersion reads "1.7".
func ParseVersion(s string) (Version, bool) {
	if len(s) != 3 || !isDigit(s[0]) || s[1] != '.' || !isDigit(s[2]) {
		return 0, false
	}
	return Version(s[0]-'0')*10 + Version(s[2]-'0'), true
}
