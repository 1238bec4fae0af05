package firmaec_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/firmaec"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// TestP7M encloses documents of every size, has strangers judge them, and opens them again.
func TestP7M(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := context.Background()
	large := padestest.Document{Pages: []string{""},
		Objects: []string{padestest.Stream("", strings.Repeat("x", 3<<20))}}
	var jobs []certtest.Job
	for name, doc := range map[string][]byte{"small": document(1), "large": large.Bytes(),
		"late header": append(bytes.Repeat([]byte(" "), 1024), document(1)...)} {
		var out, opened bytes.Buffer
		require.NoError(t, firmaec.Enclose(ctx, &out, bytes.NewReader(doc), o.signer(), time.Now()), name)
		require.NoError(t, firmaec.Open(&opened, bytes.NewReader(out.Bytes()), int64(out.Len())), name)
		require.True(t, bytes.Equal(doc, opened.Bytes()), name)

		r, err := cades.Validate(ctx, bytes.NewReader(out.Bytes()), int64(out.Len()), o.trusting(t))
		require.NoError(t, err)
		a := firmaec.View(r)
		require.True(t, a.Valid, "%s: %+v", name, r)
		require.Equal(t, "1710034065", a.Signatures[0].Cedula)
		jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf.p7m", out.Bytes()),
			Trust: []string{certtest.WritePEM(t, o.pki.Root.Certificate)}})
	}
	for _, l := range certtest.Judge(t, "cms", "openssl,dss", jobs...) {
		assert.True(t, l.Accepted, "%s: %s %+v", l.Judge, l.Error, l.Signatures)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := context.Background()
	enclosed := func(content string, p cades.Profile) []byte {
		var out bytes.Buffer
		p.SigningTime, p.Plain = time.Now(), true
		require.NoError(t, cades.Sign(ctx, &out, strings.NewReader(content), o.signer(), p))
		return out.Bytes()
	}
	pdf := string(document(1))
	whole := enclosed(pdf, cades.Profile{})
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"short text":       {enclosed("nada", cades.Profile{}), firmaec.ErrNotPDF},
		"empty":            {enclosed("", cades.Profile{}), firmaec.ErrNotPDF},
		"long text":        {enclosed(strings.Repeat("nada ", 9999), cades.Profile{}), firmaec.ErrNotPDF},
		"header too late":  {enclosed(strings.Repeat(" ", 1025)+pdf, cades.Profile{}), firmaec.ErrNotPDF},
		"detached":         {enclosed(pdf, cades.Profile{Detached: true}), cades.ErrNoContent},
		"a PDF, no CMS":    {[]byte(pdf), nil},
		"nothing":          {nil, nil},
		"half a signature": {whole[:len(whole)/2], nil},
	} {
		var out bytes.Buffer
		err := firmaec.Open(&out, bytes.NewReader(c.doc), int64(len(c.doc)))
		require.Error(t, err, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
			require.Zero(t, out.Len(), name)
			continue
		}
		require.NotEmpty(t, signing.CodeOf(err), name)
	}
}
