package pades_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/pades"
)

func TestStamp(t *testing.T) {
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	tpl := certtest.Template{}
	tpl.Subject.CommonName = "MARÍA JOSÉ NÚÑEZ PEÑAHERRERA"
	e := certtest.NewPKI(t, certtest.RSA2048).Signer(t, tpl)
	out, err := sign(t, doc, signerOf(e), pades.Profile{Reason: "Suscripción del contrato", Location: "Cañar",
		Time:  time.Date(2026, 5, 4, 10, 20, 30, 0, time.FixedZone("", -5*3600)),
		Stamp: &pades.Stamp{Rect: [4]float64{50, 50, 250, 110}}})
	require.NoError(t, err)
	requireAccepted(t, out, e)
	path := certtest.WriteFile(t, "*.pdf", out)
	if dir := os.Getenv("RUBRICA_PICTURES"); dir != "" {
		require.NoError(t, exec.Command("pdftoppm", "-png", "-r", "100", path, dir+"/stamp").Run())
	}
}
