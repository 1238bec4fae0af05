package pades_test

import (
	"bytes"
	"context"
	"encoding/pem"
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

func TestValidateVectors(t *testing.T) {
	dir := certtest.Vectors(t, "made-by-pyhanko")
	for _, row := range rows(t, filepath.Join(dir, "MANIFEST.tsv")) {
		doc, err := os.ReadFile(filepath.Join(dir, row["file"]))
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, row["time"])
		require.NoError(t, err)
		v := signing.Validation{Time: at, DocumentPassword: []byte(row["password"])}
		v.Anchors = certificates(t, filepath.Join(dir, row["trust"]))
		r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
		if err != nil {
			t.Logf("%s [%s %s]: ERROR %v", row["file"], row["expect"], row["crypto"], err)
			continue
		}
		t.Logf("%s [%s %s]: %s", row["file"], row["expect"], row["crypto"], r.Status())
		for _, s := range r.Signatures {
			t.Logf("    %s %s %s %s %s/%s", s.ID, s.Level, s.Crypto, s.Coverage, s.Indication, s.SubIndication)
			for _, m := range s.Modifications {
				t.Logf("        mod %v", m)
			}
			for _, f := range s.Findings {
				t.Logf("        %v", f)
			}
		}
	}
}
