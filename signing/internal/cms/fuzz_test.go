package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// FuzzRead: any input gives a value or an error with its place, the same at hand and as a stream,
// and what was read can be judged and written again.
func FuzzRead(f *testing.F) {
	_, e := signerOf(f, certtest.P256)
	d, err := prepare(f, e, nil).Sign(e.Key)
	if err != nil {
		f.Fatal(err)
	}
	attached, err := d.MarshalAttached(content)
	if err != nil {
		f.Fatal(err)
	}
	detached, err := d.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(attached)
	f.Add(detached)
	var stream bytes.Buffer
	s, err := cms.NewStream(&stream, cms.Parameters{Hash: crypto.SHA256})
	if err == nil {
		_, _ = s.Write(content)
		err = s.Close(d)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stream.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		one, errOne := cms.ReadBytes(in, cms.ReadOptions{})
		two, errTwo := cms.Read(bytes.NewReader(in), cms.ReadOptions{})
		if (errOne == nil) != (errTwo == nil) {
			t.Fatalf("at hand %v; as a stream %v", errOne, errTwo)
		}
		if errOne != nil {
			if _, ok := errors.AsType[*ber.Error](errOne); !ok {
				t.Fatalf("error without its place: %v", errOne)
			}
			return
		}
		if len(one.Signers) != len(two.Signers) || one.ContentLength != two.ContentLength {
			t.Fatal("two readings")
		}
		for _, s := range one.Signers {
			if err := s.Verify(e.Certificate, one); err == nil && s.Err != nil {
				t.Fatal("an entry with an error verifies")
			}
			_ = s.Binding(e.Certificate)
			for _, a := range cms.Find(s.Unsigned, cms.OIDCounterSignature) {
				for _, v := range a.Values {
					_ = cms.ParseCounter(v, 0).Err
				}
			}
		}
		_, _ = one.Revocation()
		_ = cms.ParseCertificates(one.X509())
		if len(one.Signers) > 0 {
			out, err := one.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cms.Parse(out); err != nil {
				t.Fatalf("what was read and written cannot be read: %v", err)
			}
		}
	})
}

// FuzzCounter reads SignerInfos, attributes and all.
func FuzzCounter(f *testing.F) {
	_, e := signerOf(f, certtest.P256)
	d, err := prepare(f, e, func(p *cms.Parameters) { p.Counter = true }).Sign(e.Key)
	if err != nil {
		f.Fatal(err)
	}
	d.Signers[0].AddUnsigned(cms.NewAttribute(cms.OIDSignatureTimestamp, ber.Sequence()))
	f.Add(d.Signers[0].Raw())
	f.Fuzz(func(t *testing.T, in []byte) {
		s := cms.ParseCounter(in, 0)
		if s.Err != nil {
			return
		}
		back := cms.ParseCounter(s.Raw(), 0)
		if back.Err != nil || !bytes.Equal(back.SignedDER(), s.SignedDER()) {
			t.Fatalf("another signature after writing: %v", back.Err)
		}
	})
}

// FuzzState: a state is refused or gives a value that holds together.
func FuzzState(f *testing.F) {
	_, e := signerOf(f, certtest.P256)
	state, err := prepare(f, e, nil).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	f.Fuzz(func(t *testing.T, in []byte) {
		var p cms.Prepared
		if err := p.UnmarshalBinary(in); err != nil {
			if !errors.Is(err, cms.ErrState) {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, err := p.MarshalBinary(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Size(); err != nil {
			t.Fatal(err)
		}
	})
}
