package pdf

import (
	"fmt"
	"io"
)

// encryption is the standard security handler of an encrypted file (7.6.4).
type encryption struct {
	ref     Ref // of the encryption dictionary, zero when it stands in the trailer
	key     []byte
	filters map[Name]method
	strings method
	streams method
	// plainMetadata: metadata streams are not encrypted (EncryptMetadata false).
	plainMetadata bool
}

type method uint8

const (
	methodIdentity method = iota
	methodRC4
	methodAES128
	methodAES256
)

// handler is what the encryption dictionary says (tables 20, 21).
type handler struct {
	version, revision int64
	length            int // of the key, in octets
	o, u, oe, ue      []byte
	permissions       int32
	id                []byte // first half of ID
	encryptMetadata   bool
}

func (f *File) openEncryption(password []byte) error {
	v := f.Current()
	at := v.Trailer().Get("Encrypt")
	if at == nil {
		return nil
	}
	c := &encryption{filters: map[Name]method{"Identity": methodIdentity}}
	c.ref, _ = at.(Ref)
	d, err := v.Dict(at)
	if err != nil {
		return err
	}
	if d == nil {
		return &SyntaxError{Object: c.ref.Num, Problem: "Encrypt is not a dictionary"}
	}
	switch name := v.NameOf(d, "Filter"); name {
	case "Standard":
	case "Adobe.PubSec", "Adobe.PPKLite", "Entrust.PPKEF":
		return &UnsupportedError{Feature: featurePublicKey}
	default:
		return &UnsupportedError{Feature: fmt.Sprintf("security handler %q", name)}
	}
	h, err := f.readHandler(v, d)
	if err != nil {
		return err
	}
	if err := c.readMethods(v, d, h); err != nil {
		return err
	}
	if c.key, err = h.open(password); err != nil {
		return err
	}
	c.plainMetadata = !h.encryptMetadata
	f.crypt = c
	f.cache = cache{} // strings that were loaded before were not decrypted
	return nil
}

func (f *File) readHandler(v *View, d *Dict) (*handler, error) {
	h := &handler{version: v.integerOr(d.Get("V"), 0), revision: v.integerOr(d.Get("R"), 0)}
	bits := v.integerOr(d.Get("Length"), 40)
	switch h.version {
	case 1:
		h.length = 5
	case 2, 3:
		if bits < 40 || bits > 128 || bits%8 != 0 {
			return nil, &SyntaxError{Problem: fmt.Sprintf("an encryption key of %d bits", bits)}
		}
		h.length = int(bits / 8)
	case 4:
		h.length = 16
	case 5:
		h.length = 32
	default:
		return nil, &UnsupportedError{Feature: fmt.Sprintf("encryption of version %d", h.version)}
	}
	if ok := map[int64][]int64{1: {2, 3}, 2: {2, 3}, 3: {3}, 4: {4}, 5: {5,
		6}}[h.version]; !contains(ok, h.revision) {
		return nil, &UnsupportedError{Feature: fmt.Sprintf("encryption of version %d, revision %d",
			h.version, h.revision)}
	}
	for key, to := range map[Name]*[]byte{"O": &h.o, "U": &h.u, "OE": &h.oe, "UE": &h.ue} {
		s, _ := v.Value(d, key).(String)
		*to = s.Value
	}
	least, keys := 32, 0
	if h.version == 5 {
		least, keys = 48, 32
	}
	if len(h.o) < least || len(h.u) < least || len(h.oe) < keys || len(h.ue) < keys {
		return nil, &SyntaxError{Problem: "the encryption dictionary has no sound passwords (O, U)"}
	}
	h.permissions = int32(v.integerOr(d.Get("P"), 0))
	metadata, isBool := v.Value(d, "EncryptMetadata").(bool)
	h.encryptMetadata = !isBool || metadata
	id, err := v.Array(v.Trailer().Get("ID"))
	if err != nil {
		return nil, err
	}
	if len(id) > 0 {
		first, _ := v.Resolve(id[0])
		s, _ := first.(String)
		h.id = s.Value
	}
	return h, nil
}

func contains(list []int64, n int64) bool {
	for _, m := range list {
		if m == n {
			return true
		}
	}
	return false
}

// readMethods reads the crypt filters (7.6.6).
func (c *encryption) readMethods(v *View, d *Dict, h *handler) error {
	if h.version < 4 {
		c.strings, c.streams = methodRC4, methodRC4
		return nil
	}
	filters, err := v.Dict(d.Get("CF"))
	if err != nil {
		return err
	}
	for name, o := range filters.All {
		one, err := v.Dict(o)
		if err != nil {
			return err
		}
		switch kind := v.NameOf(one, "CFM"); kind {
		case "V2":
			c.filters[name] = methodRC4
		case "AESV2":
			c.filters[name] = methodAES128
		case "AESV3":
			c.filters[name] = methodAES256
		case "None", "":
			c.filters[name] = methodIdentity
		default:
			return &UnsupportedError{Feature: fmt.Sprintf("crypt filter %q", kind)}
		}
	}
	for key, to := range map[Name]*method{"StmF": &c.streams, "StrF": &c.strings} {
		name := v.NameOf(d, key)
		if name == "" {
			name = "Identity"
		}
		m, ok := c.filters[name]
		if !ok {
			return &SyntaxError{Problem: fmt.Sprintf("crypt filter %q is not defined", name)}
		}
		if m == methodAES256 != (h.version == 5) && m != methodIdentity {
			return &SyntaxError{Problem: "a crypt filter of another version of encryption"}
		}
		*to = m
	}
	return nil
}

func (c *encryption) isDictionary(e *entry) bool { return c.ref.Num != 0 && e.num == c.ref.Num }

// streamMethod says how a stream is encrypted.
func (c *encryption) streamMethod(v *View, s *Stream) (method, error) {
	if s.Dict.Get("Type") == Name("XRef") {
		return methodIdentity, nil
	}
	filters, err := v.list(s.Dict, "Filter", "F")
	if err != nil {
		return 0, err
	}
	if len(filters) > 0 && filters[0] == Object(Name("Crypt")) {
		parms, err := v.list(s.Dict, "DecodeParms", "DP")
		if err != nil {
			return 0, err
		}
		name := Name("Identity")
		if len(parms) > 0 {
			if p, ok := parms[0].(*Dict); ok && p.Has("Name") {
				name = v.NameOf(p, "Name")
			}
		}
		if m, ok := c.filters[name]; ok {
			return m, nil
		}
		return 0, s.fail("a crypt filter that is not defined")
	}
	if c.plainMetadata && s.Dict.Get("Type") == Name("Metadata") {
		return methodIdentity, nil
	}
	return c.streams, nil
}

// openStream returns the decrypted data of a stream.
func (c *encryption) openStream(v *View, s *Stream, r io.Reader, n int64) (io.Reader, error) {
	m, err := c.streamMethod(v, s)
	if err != nil || m == methodIdentity {
		return r, err
	}
	return c.decrypter(m, s.ref, r, n)
}

// openStrings decrypts the strings of an object, in place, but for what is never encrypted: the
// contents of a signature (7.6.2).
func (c *encryption) openStrings(o Object, ref Ref) (Object, error) {
	if c.strings == methodIdentity {
		return o, nil
	}
	switch v := o.(type) {
	case String:
		plain, err := c.open(c.strings, ref, v.Value)
		if err != nil {
			return nil, &SyntaxError{Offset: v.Start, Object: ref.Num,
				Problem: "a string that cannot be decrypted"}
		}
		v.Value = plain
		return v, nil
	case Array:
		for i := range v {
			var err error
			if v[i], err = c.openStrings(v[i], ref); err != nil {
				return nil, err
			}
		}
	case *Dict:
		return o, c.openDict(v, ref)
	case *Stream:
		if v.Dict.Get("Type") == Name("XRef") {
			return o, nil
		}
		return o, c.openDict(v.Dict, ref)
	}
	return o, nil
}

func (c *encryption) openDict(d *Dict, ref Ref) error {
	signature := d.Has("ByteRange")
	for i := range d.entries {
		e := &d.entries[i]
		if signature && e.key == "Contents" {
			continue
		}
		var err error
		if e.value, err = c.openStrings(e.value, ref); err != nil {
			return err
		}
	}
	return nil
}

// sealer returns what encrypts the strings of an object, nil when nothing does.
func (c *encryption) sealer(ref Ref) sealer {
	if c == nil || c.strings == methodIdentity {
		return nil
	}
	return func(plain []byte) ([]byte, error) { return c.seal(c.strings, ref, plain) }
}

// sealStream encrypts the data of a made stream.
func (c *encryption) sealStream(v *View, ref Ref, s *Stream) ([]byte, error) {
	if c == nil {
		return s.Data, nil
	}
	m, err := c.streamMethod(v, s)
	if err != nil || m == methodIdentity {
		return s.Data, err
	}
	return c.seal(m, ref, s.Data)
}
