package cades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// row is one line of a manifest, by the names of its columns.
type row map[string]string

func manifest(t testing.TB, path string) []row {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for i, v := range strings.Split(line, "\t") {
			if i < len(names) {
				r[names[i]] = v
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// expectation splits "crypto=intact; sub=-" into its parts.
func expectation(s string) row {
	r := row{}
	for _, part := range strings.Split(s, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		r[k] = v
	}
	return r
}

func readDER(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	if block, _ := pem.Decode(raw); block != nil {
		return block.Bytes
	}
	return raw
}

func readCertificate(t testing.TB, path string) *x509.Certificate {
	t.Helper()
	c, err := certificate.Parse(readDER(t, path))
	require.NoError(t, err)
	return c
}

func beside(path string) func(string) (io.ReadCloser, error) {
	if path == "" {
		return nil
	}
	return func(string) (io.ReadCloser, error) { return os.Open(path) }
}

func validate(t testing.TB, file []byte, v signing.Validation) *signing.Report {
	t.Helper()
	r, err := cades.Validate(context.Background(), bytes.NewReader(file), int64(len(file)), v)
	require.NoError(t, err)
	return r
}

// words is what a report says, in the words of the manifests.
func words(r *signing.Report) (crypto, indication, sub, stamps string) {
	intact, all := 0, len(r.Signatures)
	var indications, subs, times []string
	for _, s := range r.Signatures {
		if s.Crypto == signing.Intact {
			intact++
		}
		indications = append(indications, strings.ReplaceAll(string(s.Indication), "-", "_"))
		subs = append(subs, string(s.SubIndication))
		if s.SubIndication == "" {
			subs[len(subs)-1] = "-"
		}
		for _, ts := range s.Timestamps {
			word := "INDETERMINATE"
			switch {
			case ts.Crypto == signing.Broken:
				word = "FAILED"
			case ts.Trust == signing.Trusted:
				word = "PASSED"
			}
			times = append(times, word)
		}
	}
	crypto = "mixed"
	switch intact {
	case all:
		crypto = "intact"
	case 0:
		crypto = "not-intact"
	}
	return crypto, strings.Join(indications, ","), strings.Join(subs, ","), strings.Join(times, ",")
}

// TestMadeByDSS: every verdict that EU DSS gave with trust, time and lists. Where our words are
// finer or follow another clause, the difference is written down and why.
func TestMadeByDSS(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "made-by-dss") + "/"
	// CERTIFICATE_CHAIN_GENERAL_FAILURE is what DSS says of a signer that is not in his dates; by
	// EN 319 102-1, 5.2.6 it is OUT_OF_BOUNDS_NO_POE.
	finer := map[string]string{"CERTIFICATE_CHAIN_GENERAL_FAILURE": "OUT_OF_BOUNDS_NO_POE"}
	// Ed25519 is not on DSS's list of good algorithms; RFC 8419 and TS 119 312 have it.
	better := "ed25519"
	judged := 0
	for _, r := range manifest(t, dir+"MANIFEST.tsv") {
		if r["kind"] != "cms" {
			continue
		}
		judged++
		t.Run(r["file"], func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, r["time"])
			require.NoError(t, err)
			v := signing.Validation{Time: at, Anchors: []*x509.Certificate{readCertificate(t,
				dir+r["trust"])}}
			for _, crl := range strings.Split(r["crl"], ",") {
				v.CRLs = append(v.CRLs, readDER(t, dir+crl))
			}
			if r["detached"] != "" {
				v.Detached = beside(dir + r["detached"])
			}
			file, err := os.ReadFile(dir + r["file"])
			require.NoError(t, err)
			report := validate(t, file, v)
			want := expectation(r["expected"])
			crypto, indication, sub, stamps := words(report)
			assert.Equal(t, want["crypto"], crypto)
			assert.Equal(t, want["sigs"], fmt.Sprint(len(report.Signatures)))
			assert.Equal(t, want["timestamps"], stamps)
			if r["key"] == better {
				assert.Equal(t, "TOTAL_PASSED", indication)
			} else {
				assert.Equal(t, want["indication"], indication)
				if finer[want["sub"]] != "" {
					want["sub"] = finer[want["sub"]]
				}
				assert.Equal(t, want["sub"], sub)
			}
			assert.Equal(t, r["level"], report.Signatures[0].Level)
			if t.Failed() {
				t.Logf("%+v", report)
			}
		})
	}
	assert.Equal(t, 25, judged)
}

// TestFixturesOfDSS: cryptography and level of the validation fixtures of EU DSS, where its own
// tests state them.
func TestFixturesOfDSS(t *testing.T) {
	t.Parallel()
	root := certtest.Vectors(t) + "/"
	judged := 0
	for _, r := range manifest(t, root+"MANIFEST.tsv") {
		if !strings.HasPrefix(r["file"], "dss/cades/") ||
			!strings.HasPrefix(r["expected"], "crypto=") {
			continue
		}
		judged++
		t.Run(filepath.Base(r["file"]), func(t *testing.T) {
			t.Parallel()
			want := expectation(r["expected"])
			v := signing.Validation{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			if want["detached"] != "" {
				v.Detached = beside(root + "dss/cades/detached/" + want["detached"])
			}
			file, err := os.ReadFile(root + r["file"])
			require.NoError(t, err)
			report := validate(t, file, v)
			crypto, _, _, _ := words(report)
			word, _, _ := strings.Cut(want["crypto"], " ")
			assert.Equal(t, word, crypto)
			// DSS says C of a signature whose archive time stamps are of version 2 and whose chain
			// it cannot complete; it carries what TS 101 733 calls A.
			if level := want["level"]; level != "" && !strings.Contains(r["file"], "dss-1670") {
				level = strings.ReplaceAll(level, "_", "-")
				if crypto == "intact" {
					assert.Equal(t, level, report.Signatures[0].Level)
				}
			}
			if t.Failed() {
				t.Logf("%+v", report)
			}
		})
	}
	assert.Equal(t, 23, judged)
}

// TestBareToken: a file that is a time stamp is judged as one.
func TestBareToken(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "made-by-dss") + "/"
	for _, r := range manifest(t, dir+"MANIFEST.tsv") {
		if r["kind"] != "tsr" {
			continue
		}
		at, err := time.Parse(time.RFC3339, r["time"])
		require.NoError(t, err)
		file, err := os.ReadFile(dir + r["file"])
		require.NoError(t, err)
		report := validate(t, file, signing.Validation{Time: at,
			Detached: beside(dir + r["detached"]),
			Anchors:  []*x509.Certificate{readCertificate(t, dir+r["trust"])}})
		want := expectation(r["expected"])
		crypto, indication, sub, _ := words(report)
		assert.Equal(t, want["crypto"], crypto)
		assert.Equal(t, want["indication"], strings.TrimPrefix(indication, "TOTAL_"))
		assert.Equal(t, want["sub"], sub)
		assert.Equal(t, "tsp", report.Format)
	}
}
