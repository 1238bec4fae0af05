package xades_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// bombs are documents of up to a megabyte that cost a careless validator minutes or gigabytes.
func bombs(t *testing.T, w *world) map[string][]byte {
	s := w.signers[certtest.P256]
	fill := func(unit string) string { return strings.Repeat(unit, 1_000_000/len(unit)) }
	many := handmade("<r>", strings.Repeat(ref(`URI=""`, transform(enveloped, ""), "{{sha256 x}}"), 3000), "", "</r>")
	chain := strings.Repeat(transform(inclusive10, ""), 16)
	nested := func(n int) string {
		open := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>`
		return "<r>" + strings.Repeat(open, n) + strings.Repeat("</Object></Signature>", n) + "</r>"
	}
	certificate := `<X509Certificate>` + strings.Repeat("MIIB", 100) + `</X509Certificate>`
	return map[string][]byte{
		"references":       signByHand(t, s, many),
		"signatures":       []byte("<r>" + fill(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>`) + "</r>"),
		"nested":           []byte(nested(150)),
		"deeply nested":    []byte(nested(9000)),
		"one long value":   signByHand(t, s, handmade("<r a='"+fill("x")+"'>", ref(`URI=""`, transform(enveloped, ""), "{{digest r|Signature}}"), "", "</r>")),
		"transform chains": signByHand(t, s, handmade("<r>"+fill("<a/>"), strings.Repeat(ref(`URI=""`, transform(enveloped, "")+chain[:len(chain)-len(transform(inclusive10, ""))], "{{sha256 x}}"), 20), "", "</r>")),
		"filters":          signByHand(t, s, handmade("<r>"+fill(`<a><b/></a>`), ref(`URI=""`, strings.Repeat(filter("subtract", "//b"), 16), "{{sha256 x}}"), "", "</r>")),
		"certificates":     []byte(strings.Replace(string(handmade("<r>", ref(`URI=""`, transform(enveloped, ""), "{{sha256 x}}"), "", "</r>")), "{{keyinfo}}", "<KeyInfo><X509Data>"+strings.Repeat(certificate, 2000)+"</X509Data></KeyInfo>", 1)),
		"base64":           []byte(strings.Replace(string(handmade("<r>", ref(`URI=""`, transform(enveloped, ""), "{{sha256 x}}"), "", "</r>")), "{{value}}", fill("QUJD"), 1)),
		"namespaces":       []byte("<r" + manyNamespaces(900) + ">" + fill("<a/>") + handmade("", ref(`URI=""`, transform(enveloped, ""), "{{sha256 x}}"), "", "") + "</r>"),
		"time stamps":      signByHand(t, s, stamps(5000)),
		"objects":          signByHand(t, s, handmade("<r>", ref(`URI="#O"`, "", "{{digest Object}}"), `<Object Id="O"/>`+strings.Repeat("<Object/>", 50_000), "</r>")),
	}
}

func manyNamespaces(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " xmlns:n%d='urn:%d'", i, i)
	}
	return b.String()
}

func stamps(n int) string {
	return handmade("<r>", ref(`URI="#P" Type="http://uri.etsi.org/01903#SignedProperties"`, "", "{{digest SignedProperties}}")+ref(`URI=""`, transform(enveloped, ""), "{{digest r|Signature}}"),
		`<Object><q:QualifyingProperties xmlns:q="http://uri.etsi.org/01903/v1.3.2#" Target="#S"><q:SignedProperties Id="P"/><q:UnsignedProperties><q:UnsignedSignatureProperties>`+
			strings.Repeat(`<q:SignatureTimeStamp><q:EncapsulatedTimeStamp>MIIB</q:EncapsulatedTimeStamp></q:SignatureTimeStamp>`, n)+
			`</q:UnsignedSignatureProperties></q:UnsignedProperties></q:QualifyingProperties></Object>`, "</r>")
}

// TestBombs: every answer comes soon and in bounded memory. The time is logged, not judged; a
// quadratic validator would take minutes and run into the test's own limit.
func TestBombs(t *testing.T) {
	w := newWorld(t)
	for name, doc := range bombs(t, w) {
		if len(doc) > 1_200_000 {
			doc = doc[:1_200_000]
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		report, err := xades.Validate(context.Background(), doc, w.validation())
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		verdict := fmt.Sprint(err)
		if err == nil {
			verdict = fmt.Sprint(report.Status(), " ", len(report.Signatures), " signatures")
			if name != "one long value" && name != "objects" {
				assert.NotEqual(t, signing.StatusValid, report.Status(), name)
			}
		}
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%-18s %7d octets %8s %3d MB: %.100s", name, len(doc), took.Round(time.Millisecond), allocated, verdict)
		assert.Less(t, allocated, uint64(64), name)
	}
}

// TestEveryOctetCounts changes octets of every form: what is still valid must have signed the same
// canonical octets, as libxml2 says.
func TestEveryOctetCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	random := rand.New(rand.NewChaCha8([32]byte{2}))
	samples := 120
	if testing.Short() {
		samples = 40
	}
	var jobs []certtest.Job
	var about []string
	for _, f := range attackedForms(w) {
		if f.profile.Packaging == xades.Detached || f.name == "enveloping base64" {
			continue
		}
		doc := w.signedDoc(t, f).whole
		method := map[xades.CanonicalForm]string{xades.Exclusive: "exc", xades.Inclusive: "1.0", xades.Inclusive11: "1.1"}[f.profile.Canonicalization]
		apex := "" // the whole document less the signature
		if f.profile.Packaging != xades.Enveloped || f.profile.Subject != "" {
			apex = "order"
		}
		for i := range octets(random, len(doc), samples) {
			altered := []byte(doc)
			altered[i] ^= byte(1 + random.IntN(255))
			report, err := xades.Validate(context.Background(), altered, w.validation())
			if err != nil || report.Status() != signing.StatusValid {
				continue
			}
			for _, version := range [][]byte{[]byte(doc), altered} {
				file := certtest.WriteFile(t, "*.xml", version)
				jobs = append(jobs, certtest.Job{File: file, Method: method, Apex: apex, Omit: "Signature"},
					certtest.Job{File: file, Method: method, Apex: "SignedInfo"},
					certtest.Job{File: file, Method: method, Apex: "SignedProperties"})
			}
			about = append(about, fmt.Sprintf("%s, octet %d: %q", f.name, i, altered[max(0, i-20):min(len(altered), i+20)]))
		}
	}
	t.Logf("%d changes accepted: the oracle is asked", len(about))
	if len(jobs) == 0 {
		return
	}
	lines := certtest.Judge(t, "c14n", "", jobs...)
	require.Len(t, lines, len(jobs))
	for i, what := range about {
		for p := range 3 {
			before, after := lines[6*i+p], lines[6*i+3+p]
			assert.True(t, bytes.Equal(before.Output, after.Output), "%s: accepted, though part %d changed", what, p)
		}
	}
}

// octets picks seeded positions, or all of them with RUBRICA_FULL=1.
func octets(random *rand.Rand, size, samples int) func(func(int) bool) {
	return func(yield func(int) bool) {
		n := samples
		if certtest.Full() {
			n = size
		}
		for i := range n {
			at := i
			if !certtest.Full() {
				at = random.IntN(size)
			}
			if !yield(at) {
				return
			}
		}
	}
}

// TestCut: a document that is cut anywhere is an error, never a panic.
func TestCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := w.signedDoc(t, attackedForms(w)[0]).whole
	for i := 0; i < len(doc)-2; i += 7 {
		_, err := xades.Validate(context.Background(), []byte(doc[:i]), w.validation())
		require.Error(t, err)
		err = xades.Extend(context.Background(), io.Discard, []byte(doc[:i]), signing.LevelT, xades.Extension{Timestamper: w.tsa})
		require.Error(t, err)
	}
}
