package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
	"github.com/rubrica/rubrica/signing/xades"
)

// TestStampProvesWhatItCovers: the signature time stamp of an authority whose certificate has
// expired is proven by a later time stamp that covers it (TS 101 903, 7.5.1), not by one over
// references to certificates and lists alone (7.5.2).
func TestStampProvesWhatItCovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authority := func(tpl certtest.Template, hours int) *tsp.Server {
		e := w.pki.TSA(t, tpl)
		server, err := tsp.NewServer(tsp.ServerConfig{
			Signer: signing.Signer{Key: e.Key, Chain: e.Chain()},
			Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1},
			Clock:  func() time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }})
		require.NoError(t, err)
		return server
	}
	expired := authority(certtest.Template{Kind: certtest.P256, NotAfter: time.Now().AddDate(0, 0, -1)}, 72)
	later := authority(certtest.Template{Kind: certtest.P256}, 48)
	var out bytes.Buffer
	require.NoError(t, xades.Sign(context.Background(), &out, []byte("<r></r>"),
		w.signers[certtest.P256], xades.Profile{SigningTime: time.Now(), Level: signing.LevelT,
			Timestamper: expired}))
	signed := out.String()
	const method = "http://www.w3.org/2001/10/xml-exc-c14n#"
	canonical := func(apex string) []byte {
		var b bytes.Buffer
		require.NoError(t, xades.Canonicalize(&b, []byte(signed),
			xades.Canonicalization{Method: method, Apex: apex}))
		return b.Bytes()
	}
	both := append(canonical("SignatureValue"), canonical("SignatureTimeStamp")...)
	for name, c := range map[string]struct {
		covered []byte
		proven  bool
	}{
		"RefsOnlyTimeStamp": {}, "SigAndRefsTimeStamp": {both, true},
	} {
		encapsulated := ""
		for _, by := range []*tsp.Server{expired, later} { // one does not cover the other
			h := crypto.SHA256.New()
			h.Write(c.covered)
			token, err := by.Timestamp(t.Context(), crypto.SHA256, h.Sum(nil))
			require.NoError(t, err)
			encapsulated += "<xades:EncapsulatedTimeStamp>" +
				base64.StdEncoding.EncodeToString(token) + "</xades:EncapsulatedTimeStamp>"
		}
		end := "</xades:UnsignedSignatureProperties>"
		doc := strings.Replace(signed, end, "<xades:"+name+
			` xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"><ds:CanonicalizationMethod`+
			` xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="`+method+`"/>`+
			encapsulated+"</xades:"+name+">"+end, 1)
		require.NotEqual(t, signed, doc)
		r, err := xades.Validate(t.Context(), []byte(doc), w.validation())
		require.NoError(t, err)
		stamps := r.Signatures[0].Timestamps
		require.Len(t, stamps, 3)
		require.Equal(t, signing.Trusted, stamps[2].Trust, "%s: %+v", name, stamps[2])
		require.Equal(t, signing.Intact, stamps[1].Crypto, "%s: %+v", name, stamps[1])
		assert.NotEqual(t, signing.Trusted, stamps[1].Trust, "%s: %+v", name, stamps[1])
		assert.Equal(t, c.proven, stamps[0].Trust == signing.Trusted, "%s: %+v", name, stamps[0])
		assert.Equal(t, c.proven, !r.Signatures[0].ProvenTime.IsZero(), name)
	}
}

// TestStampOrder: content that was stamped after the signature cannot have been signed then.
func TestStampOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(hours int) *tsp.Server {
		e := w.pki.TSA(t, certtest.Template{Kind: certtest.P256})
		server, err := tsp.NewServer(tsp.ServerConfig{
			Signer: signing.Signer{Key: e.Key, Chain: e.Chain()},
			Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1},
			Clock:  func() time.Time { return time.Now().Add(time.Duration(hours) * time.Hour) }})
		require.NoError(t, err)
		return server
	}
	for _, c := range []struct {
		content, signature int
		want               signing.SubIndication
	}{{-3, -2, ""}, {-2, -3, signing.TimestampOrderFailure}} {
		var out bytes.Buffer
		require.NoError(t, xades.Sign(t.Context(), &out, []byte("<r></r>"), w.signers[certtest.P256],
			xades.Profile{SigningTime: time.Now(), Level: signing.LevelT,
				Timestamper: at(c.signature), ContentTimestamper: at(c.content)}))
		r, err := xades.Validate(t.Context(), out.Bytes(), w.validation())
		require.NoError(t, err)
		assert.Equal(t, c.want, r.Signatures[0].SubIndication, "%+v", r.Signatures[0].Findings)
	}
}
