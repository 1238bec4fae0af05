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

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// field returns the value of one key in "a=b; c=d".
func field(expected, key string) string {
	for _, part := range strings.Split(expected, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if k == key {
			return v
		}
	}
	return ""
}

func readDER(t testing.TB, path string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	return data
}

func TestMadeByDSS(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "made-by-dss")
	for _, row := range rows(t, filepath.Join(dir, "MANIFEST.tsv")) {
		if row["kind"] != "pdf" {
			continue
		}
		t.Run(row["file"], func(t *testing.T) {
			doc, err := os.ReadFile(filepath.Join(dir, row["file"]))
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, row["time"])
			require.NoError(t, err)
			v := signing.Validation{Time: at, Anchors: certificates(t, filepath.Join(dir, row["trust"]))}
			for _, list := range strings.Split(row["crl"], ",") {
				v.CRLs = append(v.CRLs, readDER(t, filepath.Join(dir, list)))
			}
			r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
			if err != nil {
				t.Log(err)
				require.Equal(t, "not-intact", field(row["expected"], "crypto"))
				return
			}
			show(t, r)
			requireLikeDSS(t, row, r)
		})
	}
}

// requireLikeDSS compares with what the manifest says. Where it says that a change is forbidden,
// or that pages or scripts changed, that decides; DSS does not see all of it.
func requireLikeDSS(t *testing.T, row map[string]string, r *signing.Report) {
	t.Helper()
	want := row["expected"]
	requireCryptoOf(t, field(want, "crypto"), r)
	harmful := strings.Contains(row["what"], "forbidden") || strings.Contains(field(want, "modified"),
		"true")
	passed := !strings.Contains(field(want, "indication"), "TOTAL_FAILED") &&
		!strings.Contains(field(want, "indication"), "INDETERMINATE") && field(want, "crypto") == "intact"
	switch {
	case harmful:
		require.Equal(t, signing.StatusInvalid, r.Status())
	case passed || row["key"] == "ed25519": // DSS does not know Ed25519
		require.Equal(t, signing.StatusValid, r.Status())
	default:
		require.NotEqual(t, signing.StatusValid, r.Status())
	}
	stamps := strings.Split(field(want, "timestamps"), ",")
	for _, s := range r.Signatures {
		if s.Level == "document-timestamp" || stamps[0] == "" || len(stamps) != len(s.Timestamps) {
			continue
		}
		for i, x := range s.Timestamps {
			require.Equal(t, stamps[i] == "PASSED", x.Crypto == signing.Intact)
			require.Equal(t, stamps[i] == "PASSED", x.Trust == signing.Trusted)
		}
	}
	levels := strings.Split(row["level"], ",")
	n := 0
	for _, s := range r.Signatures {
		if s.Level != "document-timestamp" && s.Crypto == signing.Intact && n < len(levels) &&
			!strings.Contains(want, "FAILED") {
			require.Equal(t, levels[n], s.Level)
		}
		n++
	}
}

// requireCryptoOf compares the cryptography of all signatures.
func requireCryptoOf(t *testing.T, want string, r *signing.Report) {
	t.Helper()
	broken := 0
	for _, s := range r.Signatures {
		if s.Crypto == signing.Broken {
			broken++
		}
	}
	switch want {
	case "intact":
		require.Zero(t, broken)
	case "not-intact":
		require.NotZero(t, broken)
	}
}

func TestDSSVectors(t *testing.T) {
	t.Parallel()
	for _, row := range rows(t, certtest.Vectors(t, "MANIFEST.tsv")) {
		if !strings.HasPrefix(row["file"], "dss/pades/") {
			continue
		}
		t.Run(strings.TrimPrefix(row["file"], "dss/pades/"), func(t *testing.T) {
			doc, err := os.ReadFile(certtest.Vectors(t, row["file"]))
			require.NoError(t, err)
			v := signing.Validation{Time: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}
			r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
			if row["expected"] == "not-signed" {
				require.ErrorIs(t, err, signing.ErrNotSigned)
				return
			}
			require.NoError(t, err)
			show(t, r)
			requireCryptoOf(t, field(row["expected"], "crypto"), r)
			if field(row["expected"], "sub") == "FORMAT_FAILURE" || strings.Contains(row["expected"],
				"Undefined") ||
				strings.Contains(row["expected"], "AnnotationChanges") {
				require.Equal(t, signing.StatusInvalid, r.Status())
			} else if field(row["expected"], "crypto") == "intact" {
				require.Equal(t, signing.StatusIndeterminate, r.Status(),
					"nobody is trusted, and nothing is wrong")
			}
		})
	}
}
