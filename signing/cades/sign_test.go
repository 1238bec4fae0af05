package cades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/tsp"
)

// world is an authority, its signers, its time-stamping authority and its lists.
type world struct {
	pki    *certtest.PKI
	tsa    *tsp.Server
	stamps *certtest.Entity
	now    time.Time
}

func newWorld(t testing.TB) *world { return newWorldOf(t, certtest.P256) }

// newWorldOf has an authority with keys of that kind: two of one kind are the same authority.
func newWorldOf(t testing.TB, kind certtest.KeyKind) *world {
	t.Helper()
	w := &world{pki: certtest.NewPKI(t, kind), now: time.Now()}
	w.stamps = w.pki.TSA(t, certtest.Template{Kind: certtest.P256})
	var err error
	w.tsa, err = tsp.NewServer(tsp.ServerConfig{Signer: signing.Signer{Key: w.stamps.Key,
		Chain: w.stamps.Chain()},
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Clock: time.Now,
		// The judge der takes exponential time over a default value deep inside, as SHA-256 is in
		// signing-certificate-v2.
		Hash: crypto.SHA512})
	require.NoError(t, err)
	return w
}

func (w *world) signer(t testing.TB, kind certtest.KeyKind, name string) signing.Signer {
	t.Helper()
	tpl := certtest.Template{Kind: kind}
	tpl.Subject.CommonName = name
	e := w.pki.Signer(t, tpl)
	return signing.Signer{Key: e.Key, Chain: e.Chain()}
}

// evidence is what levels LT and LTA are made with: lists only, or answers where there are any.
func (w *world) evidence(t testing.TB, s signing.Signer, online bool) signing.Validation {
	v := signing.Validation{Anchors: []*x509.Certificate{w.pki.Root.Certificate}, Time: time.Now(),
		CRLs: [][]byte{w.pki.Root.CRL(t)}}
	if online {
		about := func(c *x509.Certificate) []byte {
			return w.pki.Sub.OCSP(t, &certtest.Entity{Certificate: c}, ocsp.Good)
		}
		v.OCSPs = [][]byte{about(s.Chain[0]), about(w.stamps.Certificate)}
	} else {
		v.CRLs = append(v.CRLs, w.pki.Sub.CRL(t))
	}
	return v
}

func (w *world) trust() signing.Validation {
	return signing.Validation{Anchors: []*x509.Certificate{w.pki.Root.Certificate},
		Time: time.Now()}
}

func (w *world) profile(t testing.TB, s signing.Signer, level signing.Level) cades.Profile {
	return cades.Profile{Level: level, SigningTime: w.now, Timestamper: w.tsa,
		Validation: w.evidence(t, s, false)}
}

var letter = []byte("Estimado señor: adjunto la propuesta.\r\n")

func sign(t testing.TB, content []byte, s signing.Signer, p cades.Profile) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, cades.Sign(context.Background(), &out, bytes.NewReader(content), s, p))
	return out.Bytes()
}

func given(content []byte) func(string) (io.ReadCloser, error) {
	return func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}
}

func contentOf(content []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return given(content)("") }
}

var kinds = []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521,
	certtest.Ed25519}

var levels = []signing.Level{signing.LevelB, signing.LevelT, signing.LevelLT, signing.LevelLTA}

// TestStrangersAccept: everything that is made, at every level, with every key, attached and
// detached, is trusted by EU DSS at that level and by OpenSSL, is DER by a third, and by us.
func TestStrangersAccept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := certtest.WritePEM(t, w.pki.Root.Certificate)
	data := certtest.WriteFile(t, "letter-*.txt", letter)
	rootList := certtest.WriteFile(t, "root-*.crl", w.pki.Root.CRL(t))
	subList := certtest.WriteFile(t, "sub-*.crl", w.pki.Sub.CRL(t))
	var jobs, edwards []certtest.Job
	want := map[string]string{}
	for k, kind := range kinds {
		s := w.signer(t, kind, "Signer "+string(kind))
		for l, level := range levels {
			for n, change := range []func(*cades.Profile){
				nil,
				func(p *cades.Profile) { p.Detached = true },
				func(p *cades.Profile) {
					p.Detached, p.KeyID, p.PSS, p.MimeType = true, true, true, "text/plain"
					p.ContentTimestamper = w.tsa
					if kind != certtest.Ed25519 {
						p.Hash = crypto.SHA384
					}
					p.Validation = w.evidence(t, s, true)
				},
			} {
				if !certtest.Full() && (k+l+n)%3 != 0 {
					continue // each key, level and form still occurs
				}
				p := w.profile(t, s, level)
				if change != nil {
					change(&p)
				}
				out := sign(t, letter, s, p)
				v := w.trust()
				job := certtest.Job{Trust: []string{root}, CRL: []string{rootList, subList},
					File: certtest.WriteFile(t, fmt.Sprintf("%s-%s-%d-*.p7m", kind, level, n), out)}
				if p.Detached {
					v.Detached, job.Detached = given(letter), data
				}
				r := validate(t, out, v)
				require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
				assert.Equal(t, "CAdES-BASELINE-"+level.String(), r.Signatures[0].Level)
				want[job.File] = r.Signatures[0].Level
				if kind == certtest.Ed25519 {
					job.Policy = "lenient"
					edwards = append(edwards, job)
				} else {
					jobs = append(jobs, job)
				}
			}
		}
	}
	lines := certtest.Judge(t, "cms", "dss,openssl,der", jobs...)
	// OpenSSL 3.0 has no Ed25519 in CMS; EU DSS, lenient, is the only judge of it.
	lines = append(lines, certtest.Judge(t, "cms", "dss,der", edwards...)...)
	require.Len(t, lines, 3*len(jobs)+2*len(edwards))
	for _, line := range lines {
		assert.True(t, line.Accepted, "%s %s: %s %+v", line.Judge, line.File, line.Error,
			line.Signatures)
		if line.Judge == "dss" && len(line.Signatures) == 1 {
			assert.Equal(t, want[line.File], line.Signatures[0].Level, line.File)
		}
	}
}

// TestParallelAndCounter: several people on one content, and on one another.
func TestParallelAndCounter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.signer(t, certtest.RSA2048, "First"), w.signer(t, certtest.P256, "Second")
	third := w.signer(t, certtest.P384, "Third")
	root := certtest.WritePEM(t, w.pki.Root.Certificate)
	data := certtest.WriteFile(t, "letter-*.txt", letter)
	lists := []string{certtest.WriteFile(t, "root-*.crl", w.pki.Root.CRL(t)),
		certtest.WriteFile(t, "sub-*.crl", w.pki.Sub.CRL(t))}
	var jobs []certtest.Job
	for _, detached := range []bool{false, true} {
		p := w.profile(t, first, signing.LevelT)
		p.Detached = detached
		out := sign(t, letter, first, p)
		var content func() (io.ReadCloser, error)
		v := w.trust()
		job := certtest.Job{Trust: []string{root}, CRL: lists}
		if detached {
			content, v.Detached, job.Detached = contentOf(letter), given(letter), data
		}
		step := func(do func(dst io.Writer, doc io.ReaderAt, size int64) error) {
			var next bytes.Buffer
			require.NoError(t, do(&next, bytes.NewReader(out), int64(len(out))))
			out = next.Bytes()
		}
		ctx := context.Background()
		step(func(dst io.Writer, doc io.ReaderAt, size int64) error {
			p := w.profile(t, second, signing.LevelB)
			p.Hash = crypto.SHA512
			return cades.Cosign(ctx, dst, doc, size, content, second, p)
		})
		step(func(dst io.Writer, doc io.ReaderAt, size int64) error {
			return cades.Countersign(ctx, dst, doc, size, "signature-1", content, third,
				w.profile(t, third, signing.LevelT))
		})
		step(func(dst io.Writer, doc io.ReaderAt, size int64) error {
			return cades.Countersign(ctx, dst, doc, size, "signature-1.1", content, second,
				w.profile(t, second, signing.LevelB))
		})
		r := validate(t, out, v)
		require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
		var ids, parents []string
		for _, s := range r.Signatures {
			ids, parents = append(ids, s.ID), append(parents, s.Parent)
		}
		assert.Equal(t, "signature-1 signature-1.1 signature-1.1.1 signature-2",
			strings.Join(ids, " "))
		assert.Equal(t, []string{"", "signature-1", "signature-1.1", ""}, parents)
		job.File = certtest.WriteFile(t, "many-*.p7m", out)
		jobs = append(jobs, job)
		step(func(dst io.Writer, doc io.ReaderAt, size int64) error {
			return cades.Extend(ctx, dst, doc, size, signing.LevelLTA,
				cades.Extension{Timestamper: w.tsa,
					Validation: w.evidence(t, first, false), Content: content})
		})
		r = validate(t, out, v)
		require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
		job.File = certtest.WriteFile(t, "many-lta-*.p7m", out)
		jobs = append(jobs, job)
		err := cades.Countersign(ctx, io.Discard, bytes.NewReader(out), int64(len(out)),
			"signature-9",
			content, third, w.profile(t, third, signing.LevelB))
		require.ErrorIs(t, err, cades.ErrNoSuchSignature)
	}
	for _, line := range certtest.Judge(t, "cms", "dss,openssl", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s %+v", line.Judge, line.File, line.Error,
			line.Signatures)
	}
}

func TestTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	big := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	for _, content := range [][]byte{letter, big} {
		for _, level := range levels {
			for _, detached := range []bool{false, true} {
				s := w.signer(t, certtest.P256, "Remote")
				p := w.profile(t, s, level)
				p.Detached = detached
				prepared, err := cades.Prepare(ctx, bytes.NewReader(content), s.Chain, p)
				require.NoError(t, err)
				state, err := prepared.MarshalBinary()
				require.NoError(t, err)
				require.Less(t, len(state), 4096)
				later := new(cades.Prepared)
				require.NoError(t, later.UnmarshalBinary(state))
				h := later.Hash().New()
				h.Write(later.ToBeSigned())
				opts, err := later.Options()
				require.NoError(t, err)
				value, err := s.Key.Sign(nil, h.Sum(nil), opts)
				require.NoError(t, err)
				e := cades.Extension{Timestamper: w.tsa, Validation: p.Validation}
				var out bytes.Buffer
				require.NoError(t, later.Complete(ctx, &out, bytes.NewReader(content), value, e))
				v := w.trust()
				if detached {
					v.Detached = given(content)
				}
				r := validate(t, out.Bytes(), v)
				require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)

				err = later.Complete(ctx, io.Discard, bytes.NewReader(content),
					append(value[:len(value)-1:len(value)-1], value[len(value)-1]^1), e)
				require.ErrorIs(t, err, cades.ErrMismatch)
				if !detached {
					err = later.Complete(ctx, io.Discard, bytes.NewReader(content[1:]), value, e)
					require.ErrorIs(t, err, cades.ErrContent)
				}
				for i := range state { // a damaged state is refused or gives no signature
					bad := append([]byte(nil), state...)
					bad[i] ^= 1 << (i % 8)
					damaged := new(cades.Prepared)
					if damaged.UnmarshalBinary(bad) == nil && level == signing.LevelB && detached &&
						i%7 == 0 {
						var out bytes.Buffer
						if damaged.Complete(ctx, &out, nil, value, e) == nil {
							v.Detached = given(content)
							require.NotEmpty(t, validate(t, out.Bytes(), v).Signatures)
						}
					}
				}
			}
		}
	}
}

// TestLargeContent: more than is held in memory, attached at every level.
func TestLargeContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Large")
	root := certtest.WritePEM(t, w.pki.Root.Certificate)
	content := bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz\n"), 200_000)
	var jobs []certtest.Job
	for _, level := range levels {
		p := w.profile(t, s, level)
		out := sign(t, content, s, p)
		r := validate(t, out, w.trust())
		require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
		require.Equal(t, "CAdES-BASELINE-"+level.String(), r.Signatures[0].Level)
		var copied bytes.Buffer
		require.NoError(t, cades.CopyContent(&copied, bytes.NewReader(out), int64(len(out))))
		require.True(t, bytes.Equal(content, copied.Bytes()))
		jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "large-*.p7m", out),
			Trust: []string{root}})
		if level == signing.LevelLT {
			err := cades.Sign(context.Background(), io.Discard,
				io.MultiReader(bytes.NewReader(content)), s, p)
			var profile *cades.ProfileError
			require.ErrorAs(t, err, &profile)
		}
		if level == signing.LevelB { // what streamed can be extended
			var longer bytes.Buffer
			require.NoError(t, cades.Extend(context.Background(), &longer,
				bytes.NewReader(out), int64(len(out)), signing.LevelLTA,
				cades.Extension{Timestamper: w.tsa, Validation: p.Validation}))
			r := validate(t, longer.Bytes(), w.trust())
			require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "longer-*.p7m",
				longer.Bytes()), Trust: []string{root}})
		}
	}
	for _, line := range certtest.Judge(t, "cms", "openssl,dss", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s %+v", line.Judge, line.File, line.Error,
			line.Signatures)
	}
}

// TestTwoStepsInADocument: parallel and counter-signatures by a key elsewhere, others signing
// meanwhile.
func TestTwoStepsInADocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, remote := w.signer(t, certtest.P256, "First"), w.signer(t, certtest.RSA2048, "Remote")
	ctx := context.Background()
	for _, detached := range []bool{false, true} {
		p := w.profile(t, first, signing.LevelB)
		p.Detached = detached
		doc := sign(t, letter, first, p)
		v, e := w.trust(), cades.Extension{Timestamper: w.tsa}
		var content func() (io.ReadCloser, error)
		if detached {
			content, v.Detached = contentOf(letter), given(letter)
		}
		e.Content = content
		in := func() (io.ReaderAt, int64) { return bytes.NewReader(doc), int64(len(doc)) }
		for _, target := range []string{"", "signature-1", "signature-1.1"} {
			at, size := in()
			var prepared *cades.Prepared
			var err error
			q := w.profile(t, remote, signing.LevelT)
			if target == "" {
				prepared, err = cades.PrepareCosign(ctx, at, size, content, remote.Chain, q)
			} else {
				prepared, err = cades.PrepareCountersign(ctx, at, size, target, content,
					remote.Chain, q)
			}
			require.NoError(t, err)
			state, err := prepared.MarshalBinary()
			require.NoError(t, err)
			later := new(cades.Prepared)
			require.NoError(t, later.UnmarshalBinary(state))
			digest := sha256.Sum256(later.ToBeSigned())
			value, err := remote.Key.Sign(nil, digest[:], crypto.SHA256)
			require.NoError(t, err)

			var meanwhile, out bytes.Buffer
			require.NoError(t, cades.Cosign(ctx, &meanwhile, at, size, content, first,
				w.profile(t, first, signing.LevelB)))
			doc = meanwhile.Bytes()
			at, size = in()
			var profile *cades.ProfileError
			require.ErrorAs(t,
				later.Complete(ctx, io.Discard, bytes.NewReader(letter), value, e), &profile)
			require.ErrorIs(t, later.CompleteIn(ctx, io.Discard, at, size, value[1:], e),
				cades.ErrMismatch)
			other := sign(t, []byte("other"), first, w.profile(t, first, signing.LevelB))
			require.Error(t, later.CompleteIn(ctx, io.Discard,
				bytes.NewReader(other), int64(len(other)),
				value, cades.Extension{Timestamper: w.tsa}))
			require.NoError(t, later.CompleteIn(ctx, &out, at, size, value, e))
			doc = out.Bytes()
			r := validate(t, doc, v)
			require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
		}
		r := validate(t, doc, v)
		require.Len(t, r.Signatures, 7)
	}
}
