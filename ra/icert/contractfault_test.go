package icert_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/ra"
)

// TestContractFaults: only the contract that was sent, signed by the right people in the right
// order, goes on.
func TestContractFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p, q := somebody(0), somebody(1)
	w.to(p, "contract-sent")
	w.to(q, "contract-sent")
	sent := w.document(p, "contract")
	mine, other := w.signer(p), w.signer(q)
	good := w.sign(sent, mine)
	altered := bytes.Replace(bytes.Clone(good), []byte("/Count 2"), []byte("/Count 1"), 1)
	require.NotEqual(t, good, altered)
	flipped := bytes.Clone(good)
	flipped[len(sent)+200] ^= 1
	for name, c := range map[string]struct {
		pdf  []byte
		code string
	}{
		"unsigned":              {sent, "contract-unreadable"},
		"no PDF any more":       {append(bytes.Clone(sent[:200]), onePDF...), "contract-unreadable"},
		"another contract":      {w.sign(w.document(q, "contract"), mine), "contract-altered"},
		"altered":               {altered, "contract-altered"},
		"by another applicant":  {w.sign(sent, other), "contract-signer"},
		"by the director":       {w.sign(sent, w.director), "contract-signer"},
		"signed twice":          {w.sign(good, mine), "contract-signatures"},
		"changed after signing": {blankedPage(t, good), "contract-signature"},
		"a bomb behind it":      {bombBehind(sent), "contract-unreadable"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, w.returnContract(p, c.pdf), c.code) })
	}
	require.NotEmpty(t, ra.Refusals(w.returnContract(p, flipped)), "an octet of the signature changed")
	require.NoError(t, w.returnContract(p, good))
	requireRefused(t, w.countersign(p, good), "contract-signatures")
	requireRefused(t, w.countersign(p, w.sign(good, mine)), "contract-signer")
	requireRefused(t, w.countersign(p, w.sign(w.sign(sent, w.director), mine)), "contract-altered")
	require.NoError(t, w.countersign(p, w.sign(good, w.director)))
}

// blankedPage appends a revision that empties the first page of the contract.
func blankedPage(t *testing.T, pdf []byte) []byte {
	t.Helper()
	last := func(pattern string) []byte {
		found := regexp.MustCompile(pattern).FindAllSubmatch(pdf, -1)
		require.NotEmpty(t, found, pattern)
		return found[len(found)-1][1]
	}
	contents := regexp.MustCompile(`/Contents (\d+) 0 R`).FindSubmatch(pdf)
	require.NotNil(t, contents)
	var out bytes.Buffer
	out.Write(pdf)
	at := out.Len()
	fmt.Fprintf(&out, "%s 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n", contents[1])
	table := out.Len()
	fmt.Fprintf(&out, "xref\n%s 1\n%010d 00000 n \ntrailer\n<< /Size %s /Root %s /Prev %s >>\n"+
		"startxref\n%d\n%%%%EOF\n", contents[1], at, last(`/Size (\d+)`), last(`/Root (\d+ 0 R)`),
		last(`startxref\s+(\d+)`), table)
	return out.Bytes()
}

// bombBehind appends a cross-reference stream that unfolds to a quarter of a gigabyte.
func bombBehind(pdf []byte) []byte {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 1 << 8 {
		z.Write(zeros)
	}
	z.Close()
	var out bytes.Buffer
	out.Write(pdf)
	at := out.Len()
	fmt.Fprintf(&out, "9999 0 obj\n<< /Type /XRef /Size 100000000 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode "+
		"/Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		packed.Len(), packed.Bytes(), at)
	return out.Bytes()
}

// TestRevokedSignerIsRefused: a certificate that was revoked meanwhile signs no contract.
func TestRevokedSignerIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "contract-sent")
	pdf := w.sign(w.document(p, "contract"), w.signer(p))
	require.NoError(t, w.authority.Revoke(t.Context(), w.signer(p).Chain[0].SerialNumber,
		certificate.Revocation{Reason: certificate.KeyCompromise}))
	requireRefused(t, w.returnContract(p, pdf), "contract-signature")
}
