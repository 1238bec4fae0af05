package cades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// parts is a SignedData in pieces that a forger may put together again.
type parts struct {
	outer       []byte // ContentInfo.contentType
	version     []byte
	digestAlgs  []byte
	contentType []byte
	content     []byte // nil: detached
	certs, crls [][]byte
	signers     []signerParts
}

// signerParts is a SignerInfo in pieces.
type signerParts struct {
	version, sid, digestAlg, sigAlg, value []byte
	signed, unsigned                       [][]byte // attributes; nil: absent
}

func children(t testing.TB, raw []byte) [][]byte {
	t.Helper()
	var out [][]byte
	require.NoError(t, ber.Children(raw, 0, func(c []byte, _ int64) error {
		out = append(out, c)
		return nil
	}))
	return out
}

func takeApart(t testing.TB, der []byte) *parts {
	t.Helper()
	top := children(t, der)
	data := children(t, children(t, top[1])[0])
	p := &parts{outer: top[0], version: data[0], digestAlgs: data[1]}
	content := children(t, data[2])
	p.contentType = content[0]
	if len(content) > 1 {
		octets := children(t, content[1])[0]
		d, err := cms.Parse(der)
		require.NoError(t, err)
		whole, ok := d.Whole()
		require.True(t, ok, "%d octets", len(octets))
		p.content = whole
	}
	for _, rest := range data[3:] {
		switch rest[0] {
		case 0xa0:
			p.certs = children(t, rest)
		case 0xa1:
			p.crls = children(t, rest)
		case 0x31:
			for _, s := range children(t, rest) {
				p.signers = append(p.signers, takeSigner(t, s))
			}
		}
	}
	return p
}

func takeSigner(t testing.TB, raw []byte) signerParts {
	f := children(t, raw)
	s := signerParts{version: f[0], sid: f[1], digestAlg: f[2]}
	f = f[3:]
	if f[0][0] == 0xa0 {
		s.signed, f = children(t, f[0]), f[1:]
	}
	s.sigAlg, s.value, f = f[0], f[1], f[2:]
	if len(f) > 0 {
		s.unsigned = children(t, f[0])
	}
	return s
}

func (s signerParts) bytes() []byte {
	f := [][]byte{s.version, s.sid, s.digestAlg}
	if s.signed != nil {
		f = append(f, ber.Tagged(0, s.signed...))
	}
	f = append(f, s.sigAlg, s.value)
	if s.unsigned != nil {
		f = append(f, ber.Tagged(1, s.unsigned...))
	}
	return ber.Sequence(f...)
}

func (p *parts) bytes() []byte {
	content := [][]byte{p.contentType}
	if p.content != nil {
		content = append(content, ber.Tagged(0, ber.Octet(p.content)))
	}
	data := [][]byte{p.version, p.digestAlgs, ber.Sequence(content...)}
	if p.certs != nil {
		data = append(data, ber.Tagged(0, p.certs...))
	}
	if p.crls != nil {
		data = append(data, ber.Tagged(1, p.crls...))
	}
	var signers [][]byte
	for _, s := range p.signers {
		signers = append(signers, s.bytes())
	}
	return ber.Sequence(p.outer, ber.Tagged(0, ber.Sequence(append(data, ber.Set(signers...))...)))
}

// target is a genuine signature that forgers start from.
type target struct {
	name string
	file []byte
	v    signing.Validation
	at   time.Time
}

// accepted says whether any reading of the file is valid.
func accepted(t testing.TB, file []byte, v signing.Validation) bool {
	t.Helper()
	r, err := cades.Validate(context.Background(), bytes.NewReader(file), int64(len(file)), v)
	if err != nil {
		return false
	}
	return r.Status() == signing.StatusValid
}

// targets are signatures of our own, of every key, and all that EU DSS made and found good.
func targets(t testing.TB, w *world) []target {
	var out []target
	for _, kind := range kinds {
		s := w.signer(t, kind, "Victim "+string(kind))
		for i, level := range []signing.Level{signing.LevelB, signing.LevelT, signing.LevelLTA} {
			p := w.profile(t, s, level)
			v := w.trust()
			if p.PSS = i == 1; i != 1 {
				p.Detached = true
				v.Detached = given(letter)
			}
			file := sign(t, letter, s, p)
			require.True(t, accepted(t, file, v))
			out = append(out, target{"own " + string(kind) + " " + level.String(), file, v, w.now})
		}
	}
	dir := certtest.Vectors(t, "made-by-dss") + "/"
	for _, r := range manifest(t, dir+"MANIFEST.tsv") {
		if r["kind"] != "cms" || !strings.Contains(r["expected"], "TOTAL_PASSED") {
			continue
		}
		at, err := time.Parse(time.RFC3339, r["time"])
		require.NoError(t, err)
		v := signing.Validation{Time: at, Anchors: []*x509.Certificate{readCertificate(t,
			dir+r["trust"])},
			Detached: beside(dir + r["detached"])}
		if r["detached"] == "" {
			v.Detached = nil
		}
		file, err := os.ReadFile(dir + r["file"])
		require.NoError(t, err)
		require.True(t, accepted(t, file, v), r["file"])
		out = append(out, target{r["file"], file, v, at})
	}
	return out
}

// TestForgeries: none is accepted.
func TestForgeries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := newWorldOf(t, certtest.P384)
	attacker := stranger.signer(t, certtest.P256, "Attacker")
	twin := w.signer(t, certtest.P256, "Twin")
	tried := 0
	rng := rand.New(rand.NewPCG(3161, 6211))
	for _, victim := range targets(t, w) {
		for name, forged := range forgeries(t, victim, attacker, twin) {
			if !certtest.Full() && rng.IntN(4) != 0 {
				continue
			}
			tried++
			if !accepted(t, forged, victim.v) {
				continue
			}
			if err := unsignedOnly(victim.file, forged); err != nil {
				t.Errorf("%s: %s is accepted: %v", victim.name, name, err)
			}
		}
	}
	t.Logf("%d forgeries", tried)
	assert.Greater(t, tried, 1000)
}

// forgeries makes what a forger can make of one signature without its key.
func forgeries(t testing.TB, victim target, attacker, twin signing.Signer) map[string][]byte {
	out := map[string][]byte{}
	make1 := func(name string, change func(*parts, *signerParts)) {
		p := takeApart(t, victim.file)
		change(p, &p.signers[0])
		if forged := p.bytes(); !bytes.Equal(forged, victim.file) {
			out[name] = forged
		}
	}
	genuine := takeApart(t, victim.file)
	require.Equal(t, victim.file, genuine.bytes(), "taken apart and put together again")
	n := len(genuine.signers[0].signed)
	for i := range n {
		name := string(rune('0' + i))
		make1("attribute dropped "+name, func(_ *parts, s *signerParts) {
			s.signed = append(append([][]byte(nil), s.signed[:i]...), s.signed[i+1:]...)
		})
		make1("attribute doubled "+name, func(_ *parts, s *signerParts) {
			s.signed = append(append([][]byte(nil), s.signed...), s.signed[i])
		})
		make1("attribute first "+name, func(_ *parts, s *signerParts) {
			rest := append(append([][]byte(nil), s.signed[:i]...), s.signed[i+1:]...)
			s.signed = append([][]byte{s.signed[i]}, rest...)
			if i == 0 {
				s.signed = append(rest, s.signed[0])
			}
		})
		make1("value doubled "+name, func(_ *parts, s *signerParts) {
			a := children(t, s.signed[i])
			twice := append(children(t, a[1]), children(t, a[1])...)
			s.signed[i] = ber.Sequence(a[0], ber.Set(twice...))
		})
		make1("attribute without value "+name, func(_ *parts, s *signerParts) {
			s.signed[i] = ber.Sequence(children(t, s.signed[i])[0], ber.Set())
		})
		make1("values swapped "+name, func(_ *parts, s *signerParts) {
			a, b := children(t, s.signed[i]), children(t, s.signed[(i+1)%n])
			s.signed[i], s.signed[(i+1)%n] = ber.Sequence(a[0], b[1]), ber.Sequence(b[0], a[1])
		})
		make1("attribute in BER "+name, func(_ *parts, s *signerParts) {
			a := children(t, s.signed[i])
			s.signed[i] = append(append(append([]byte{0x30, 0x80}, a[0]...), a[1]...), 0, 0)
		})
		make1("long length "+name, func(_ *parts, s *signerParts) {
			a := children(t, s.signed[i])
			inner := append(append([]byte(nil), a[0]...), a[1]...)
			head := []byte{0x30, 0x84, 0, 0, byte(len(inner) >> 8), byte(len(inner))}
			s.signed[i] = append(head, inner...)
		})
		make1("moved to unsigned "+name, func(_ *parts, s *signerParts) {
			s.unsigned = append(s.unsigned, s.signed[i])
			s.signed = append(append([][]byte(nil), s.signed[:i]...), s.signed[i+1:]...)
		})
	}
	forgeAlgorithms(make1)
	forgeContent(t, make1)
	forgeSigners(t, make1, victim, attacker, twin)
	for _, tail := range [][]byte{{0}, []byte("\n"), victim.file} {
		name := "data after the signature " + string(rune('0'+len(tail)%10))
		out[name] = append(bytes.Clone(victim.file), tail...)
	}
	return out
}

func forgeAlgorithms(make1 func(string, func(*parts, *signerParts))) {
	for _, h := range algorithm.Hashes() {
		id, _ := algorithm.HashIdentifier(h)
		make1("digest algorithm "+algorithm.HashName(h), func(p *parts, s *signerParts) {
			s.digestAlg, p.digestAlgs = id, ber.Set(id)
		})
		make1("announced algorithm "+algorithm.HashName(h), func(p *parts, _ *signerParts) {
			p.digestAlgs = ber.Set(id)
		})
		for _, scheme := range []algorithm.Scheme{{Key: algorithm.RSA, Hash: h}, algorithm.PSS(h),
			{Key: algorithm.ECDSA, Hash: h},
			{Key: algorithm.RSAPSS, Hash: h, MGFHash: crypto.SHA1, SaltLength: 20},
			{Key: algorithm.RSAPSS, Hash: h, MGFHash: h, SaltLength: 0},
			{Key: algorithm.RSAPSS, Hash: h, MGFHash: h, SaltLength: 33}} {
			sig, err := scheme.Identifier()
			if err != nil {
				continue
			}
			make1("signature algorithm "+scheme.String()+algorithm.HashName(scheme.MGFHash)+string(rune('A'+scheme.SaltLength)),
				func(_ *parts, s *signerParts) { s.sigAlg = sig })
			make1("both algorithms "+scheme.String()+algorithm.HashName(scheme.MGFHash)+string(rune('A'+scheme.SaltLength)),
				func(p *parts, s *signerParts) {
					s.sigAlg, s.digestAlg, p.digestAlgs = sig, id, ber.Set(id)
				})
		}
	}
	make1("no digest algorithm announced", func(p *parts, _ *signerParts) {
		p.digestAlgs = ber.Set()
	})
	for v := byte(0); v < 7; v++ {
		make1("version of SignedData "+string('0'+rune(v)), func(p *parts, _ *signerParts) {
			p.version = []byte{2, 1, v}
		})
		make1("version of SignerInfo "+string('0'+rune(v)), func(_ *parts, s *signerParts) {
			s.version = []byte{2, 1, v}
		})
	}
}

func forgeContent(t testing.TB, make1 func(string, func(*parts, *signerParts))) {
	make1("another ContentInfo", func(p *parts, _ *signerParts) { p.outer = cms.OID(cms.OIDData) })
	make1("another ContentInfo: enveloped", func(p *parts, _ *signerParts) {
		p.outer = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 7, 3}
	})
	make1("another content type", func(p *parts, _ *signerParts) {
		p.contentType = cms.OID(cms.OIDTSTInfo)
	})
	make1("another content type and version", func(p *parts, _ *signerParts) {
		p.contentType, p.version = cms.OID(cms.OIDTSTInfo), []byte{2, 1, 3}
	})
	make1("another content", func(p *parts, _ *signerParts) { p.content = []byte("otra cosa") })
	make1("empty content", func(p *parts, _ *signerParts) { p.content = []byte{} })
	make1("attributes as content", func(p *parts, s *signerParts) {
		p.content, s.signed = ber.Set(s.signed...), nil
	})
	make1("attributes away", func(_ *parts, s *signerParts) { s.signed = nil })
	make1("message digest and content changed", func(p *parts, s *signerParts) {
		p.content = []byte("otra cosa")
		digest := algorithm.Digest(crypto.SHA256, p.content)
		for i, a := range s.signed {
			if bytes.Contains(a, cms.OID(cms.OIDMessageDigest)) {
				s.signed[i] = cms.NewAttribute(cms.OIDMessageDigest, ber.Octet(digest)).Raw
			}
		}
	})
}

func forgeSigners(t testing.TB, make1 func(string, func(*parts, *signerParts)), victim target,
	attacker, twin signing.Signer) {
	own := takeApart(t, resign(t, victim, attacker, cms.Parameters{Protection: true}))
	make1("an attacker beside", func(p *parts, _ *signerParts) {
		p.signers = append(p.signers, own.signers[0])
		p.certs = append(p.certs, own.certs...)
		p.digestAlgs = ber.Set(append(children(t, p.digestAlgs), children(t, own.digestAlgs)...)...)
	})
	make1("an attacker in place", func(p *parts, s *signerParts) {
		*s, p.certs, p.digestAlgs = own.signers[0], append(p.certs, own.certs...), own.digestAlgs
	})
	make1("the attacker's value", func(_ *parts, s *signerParts) { s.value = own.signers[0].value })
	make1("the attacker's name", func(p *parts, s *signerParts) {
		s.sid, p.certs = own.signers[0].sid, append(p.certs, own.certs...)
	})
	make1("the attacker's attributes", func(_ *parts, s *signerParts) {
		s.signed = own.signers[0].signed
	})
	make1("the attacker under the victim's name", func(p *parts, s *signerParts) {
		sid := s.sid
		*s, p.certs, p.digestAlgs = own.signers[0], append(p.certs, own.certs...), own.digestAlgs
		s.sid = sid
	})
	make1("no signer's certificate", func(p *parts, _ *signerParts) { p.certs = nil })
	make1("no signers", func(p *parts, _ *signerParts) { p.signers = nil })
	make1("countersigned by nobody", func(_ *parts, s *signerParts) {
		s.unsigned = append(s.unsigned,
			cms.NewAttribute(cms.OIDCounterSignature, ber.Sequence()).Raw)
	})
	make1("countersigned by the attacker", func(p *parts, s *signerParts) {
		s.unsigned = append(s.unsigned,
			cms.NewAttribute(cms.OIDCounterSignature, own.signers[0].bytes()).Raw)
		p.certs = append(p.certs, own.certs...)
	})
	// A signer whom the victim's trust covers names another's certificate, or none that exists.
	if victim.v.Anchors[0].Equal(twin.Chain[1]) || strings.HasPrefix(victim.name, "own") {
		other := ess(victim.v.Anchors[0].Raw)
		for name, attributes := range map[string][]cms.Attribute{
			"signing-certificate of another": {other},
			"signing-certificate empty": {cms.NewAttribute(cms.OIDSigningCertificateV2,
				ber.Sequence(ber.Sequence()))},
			"v1 beside a v2 that disagrees": {ess(twin.Chain[0].Raw),
				essV1(victim.v.Anchors[0].Raw)},
			"v2 beside a v1 that disagrees": {other, essV1(twin.Chain[0].Raw)},
		} {
			made := takeApart(t, resign(t, victim, twin,
				cms.Parameters{Plain: true, Attributes: attributes}))
			make1(name, func(p *parts, s *signerParts) {
				*s, p.certs, p.digestAlgs = made.signers[0], append(p.certs, made.certs...),
					made.digestAlgs
			})
		}
	}
}

func ess(der []byte) cms.Attribute {
	id := ber.Sequence(ber.Octet(algorithm.Digest(crypto.SHA256, der)))
	return cms.NewAttribute(cms.OIDSigningCertificateV2, ber.Sequence(ber.Sequence(id)))
}

func essV1(der []byte) cms.Attribute {
	id := ber.Sequence(ber.Octet(algorithm.Digest(crypto.SHA1, der)))
	return cms.NewAttribute(cms.OIDSigningCertificate, ber.Sequence(ber.Sequence(id)))
}

// resign signs the victim's content with another key, as CMS allows it.
func resign(t testing.TB, victim target, s signing.Signer, p cms.Parameters) []byte {
	t.Helper()
	d, err := cms.Parse(victim.file)
	require.NoError(t, err)
	p.Chain, p.SigningTime, p.Hash = s.Chain, victim.at, d.Signers[0].Hash
	if _, ok := s.Key.Public().(*ecdsa.PublicKey); !ok {
		_, ok = s.Key.Public().(*rsa.PublicKey)
		require.True(t, ok)
	}
	prepared, err := cms.Prepare(p, d.Signers[0].MessageDigest())
	require.NoError(t, err)
	made, err := prepared.Sign(s.Key)
	require.NoError(t, err)
	der, err := made.Marshal()
	require.NoError(t, err)
	return der
}

// TestOctetsFlipped changes each octet of a signature once: it is not accepted, or it lies in
// what nothing signs.
func TestOctetsFlipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(5652, 319122))
	all := targets(t, w)
	flips, harmless := 0, 0
	for _, victim := range all {
		step := 1
		if !certtest.Full() {
			step = len(victim.file)/120 + 1
		}
		for at := rng.IntN(step); at < len(victim.file); at += step {
			forged := bytes.Clone(victim.file)
			forged[at] ^= byte(1 + rng.IntN(255))
			flips++
			if !accepted(t, forged, victim.v) {
				continue
			}
			harmless++
			if err := unsignedOnly(victim.file, forged); err != nil {
				t.Errorf("%s: octet %d, %#x for %#x: %v", victim.name, at, forged[at],
					victim.file[at], err)
			}
		}
	}
	t.Logf("%d octets flipped, %d in what nothing signs", flips, harmless)
}

// unsignedOnly says how two files differ in more than certificates, lists, unsigned attributes and
// names that compare equal.
func unsignedOnly(a, b []byte) error {
	x, err := cms.Parse(a)
	if err != nil {
		return err
	}
	y, err := cms.Parse(b)
	if err != nil {
		return err
	}
	if x.Version != y.Version || !x.ContentType.Equal(y.ContentType) ||
		len(x.Signers) != len(y.Signers) {
		return errors.New("another version, content type or number of signers")
	}
	for i, s := range x.Signers {
		o := y.Signers[i]
		for n, f := range s.Fields() {
			if n != 1 && !bytes.Equal(f, o.Fields()[n]) {
				return errors.New("another field of SignerInfo")
			}
		}
		if !cms.SameName(s.ID.Issuer, o.ID.Issuer) {
			return errors.New("another signer")
		}
		for _, h := range algorithm.Hashes() {
			p, errP := x.Digest(h)
			q, errQ := y.Digest(h)
			if (errP == nil) != (errQ == nil) || !bytes.Equal(p, q) {
				return errors.New("another content")
			}
		}
	}
	return nil
}

// TestContentBeside: an attached signature says nothing of other content.
func TestContentBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Beside")
	file := sign(t, letter, s, w.profile(t, s, signing.LevelB))
	v := w.trust()
	v.Detached = given(letter)
	assert.True(t, accepted(t, file, v))
	v.Detached = given([]byte("other"))
	assert.False(t, accepted(t, file, v), "a genuine eContent while other content is asked about")
	p := takeApart(t, file)
	p.content = []byte("false")
	v.Detached = given(letter)
	assert.False(t, accepted(t, p.bytes(), v), "a false eContent beside detached content")
}

// TestStampsFail: a damaged or borrowed time stamp or counter-signature fails in its own entry.
func TestStampsFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Stamped")
	one := sign(t, letter, s, w.profile(t, s, signing.LevelT))
	other := sign(t, []byte("other"), s, w.profile(t, s, signing.LevelT))
	p := takeApart(t, one)
	p.signers[0].unsigned = takeApart(t, other).signers[0].unsigned
	r := validate(t, p.bytes(), w.trust())
	require.Len(t, r.Signatures[0].Timestamps, 1)
	assert.Equal(t, signing.Broken, r.Signatures[0].Timestamps[0].Crypto)
	assert.Equal(t, signing.Intact, r.Signatures[0].Crypto)
	assert.True(t, r.Signatures[0].ProvenTime.IsZero())

	var out bytes.Buffer
	require.NoError(t, cades.Countersign(context.Background(), &out,
		bytes.NewReader(one), int64(len(one)),
		"signature-1", nil, s, w.profile(t, s, signing.LevelB)))
	p = takeApart(t, out.Bytes())
	counter := p.signers[0].unsigned
	for i, a := range counter {
		if bytes.Contains(a[:20], cms.OID(cms.OIDCounterSignature)) {
			damaged := bytes.Clone(a)
			damaged[len(damaged)-3] ^= 1
			counter[i] = damaged
		}
	}
	r = validate(t, p.bytes(), w.trust())
	require.Len(t, r.Signatures, 2)
	assert.Equal(t, signing.TotalPassed, r.Signatures[0].Indication)
	assert.Equal(t, signing.TotalFailed, r.Signatures[1].Indication)
	assert.Equal(t, "signature-1", r.Signatures[1].Parent)
}

// TestTooManyStamps: time stamps are not left out in silence.
func TestTooManyStamps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Stamped")
	d, err := cms.Parse(sign(t, letter, s, w.profile(t, s, signing.LevelB)))
	require.NoError(t, err)
	token := ber.Sequence()
	for _, n := range []int{128, 1} { // 128, and one more
		var tokens [][]byte
		for range n {
			tokens = append(tokens, token)
		}
		d.Signers[0].AddUnsigned(cms.NewAttribute(cms.OIDSignatureTimestamp, tokens...))
		der, err := d.Marshal()
		require.NoError(t, err)
		r, err := cades.Validate(context.Background(), bytes.NewReader(der), int64(len(der)), w.trust())
		if n == 1 {
			require.Equal(t, signing.CodeLimitExceeded, signing.CodeOf(err))
			return
		}
		require.NoError(t, err)
		require.Len(t, r.Signatures[0].Timestamps, n)
	}
}

// TestTwinCertificates: two certificates of one issuer's name and one number do not stand for each
// other, wherever they are found.
func TestTwinCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	victim := w.signer(t, certtest.P256, "Victim")
	key := certtest.Key(t, certtest.P256, "impostor")
	forgedIssuer := *victim.Chain[1]
	forgedIssuer.PublicKey = key.Public()
	forged := *victim.Chain[0]
	forged.ExtraExtensions, forged.PublicKey = nil, nil
	der, err := x509.CreateCertificate(nil, &forged, &forgedIssuer, key.Public(), key)
	require.NoError(t, err)
	twin, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	require.Equal(t, victim.Chain[0].RawIssuer, twin.RawIssuer)
	require.Equal(t, victim.Chain[0].SerialNumber, twin.SerialNumber)

	genuine := takeApart(t, sign(t, letter, victim, w.profile(t, victim, signing.LevelB)))
	genuine.certs = append([][]byte{twin.Raw}, genuine.certs...)
	assert.True(t, accepted(t, genuine.bytes(), w.trust()),
		"the impostor beside takes nothing away")

	impostor := signing.Signer{Key: key, Chain: []*x509.Certificate{twin, victim.Chain[1]}}
	for name, p := range map[string]cms.Parameters{
		"his own signing-certificate": {},
		"the victim's signing-certificate": {Plain: true,
			Attributes: []cms.Attribute{ess(victim.Chain[0].Raw)}},
		"no signing-certificate": {Plain: true},
	} {
		p.Chain, p.SigningTime, p.Hash = impostor.Chain, w.now, crypto.SHA256
		prepared, err := cms.Prepare(p, algorithm.Digest(crypto.SHA256, letter))
		require.NoError(t, err)
		d, err := prepared.Sign(key)
		require.NoError(t, err)
		for _, extra := range [][][]byte{nil, {victim.Chain[0].Raw}} {
			d.AddCertificates(extra...)
			file, err := d.MarshalAttached(letter)
			require.NoError(t, err)
			assert.False(t, accepted(t, file, w.trust()), name)
			v := w.trust()
			v.Certificates = victim.Chain
			assert.False(t, accepted(t, file, v), name)
		}
	}
}
