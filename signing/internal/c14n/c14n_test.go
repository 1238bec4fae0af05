package c14n_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
		got, ok := c14n.FromURI(m.URI())
		assert.True(t, ok)
		assert.Equal(t, m, got)
		assert.False(t, m.WithoutComments().Comments())
		assert.Equal(t, m.Exclusive(), m.WithoutComments().Exclusive())
	}
	assert.True(t, c14n.Exclusive10WithComments.Comments())
	assert.Equal(t, c14n.Exclusive10, c14n.Exclusive10WithComments.WithoutComments())
	for _, uri := range []string{"", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#",
		"http://www.w3.org/2001/10/xml-exc-c14n", "http://www.w3.org/2010/xml-c14n2"} {
		_, ok := c14n.FromURI(uri)
		assert.False(t, ok, uri)
	}
	for _, m := range []c14n.Method{0, 7, 255} {
		assert.Empty(t, m.URI())
		assert.False(t, m.Comments())
	}
}

// code is the code of a canonicalisation that must fail.
func code(t *testing.T, m c14n.Method, apex xmltree.Node, o c14n.Options) string {
	t.Helper()
	err := c14n.Canonicalize(io.Discard, m, apex, o)
	e, ok := errors.AsType[*c14n.Error](err)
	require.True(t, ok, "%v", err)
	return e.Code
}

func TestNothingIsRefused(t *testing.T) {
	t.Parallel()
	d, err := xmltree.Parse([]byte(`<!-- x --><a><b><c/></b><!-- y --></a>`), xmltree.Limits{})
	require.NoError(t, err)
	b := named(d, "b")
	comment := d.At(1)
	for _, o := range []c14n.Options{
		{Omit: []xmltree.Node{d.Root()}}, {Omit: []xmltree.Node{b, d.Root()}}, {Omit: []xmltree.Node{d.Node()}},
	} {
		assert.Equal(t, c14n.CodeNothing, code(t, c14n.Inclusive10WithComments, d.Node(), o))
		assert.Equal(t, c14n.CodeNothing, code(t, c14n.Inclusive10, d.Root(), o))
		assert.Equal(t, c14n.CodeNothing, code(t, c14n.Exclusive10, named(d, "c"), o))
	}
	assert.Equal(t, c14n.CodeNothing, code(t, c14n.Inclusive10, comment, c14n.Options{}))
	assert.Equal(t, c14n.CodeNothing, code(t, c14n.Inclusive10, xmltree.Node{}, c14n.Options{}))
	assert.Equal(t, c14n.CodeUnknownMethod, code(t, 0, d.Root(), c14n.Options{}))
	assert.Equal(t, c14n.CodeUnknownMethod, code(t, 99, d.Root(), c14n.Options{}))

	var out bytes.Buffer
	o := c14n.Options{Omit: []xmltree.Node{named(d, "c"), b, comment, b}}
	require.NoError(t, c14n.Canonicalize(&out, c14n.Inclusive10WithComments, d.Node(), o))
	assert.Equal(t, "<a><!-- y --></a>", out.String(), "nested and repeated omissions")
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestErrorsOfTheWriter(t *testing.T) {
	t.Parallel()
	d, err := xmltree.Parse(voucher(50<<10, true), xmltree.Limits{})
	require.NoError(t, err)
	for _, after := range []int{0, 1000, 20000} {
		err := c14n.Canonicalize(&failing{after}, c14n.Inclusive10, d.Root(), c14n.Options{})
		require.ErrorIs(t, err, io.ErrClosedPipe)
	}
}

func TestLengthIsBounded(t *testing.T) {
	t.Parallel()
	d, err := xmltree.Parse(voucher(50<<10, true), xmltree.Limits{})
	require.NoError(t, err)
	assert.Equal(t, c14n.CodeLimit,
		code(t, c14n.Inclusive10, d.Root(), c14n.Options{MaxOutput: 40 << 10}))
	require.NoError(t, c14n.Canonicalize(io.Discard, c14n.Inclusive10, d.Root(),
		c14n.Options{MaxOutput: 60 << 10}))
}

// TestNamespaceNamesAreEscaped: libxml2 2.9.14 writes them as they are, which is not well-formed.
func TestNamespaceNamesAreEscaped(t *testing.T) {
	t.Parallel()
	doc := `<r xmlns:p='urn:a&amp;b"&#9;é&gt;'><p:apex/></r>`
	for _, m := range []c14n.Method{c14n.Inclusive10, c14n.Inclusive11, c14n.Exclusive10} {
		got, err := canonical([]byte(doc), m, "apex", "", nil)
		require.NoError(t, err)
		assert.Equal(t, `<p:apex xmlns:p="urn:a&amp;b&quot;&#x9;é>"></p:apex>`, string(got))
	}
}

// TestSiblingsDoNotShareADigest: an element's own declaration counts, not an ancestor's.
func TestSiblingsDoNotShareADigest(t *testing.T) {
	t.Parallel()
	for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
		own, err := canonical([]byte(`<r xmlns:p="urn:1"><p:x xmlns:p="urn:2"/></r>`), m, "x", "", nil)
		require.NoError(t, err)
		inherited, err := canonical([]byte(`<r xmlns:p="urn:1"><p:x/></r>`), m, "x", "", nil)
		require.NoError(t, err)
		assert.NotEqual(t, string(own), string(inherited))
	}
}

// TestConcurrentUse canonicalises one document from several goroutines.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	d, err := xmltree.Parse(universal(20<<10), xmltree.Limits{})
	require.NoError(t, err)
	want := write(t, c14n.Exclusive10, d.Node())
	done := make(chan bool)
	for range 8 {
		go func() {
			same := true
			for range 20 {
				var out bytes.Buffer
				err := c14n.Canonicalize(&out, c14n.Exclusive10, d.Node(), c14n.Options{})
				same = same && err == nil && bytes.Equal(out.Bytes(), want)
			}
			done <- same
		}()
	}
	for range 8 {
		assert.True(t, <-done)
	}
}
