package pades_test

import (
	"crypto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

func TestPermissionsAreObeyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	s := signerOf(w.signer)
	forms := signedForms(t, w, formPDF())
	for form, want := range map[string]string{
		"approval": "", "certified 1": "certified", "certified 2": "", "certified 3": "",
		"locked all": "field-locked", "locked amount and group": "", "locked but note": "field-locked",
	} {
		_, err := sign(t, forms[form], s, pades.Profile{Field: "second"})
		if want == "" {
			require.NoError(t, err, form)
		} else {
			requireRefusal(t, err, want)
		}
		_, err = sign(t, forms[form], s, pades.Profile{Certify: pades.FormFilling})
		require.Error(t, err, "only the first signature certifies")
	}
	for profile, want := range map[*pades.Profile]string{
		{Field: "amount"}:               "field-missing",
		{Field: "a..b"}:                 "name",
		{Field: "note.x"}:               "",
		{Field: "group.mine"}:           "",
		{Field: "x.y.z"}:                "",
		{Certify: 7}:                    "certified",
		{Level: signing.LevelT}:         "no-timestamper",
		{Stamp: &pades.Stamp{Page: 99}}: "",
	} {
		_, err := sign(t, formPDF(), s, *profile)
		if want != "" {
			requireRefusal(t, err, want)
		}
	}
	_, err := sign(t, forms["approval"], s, pades.Profile{Field: "first"})
	requireRefusal(t, err, "field-signed")
}

// TestLocksOfFields signs a field that prescribes a lock, and sees it obeyed.
func TestLocksOfFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	g := newForge(t, formPDF())
	lock := pdf.NewDict("Type", name("SigFieldLock"), "Action", name("Include"), "Fields",
		pdf.Array{text("amount")})
	g.set(objEmpty, "Lock", g.u.Add(lock))
	doc := g.finish(formPDF())
	signed, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "second"})
	require.NoError(t, err)
	for field, valid := range map[uint32]bool{objAmount: false, objCheck: true} {
		g := newForge(t, signed)
		g.set(field, "V", text("x"))
		status, r := verdictOf(g.finish(signed), w.validation())
		require.Equal(t, valid, status == signing.StatusValid, "%v", r.Signatures[0].Modifications)
	}
	_, err = sign(t, doc, signerOf(w.signer), pades.Profile{Field: "second", Lock: &pades.Lock{}})
	requireRefusal(t, err, "field-locked")
}

func TestSeedValuesAreObeyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.RSA2048)
	other := newWorld(t, certtest.P256)
	sv := func(flags int, pairs ...any) *pdf.Dict {
		d := pdf.NewDict(pairs...)
		d.Set("Type", name("SV"))
		d.Set("Ff", pdf.Integer(flags))
		return d
	}
	cert := func(flags int, pairs ...any) *pdf.Dict {
		d := pdf.NewDict(pairs...)
		d.Set("Ff", pdf.Integer(flags))
		return sv(0, "Cert", d)
	}
	octets := func(b []byte) pdf.Array { return pdf.Array{pdf.String{Value: b, Hex: true}} }
	leaf, issuer := w.signer.Certificate, w.pki.Sub.Certificate
	for _, c := range []struct {
		name    string
		seed    *pdf.Dict
		profile pades.Profile
		kept    bool
	}{
		{"digest kept", sv(1<<6, "DigestMethod", pdf.Array{name("SHA256"), name("SHA384")}),
			pades.Profile{}, true},
		{"digest broken", sv(1<<6, "DigestMethod", pdf.Array{name("SHA256")}),
			pades.Profile{Hash: crypto.SHA512}, false},
		{"digest a wish", sv(0, "DigestMethod", pdf.Array{name("SHA256")}),
			pades.Profile{Hash: crypto.SHA512}, true},
		{"form kept", sv(2, "SubFilter", pdf.Array{name("ETSI.CAdES.detached")}), pades.Profile{}, true},
		{"form broken", sv(2, "SubFilter", pdf.Array{name("ETSI.CAdES.detached")}),
			pades.Profile{Form: pades.FormISO32000}, false},
		{"handler broken", sv(1, "Filter", name("Acme")), pades.Profile{}, false},
		{"reason kept", sv(8, "Reasons", pdf.Array{text("I agree"), text("I wrote it")}),
			pades.Profile{Reason: "I agree"}, true},
		{"reason broken", sv(8, "Reasons", pdf.Array{text("I agree")}),
			pades.Profile{Reason: "whatever"}, false},
		{"reason forbidden", sv(8, "Reasons", pdf.Array{text(".")}), pades.Profile{Reason: "whatever"},
			false},
		{"no reason", sv(8, "Reasons", pdf.Array{text(".")}), pades.Profile{}, true},
		{"version", sv(4, "V", pdf.Integer(9)), pades.Profile{}, false},
		{"certification asked for", sv(0, "MDP", pdf.NewDict("P", pdf.Integer(2))), pades.Profile{},
			false},
		{"certified as asked", sv(0, "MDP", pdf.NewDict("P", pdf.Integer(2))),
			pades.Profile{Certify: pades.FormFilling}, true},
		{"approval asked for", sv(0, "MDP", pdf.NewDict("P", pdf.Integer(0))),
			pades.Profile{Certify: pades.FormFilling}, false},
		{"time stamp asked for", sv(0, "TimeStamp", pdf.NewDict("Ff", pdf.Integer(1))), pades.Profile{},
			false},
		{"time stamp given", sv(0, "TimeStamp", pdf.NewDict("Ff", pdf.Integer(1))),
			pades.Profile{Level: signing.LevelT, Timestamper: w.tsa}, true},
		{"revocation data asked for", sv(1<<5, "AddRevInfo", true), pades.Profile{}, false},
		{"certificate kept", cert(1, "Subject", octets(leaf.Raw)), pades.Profile{}, true},
		{"another certificate", cert(1, "Subject", octets(other.signer.Certificate.Raw)),
			pades.Profile{}, false},
		{"issuer kept", cert(2, "Issuer", octets(issuer.Raw)), pades.Profile{}, true},
		{"another issuer", cert(2, "Issuer", octets(other.pki.Sub.Certificate.Raw)), pades.Profile{},
			false},
		{"policy", cert(4, "Issuer", octets(issuer.Raw), "OID", octets([]byte("1.2.3"))),
			pades.Profile{}, false},
		{"key usage kept", cert(32, "KeyUsage", octets([]byte("11X"))), pades.Profile{}, true},
		{"another key usage", cert(32, "KeyUsage", octets([]byte("0"))), pades.Profile{}, false},
		{"subject kept", cert(8, "SubjectDN", pdf.Array{pdf.NewDict("CN",
			text(leaf.Subject.CommonName))}), pades.Profile{}, true},
		{"another subject", cert(8, "SubjectDN", pdf.Array{pdf.NewDict("CN", text("nobody"))}),
			pades.Profile{}, false},
	} {
		g := newForge(t, formPDF())
		g.set(objEmpty, "SV", g.u.Add(c.seed))
		c.profile.Field = "second"
		out, err := sign(t, g.finish(formPDF()), signerOf(w.signer), c.profile)
		if !c.kept {
			requireRefusal(t, err, "seed-value")
			continue
		}
		require.NoError(t, err, c.name)
		for _, f := range validate(t, out, w.validation()).Signatures[0].Findings {
			require.NotEqual(t, "seed-value", f.Code, "%s: %s", c.name, f.Message)
		}
	}
}
