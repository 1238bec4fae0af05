package xades_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// row is one line of a manifest: the first column names the file.
type row []string

func manifest(t *testing.T, elements ...string) []row {
	t.Helper()
	f, err := os.Open(certtest.Vectors(t, elements...))
	require.NoError(t, err)
	defer f.Close()
	var rows []row
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		rows = append(rows, strings.Split(in.Text(), "\t"))
	}
	require.NoError(t, in.Err())
	return rows
}

func certificatesIn(t *testing.T, folder string) []*x509.Certificate {
	t.Helper()
	var list []*x509.Certificate
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if block, _ := pem.Decode(data); block != nil {
			data = block.Bytes
		}
		if c, err := certificate.Parse(data); err == nil {
			list = append(list, c)
		}
		return nil
	})
	require.NoError(t, err)
	return list
}

// cryptoOf sums up the signatures of a report, as the manifests do.
func cryptoOf(r *signing.Report) string {
	all := map[signing.Crypto]int{}
	for _, s := range r.Signatures {
		all[s.Crypto]++
	}
	switch {
	case all[signing.Broken] > 0:
		return "not-intact"
	case all[signing.Unsupported] > 0:
		return "unsupported"
	}
	return "intact"
}

// unsupportedFeature names what a signature was not judged for.
func unsupportedFeature(r *signing.Report) string {
	for _, s := range r.Signatures {
		for _, f := range s.Findings {
			if s.Crypto == signing.Unsupported && (strings.HasPrefix(f.Code, "unsupported-") ||
				f.Code == "forbidden-algorithm" || f.Code == "signed-data-not-found") {
				return f.Code + ": " + f.Message
			}
		}
	}
	return "?"
}

// TestInterop runs the XMLDSig interoperability vectors. A supported algorithm never fails; an
// unsupported one is typed, and listed with its count.
func TestInterop(t *testing.T) {
	t.Parallel()
	features := map[string]int{}
	good, bad := 0, 0
	for _, r := range manifest(t, "MANIFEST.tsv") {
		if !strings.HasPrefix(r[0], "xmldsig-interop/") || !strings.HasSuffix(r[0], ".xml") {
			continue
		}
		expected := strings.Fields(r[2])[0]
		if expected != "success" && expected != "fail" {
			continue
		}
		path := certtest.Vectors(t, r[0])
		doc, err := os.ReadFile(path)
		require.NoError(t, err)
		report, err := xades.Validate(context.Background(), doc, signing.Validation{
			Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
			Certificates: append(certificatesIn(t, certtest.Vectors(t, "xmldsig-interop", "keys")),
				certificatesIn(t, filepath.Dir(path))...),
			Detached: externalData(t, filepath.Dir(path)),
		})
		if err != nil {
			features["refused: "+string(signing.CodeOf(err))]++
			continue
		}
		switch got := cryptoOf(report); got {
		case "intact":
			good++
		case "unsupported":
			features[unsupportedFeature(report)]++
		default:
			bad++
			t.Errorf("%s: expected %s, got %s: %+v", r[0], r[2][:min(len(r[2]), 80)], got, report.Signatures[0].Findings)
		}
	}
	list := make([]string, 0, len(features))
	for f, n := range features {
		list = append(list, fmt.Sprintf("%3d %s", n, f))
	}
	sort.Strings(list)
	t.Logf("intact %d, wrong %d; not judged:\n%s", good, bad, strings.Join(list, "\n"))
	require.GreaterOrEqual(t, good, 59)
}

// externalData answers the outside references of the interoperability vectors.
func externalData(t *testing.T, own string) func(string) (io.ReadCloser, error) {
	folder := certtest.Vectors(t, "xmldsig-interop", "external-data")
	return func(name string) (io.ReadCloser, error) {
		base := filepath.Base(name)
		if strings.HasSuffix(name, "xml-stylesheet") {
			base = "xml-stylesheet-2005"
		}
		if f, err := os.Open(filepath.Join(own, base)); err == nil {
			return f, nil
		}
		return os.Open(filepath.Join(folder, base))
	}
}

// dssXAdES are verdicts of the fixtures of EU DSS where ours is another word for good reason.
func TestDSSFixtures(t *testing.T) {
	t.Parallel()
	unsupported := map[string]int{}
	for _, r := range manifest(t, "MANIFEST.tsv") {
		if !strings.HasPrefix(r[0], "dss/xades/") || !strings.HasSuffix(r[0], ".xml") {
			continue
		}
		doc, err := os.ReadFile(certtest.Vectors(t, r[0]))
		require.NoError(t, err)
		report, err := xades.Validate(context.Background(), doc, signing.Validation{
			Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			require.Equal(t, signing.CodeDTDForbidden, signing.CodeOf(err), "%s: %v", r[0], err)
			unsupported["dtd-forbidden"]++
			continue
		}
		got, want := cryptoOf(report), expectation(r[2], "crypto")
		if got == "unsupported" {
			unsupported[unsupportedFeature(report)]++
			continue
		}
		t.Logf("%s: want %s, got %s %s %s", r[0], r[2], got, report.Signatures[0].Level, report.Signatures[0].Binding)
		switch want {
		case "intact", "not-intact":
			assert.Equal(t, want, got, "%s: %+v", r[0], report.Signatures[0].Findings)
		case "special":
			assert.Equal(t, "not-intact", got, r[0])
		}
		if level := expectation(r[2], "level"); level != "" {
			assert.True(t, sameLevel(level, report.Signatures), "%s: want %s, got %s", r[0], level, report.Signatures[0].Level)
		}
	}
	t.Log(unsupported)
}

// expectation reads "key=value; key=value".
func expectation(s, key string) string {
	for part := range strings.SplitSeq(s, ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok && k == key {
			return v
		}
	}
	return ""
}

// sameLevel compares sets: the order of signatures is not the same everywhere.
func sameLevel(want string, list []signing.Signature) bool {
	var levels, got []string
	for level := range strings.SplitSeq(want, "/") {
		levels = append(levels, strings.ReplaceAll(level, "_", "-"))
	}
	for _, s := range list {
		got = append(got, s.Level)
	}
	sort.Strings(levels)
	sort.Strings(got)
	return slices.Equal(levels, got)
}

func TestMadeByDSS(t *testing.T) {
	t.Parallel()
	folder := certtest.Vectors(t, "made-by-dss")
	for _, r := range manifest(t, "made-by-dss", "MANIFEST.tsv") {
		if len(r) < 10 || r[1] != "xml" {
			continue
		}
		doc, err := os.ReadFile(filepath.Join(folder, r[0]))
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, r[9])
		require.NoError(t, err)
		v := signing.Validation{Time: at, Anchors: certificatesIn(t, filepath.Join(folder, r[6]))}
		for list := range strings.SplitSeq(r[7], ",") {
			crl, err := os.ReadFile(filepath.Join(folder, list))
			require.NoError(t, err)
			if block, _ := pem.Decode(crl); block != nil {
				crl = block.Bytes
			}
			v.CRLs = append(v.CRLs, crl)
		}
		if r[8] != "" {
			v.Detached = func(string) (io.ReadCloser, error) { return os.Open(filepath.Join(folder, r[8])) }
		}
		report, err := xades.Validate(context.Background(), doc, v)
		require.NoError(t, err, r[0])
		checkMadeByDSS(t, r, report)
	}
}

func checkMadeByDSS(t *testing.T, r row, report *signing.Report) {
	want := r[3]
	first := report.Signatures[0]
	about := fmt.Sprintf("%s (%s): want %s %s; got %s %s %s %s %+v %+v", r[0], r[2], want, r[5], first.Crypto,
		first.Indication, first.SubIndication, first.Level, first.Findings, first.Timestamps)
	assert.Equal(t, expectation(want, "crypto"), cryptoOf(report), about)
	if n := expectation(want, "sigs"); n != "" {
		assert.Equal(t, n, fmt.Sprint(len(report.Signatures)), about)
	}
	for i, indication := range strings.Split(expectation(want, "indication"), ",") {
		got := strings.ReplaceAll(string(report.Signatures[min(i, len(report.Signatures)-1)].Indication), "-", "_")
		if r[4] == "ed25519" {
			indication = "TOTAL_PASSED" // EU DSS does not list the algorithm as good
		}
		assert.Equal(t, indication, got, about)
	}
	levels := strings.Split(r[5], ",")
	for i, s := range report.Signatures {
		assert.Contains(t, levels, s.Level, "%d of %s", i, about)
	}
	var stamps []string
	for _, s := range report.Signatures {
		for _, ts := range s.Timestamps {
			stamps = append(stamps, string(ts.Crypto)+"/"+string(ts.Trust))
		}
	}
	t.Logf("%s: %s | %s %s %v", r[0], want, first.Indication, first.SubIndication, stamps)
	if n := expectation(want, "timestamps"); n != "" && assert.Len(t, stamps, strings.Count(n, ",")+1, about) {
		for i, verdict := range strings.Split(n, ",") {
			switch verdict {
			case "PASSED":
				assert.Equal(t, "intact/trusted", stamps[i], about)
			case "FAILED":
				assert.True(t, strings.HasPrefix(stamps[i], "broken"), about)
			}
		}
	}
}
