package icert_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/icert"
)

func contractData() ra.ContractData {
	date := time.Date(2026, 11, 3, 10, 15, 0, 0, icert.Ecuador())
	serial, _ := new(big.Int).SetString("5f3ac0de5f3ac0de5f3ac0de5f3ac0de", 16)
	return ra.ContractData{
		Application: "app-0123456789abcdef",
		Form: ra.Form{IDType: ra.IDCedula, IDNumber: "1710034065", GivenNames: "María José",
			FirstSurname: "Ñuñez", SecondSurname: "Güiña", Email: "maria@correo.example.ec",
			Address: "Av. 12 de Octubre N24-562 y Luis Cordero, edificio «Pérgola», piso 3", City: "Quito",
			Province: "Pichincha", IncludeRUC: true, RUC: "1710034065001"},
		Certificate: &x509.Certificate{SerialNumber: serial,
			Issuer:    pkix.Name{CommonName: "ENTIDAD DE CERTIFICACION ICERT-EC"},
			NotBefore: date, NotAfter: date.AddDate(2, 0, 0)},
		Envelope: "S-000417", Date: date, Deadline: date.Add(118 * time.Hour), Director: "Luis Andrade Páez",
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	first, err := icert.Contract(contractData())
	require.NoError(t, err)
	second, err := icert.Contract(contractData())
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, second), "the same data, the same octets")
	require.Less(t, len(first), 200_000)

	longest := contractData()
	longest.Form.Address = strings.Repeat("Avenida ", 16)
	longest.Form.GivenNames = strings.Repeat("María ", 10)
	longest.Form.FirstSurname = strings.Repeat("Ñ", 60)
	longest.Form.SecondSurname = strings.Repeat("Ü", 60)
	_, err = icert.Contract(longest)
	require.NoError(t, err, "whatever the form lets pass fits two pages")

	_, err = icert.Contract(ra.ContractData{})
	require.Error(t, err)
}

// TestContractText reads the text back with a foreign reader.
func TestContractText(t *testing.T) {
	if testing.Short() {
		t.Skip("asks pdftotext and pdffonts")
	}
	pdf, err := icert.Contract(contractData())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "contrato.pdf")
	require.NoError(t, os.WriteFile(file, pdf, 0o600))
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	require.NoError(t, err)
	for _, want := range []string{"María José Ñuñez Güiña", "cédula de ciudadanía n.º 1710034065",
		"S-000417", "Décima", "5f3a c0de", "Luis Andrade Páez", "«Pérgola»", "Página 2 de 2"} {
		require.Contains(t, string(text), want)
	}
	fonts, err := exec.Command("pdffonts", file).Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(fonts)), "\n")
	require.Len(t, lines, 5, "three fonts")
	for _, line := range lines[2:] {
		require.Regexp(t, `yes (yes|no) +yes`, line, "embedded, with Unicode")
	}
}
