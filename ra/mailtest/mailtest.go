// Package mailtest is what every ra.Mailer must do, as a test that adapters run.
package mailtest

import (
	"context"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
)

// Run tests an implementation. open gives a mailer whose world is empty, and a function that lists
// the messages that arrived there, in no order, with header fields decoded, bodies with LF line
// ends and attachments as they were.
func Run(t *testing.T, open func(t *testing.T) (ra.Mailer, func() []ra.Message)) {
	for name, test := range map[string]func(*testing.T, ra.Mailer, func() []ra.Message){
		"delivers what was given": testRoundTrip,
		"delivers one ID once":    testRepeat,
		"once, also at once":      testConcurrent,
		"refuses for ever":        testInvalid,
		"cancelled":               testCancelled,
		"no header injection":     testInjection,
	} {
		t.Run(name, func(t *testing.T) {
			mailer, arrived := open(t)
			test(t, mailer, arrived)
		})
	}
}

// Example is a message with everything that processes use: accents, a copy, attachments.
func Example() ra.Message {
	return ra.Message{
		ID:   "app-000001.request.received@ra.example.ec",
		Date: time.Date(2026, 10, 21, 9, 30, 0, 0, time.FixedZone("", -5*3600)),
		From: mail.Address{Name: "Entidad de Certificación", Address: "ra@certificacion.example.ec"},
		To:   []mail.Address{{Name: "María José Ñuñez", Address: "maria@correo.example.ec"}},
		Cc:   []mail.Address{{Address: "operador@certificacion.example.ec"}},
		Subject: "Su solicitud de certificado de firma electrónica n.º 000001 fue recibida: " +
			"guarde este mensaje",
		Text: "Estimada María José:\n\nRecibimos su solicitud. El valor es de USD 24,64 — gracias.\n" +
			strings.Repeat("Una línea larga que no cabe en setenta y ocho columnas. ", 4) +
			"\n.\nFrom here on\n= signs = stay =\n\nSaludos\n",
		References: "app-000001.opened@ra.example.ec",
		Attachments: []ra.Attachment{
			{Name: "factura n.º 1.xml", MediaType: "application/xml", Content: []byte("<a>ñ\r\n</a>\n")},
			{Name: "clave.p12", MediaType: "application/x-pkcs12", Content: binary()},
		},
	}
}

func binary() []byte {
	b := make([]byte, 3000)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func testRoundTrip(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	want := Example()
	require.NoError(t, mailer.Send(t.Context(), &want))
	list := arrived()
	require.Len(t, list, 1)
	got := list[0]
	require.Equal(t, want.ID, got.ID)
	require.True(t, want.Date.Equal(got.Date))
	require.Equal(t, want.From, got.From)
	require.Equal(t, want.To, got.To)
	require.Equal(t, want.Cc, got.Cc)
	require.Equal(t, want.Subject, got.Subject)
	require.Equal(t, want.Text, got.Text)
	require.Equal(t, want.References, got.References)
	require.Equal(t, want.Attachments, got.Attachments)
}

func testRepeat(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	first, second := Example(), Example()
	second.ID = "app-000001.invoice@ra.example.ec"
	for range 3 {
		require.NoError(t, mailer.Send(t.Context(), &first))
		require.NoError(t, mailer.Send(t.Context(), &second))
	}
	require.Len(t, arrived(), 2)
}

func testConcurrent(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	var wait sync.WaitGroup
	errs := make(chan error, 24)
	for range cap(errs) {
		wait.Go(func() {
			m := Example()
			errs <- mailer.Send(t.Context(), &m)
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, arrived(), 1)
}

func testInvalid(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	for field, spoil := range map[string]func(*ra.Message){
		"ID":          func(m *ra.Message) { m.ID = "no domain" },
		"References":  func(m *ra.Message) { m.References = "<a@b>" },
		"Date":        func(m *ra.Message) { m.Date = time.Time{} },
		"From":        func(m *ra.Message) { m.From.Address = "" },
		"To":          func(m *ra.Message) { m.To = nil },
		"Subject":     func(m *ra.Message) { m.Subject = "" },
		"Attachments": func(m *ra.Message) { m.Attachments[0].Name = "../evil" },
		"size":        func(m *ra.Message) { m.Attachments[0].Content = make([]byte, 21<<20) },
	} {
		m := Example()
		spoil(&m)
		var invalid *ra.InvalidMessageError
		require.ErrorAs(t, mailer.Send(t.Context(), &m), &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	require.Empty(t, arrived())
}

func testCancelled(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := Example()
	require.Error(t, mailer.Send(ctx, &m))
	require.NoError(t, mailer.Send(t.Context(), &m), "may be repeated")
	require.Len(t, arrived(), 1)
}

func testInjection(t *testing.T, mailer ra.Mailer, arrived func() []ra.Message) {
	for _, spoil := range []func(*ra.Message){
		func(m *ra.Message) { m.Subject = "hola\r\nBcc: x@evil.example" },
		func(m *ra.Message) { m.To[0].Name = "a\r\nBcc: x@evil.example" },
		func(m *ra.Message) { m.To[0].Address = "a@b.example\r\nBcc: x@evil.example" },
		func(m *ra.Message) { m.Attachments[0].Name = "a\r\nBcc: x@evil.example" },
		func(m *ra.Message) { m.Attachments[0].MediaType = "a/b\r\nBcc: x@evil.example" },
		func(m *ra.Message) { m.ID = "a@b\r\nBcc: x@evil.example" },
	} {
		m := Example()
		spoil(&m)
		require.Error(t, mailer.Send(t.Context(), &m))
	}
	require.Empty(t, arrived())
}
