package cms

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"sync"

	"golang.org/x/crypto/cryptobyte"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

const (
	// maxAround bounds everything but the content, all of which is kept: room for the lists of
	// large authorities, and little beside the 24 MB that a reader may take.
	maxAround = 10 << 20
	// maxDigestAlgorithms announced; there are eleven hashes.
	maxDigestAlgorithms = 64
	// maxCertificates and maxCRLs in their sets: each may be parsed and tried on a path.
	maxCertificates = 512
	maxCRLs         = 512
	// maxSigners of one content: each costs a verification.
	maxSigners = 256
	// keepContent is how much content is kept, for what needs it whole or under another hash.
	keepContent = 64 << 10
	// maxHead is how much of longer content is kept: the header of an element.
	maxHead = 16
	// copyBuffer moves content: large enough to hash at full speed.
	copyBuffer = 128 << 10
)

// ReadOptions say what becomes of the content while it streams past.
type ReadOptions struct {
	// Content receives the content that is inside. Nil: it is hashed only.
	Content io.Writer
	// Hashes are digested beside those that the signature announces.
	Hashes []crypto.Hash
}

// Parse reads SignedData at hand, which nothing may follow; see [Read].
func Parse(der []byte) (*SignedData, error) {
	d, err := ReadBytes(der, ReadOptions{})
	if err == nil && d.Trailing {
		return nil, &ber.Error{Offset: d.End, What: "data after the signature"}
	}
	return d, err
}

// Trim cuts what follows the first element of b, which must be zeros only, as they fill the
// Contents of a PDF signature.
func Trim(b []byte) ([]byte, error) {
	first, rest, err := ber.First(b, 0)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimLeft(rest, "\x00")) > 0 {
		return nil, &ber.Error{Offset: int64(len(first)), What: "data after the signature"}
	}
	return first, nil
}

// Read reads a ContentInfo with SignedData to the end of r, in one pass and with the memory that
// the parts around the content take. Data after it is a doubt. Errors: [*ber.Error], those of r and
// of o.Content. A signature that cannot be judged is an entry of Signers with its Err, not an
// error here.
func Read(r io.Reader, o ReadOptions) (*SignedData, error) {
	return read(ber.NewDecoder(r), o)
}

// ReadBytes is [Read] of input at hand, which must not change while the result is in use.
func ReadBytes(input []byte, o ReadOptions) (*SignedData, error) {
	return read(ber.NewBytesDecoder(input), o)
}

func read(d *ber.Decoder, o ReadOptions) (*SignedData, error) {
	p := &parser{d: d, left: maxAround, sd: &SignedData{DER: true}}
	if err := p.contentInfo(o); err != nil {
		return nil, err
	}
	return p.sd, nil
}

type parser struct {
	d    *ber.Decoder
	left int // of maxAround
	sd   *SignedData
}

func (p *parser) contentInfo(o ReadOptions) error {
	if err := p.enter(ber.Universal, ber.TagSequence, "ContentInfo"); err != nil {
		return err
	}
	at := p.d.Offset()
	oid, err := p.raw()
	if err != nil {
		return err
	}
	if !bytes.Equal(oid, OID(OIDSignedData)) {
		return &ber.Error{Offset: at, What: "ContentInfo is not SignedData"}
	}
	if err := p.enter(ber.Context, 0, "content of ContentInfo"); err != nil {
		return err
	}
	if err := p.signedData(o); err != nil {
		return err
	}
	for range 2 {
		if err := p.d.Leave(); err != nil {
			return err
		}
	}
	p.sd.End = p.d.Offset()
	_, more, err := p.d.Next()
	if _, isBER := errors.AsType[*ber.Error](err); err != nil && !isBER {
		return err
	}
	if err != nil || more {
		p.sd.Trailing = true
		for _, s := range p.sd.Signers {
			s.doubt("data after the signature")
		}
	}
	return nil
}

func (p *parser) enter(class byte, number uint32, what string) error {
	h, err := p.d.Enter(class, number, what)
	if err != nil {
		return err
	}
	if h.Length < 0 || h.Size != ber.HeaderSize(h.Length) {
		p.sd.DER = false
	}
	return nil
}

// raw reads one element that is kept.
func (p *parser) raw() ([]byte, error) {
	b, err := p.d.Raw(p.left)
	p.left -= len(b)
	return b, err
}

func (p *parser) signedData(o ReadOptions) error {
	if err := p.enter(ber.Universal, ber.TagSequence, "SignedData"); err != nil {
		return err
	}
	at := p.d.Offset()
	version, err := p.raw()
	if err != nil {
		return err
	}
	if p.sd.Version, err = parseVersion(version, at); err != nil {
		return err
	}
	if err := p.digestAlgorithms(); err != nil {
		return err
	}
	if err := p.encapContentInfo(o); err != nil {
		return err
	}
	if p.sd.Certificates, err = p.optionalSet(0, maxCertificates, "certificates"); err != nil {
		return err
	}
	if p.sd.CRLs, err = p.optionalSet(1, maxCRLs, "revocation lists"); err != nil {
		return err
	}
	if err := p.signerInfos(); err != nil {
		return err
	}
	return p.d.Leave()
}

func (p *parser) digestAlgorithms() error {
	if err := p.enter(ber.Universal, ber.TagSet, "digestAlgorithms"); err != nil {
		return err
	}
	list, err := p.set(maxDigestAlgorithms, "digest algorithms", true)
	if err != nil {
		return err
	}
	p.sd.digestAlgs = list
	for _, raw := range list {
		der, err := ber.ToDER(raw, 0)
		if err != nil {
			return err
		}
		if h, err := algorithm.ParseHash(der); err == nil {
			p.sd.Hashes = append(p.sd.Hashes, h)
		}
	}
	return nil
}

// set reads the elements of the set that was entered, and leaves it. look says whether they are
// looked at for DER.
func (p *parser) set(limit int, what string, look bool) ([][]byte, error) {
	var out [][]byte
	for {
		_, more, err := p.d.Next()
		if err != nil {
			return nil, err
		}
		if !more {
			return out, p.d.Leave()
		}
		if len(out) == limit {
			return nil, &ber.Error{Offset: p.d.Offset(), What: "too many " + what, Limit: true}
		}
		raw, err := p.raw()
		if err != nil {
			return nil, err
		}
		p.sd.DER = p.sd.DER && (!look || ber.IsDER(raw))
		out = append(out, raw)
	}
}

func (p *parser) optionalSet(number uint32, limit int, what string) ([][]byte, error) {
	h, more, err := p.d.Next()
	if err != nil || !more || !h.Is(ber.Context, number, true) {
		return nil, err
	}
	if err := p.enter(ber.Context, number, what); err != nil {
		return nil, err
	}
	return p.set(limit, what, false)
}

func (p *parser) encapContentInfo(o ReadOptions) error {
	p.sd.ContentStart = p.d.Offset()
	if err := p.enter(ber.Universal, ber.TagSequence, "encapContentInfo"); err != nil {
		return err
	}
	at := p.d.Offset()
	raw, err := p.raw()
	if err != nil {
		return err
	}
	in := cryptobyte.String(raw)
	if !in.ReadASN1ObjectIdentifier(&p.sd.ContentType) || !in.Empty() {
		return &ber.Error{Offset: at, What: "malformed eContentType"}
	}
	_, more, err := p.d.Next()
	if err != nil {
		return err
	}
	if more {
		if err := p.content(o); err != nil {
			return err
		}
	}
	if err := p.d.Leave(); err != nil {
		return err
	}
	p.sd.ContentEnd = p.d.Offset()
	return nil
}

func (p *parser) content(o ReadOptions) error {
	if err := p.enter(ber.Context, 0, "eContent"); err != nil {
		return err
	}
	value, err := p.d.Octets()
	if err != nil {
		return err
	}
	p.sd.Attached = true
	all := newHashers(append(append([]crypto.Hash(nil), p.sd.Hashes...), o.Hashes...))
	keep := &keeper{buf: []byte{}}
	if p.sd.ContentLength, err = copyThrough(value, all, keep, o.Content); err != nil {
		return err
	}
	p.sd.digests, p.sd.kept = all.digests(), keep
	return p.d.Leave()
}

func copyThrough(r io.Reader, all *hashers, keep *keeper, dst io.Writer) (int64, error) {
	buf := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buf)
	return copyWith(buf[:], r, all, keep, dst)
}

func copyWith(buf []byte, r io.Reader, all *hashers, keep *keeper, dst io.Writer) (int64, error) {
	var total int64
	for {
		n, err := r.Read(buf)
		total += int64(n)
		all.Write(buf[:n])
		keep.Write(buf[:n])
		if dst != nil && n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				return total, err
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// buffers are reused: one costs more to make than a short content to hash.
var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// keeper keeps content as long as it is short, and how it begins.
type keeper struct {
	buf  []byte
	head []byte
	size int64
}

// isOneSet says whether content of any length begins as one SET of just that length, which is what
// signed attributes are.
func (k *keeper) isOneSet() bool {
	if len(k.head) == 0 || k.head[0] != 0x31 {
		return false
	}
	d := ber.NewBytesDecoder(k.head)
	h, ok, err := d.Next()
	return err == nil && ok && (h.Length < 0 || int64(h.Size)+h.Length == k.size)
}

func (k *keeper) Write(p []byte) (int, error) {
	k.size += int64(len(p))
	if missing := maxHead - len(k.head); missing > 0 {
		k.head = append(k.head, p[:min(missing, len(p))]...)
	}
	if k.buf != nil && len(k.buf)+len(p) <= keepContent {
		k.buf = append(k.buf, p...)
	} else {
		k.buf = nil
	}
	return len(p), nil
}

func (p *parser) signerInfos() error {
	if err := p.enter(ber.Universal, ber.TagSet, "signerInfos"); err != nil {
		return err
	}
	for {
		_, more, err := p.d.Next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		at := p.d.Offset()
		if len(p.sd.Signers) == maxSigners {
			return &ber.Error{Offset: at, What: "too many signers", Limit: true}
		}
		raw, err := p.raw()
		if err != nil {
			return err
		}
		p.sd.DER = p.sd.DER && ber.IsDER(raw)
		s := parseSignerInfo(raw, at, p.sd.ContentType)
		p.sd.Signers = append(p.sd.Signers, s)
	}
	p.checkTogether()
	return p.d.Leave()
}

// checkTogether applies the rules that a SignerInfo and what is around it meet together.
func (p *parser) checkTogether() {
	want := p.sd.wantVersion()
	for _, s := range p.sd.Signers {
		if p.sd.Version != want {
			s.doubt("the version of SignedData is %d, not %d", p.sd.Version, want)
		}
		if !p.sd.announces(s) {
			s.doubt("the digest algorithm is not among digestAlgorithms (RFC 5652, 5.1)")
		}
	}
}

func (d *SignedData) announces(s *SignerInfo) bool {
	for _, raw := range d.digestAlgs {
		der, err := ber.ToDER(raw, 0)
		if err == nil && sameAlgorithm(der, s.digestAlg) {
			return true
		}
	}
	return false
}
