package demo_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/rubrica/rubrica/examples/internal/demo"
)

// TestCanary: what the credentials envelopes hold, and the private keys of the subscribers, is in
// no file of the folder but the two messages that delivered it; and personal data are in no file
// that is not a delivered message, an exported artefact or the page.
func TestCanary(t *testing.T) {
	mails := readMails(t, story(t, "correo"))
	var secrets [][]byte
	for id, m := range mails {
		application, found := strings.CutSuffix(id, ".certificate.file@icert.example")
		if !found {
			continue
		}
		application, _, _ = strings.Cut(application, ".")
		password := passwordOf(t, mails, application)
		require.GreaterOrEqual(t, len(password), 16)
		for other, o := range mails {
			holds := strings.Contains(o.text, password)
			require.Equal(
				t,
				strings.HasPrefix(other, application+".") && strings.Contains(other, "credentials.envelope"),
				holds,
				"the password is in %s",
				other,
			)
			require.False(t, holds && len(o.files) > 0, "file and password share a message")
		}
		secrets = append(secrets, []byte(password), []byte(strings.ReplaceAll(password, "-", "")))
		for _, file := range m.files {
			secrets = append(secrets, privateParts(t, file, password)...)
			secrets = append(secrets, file[len(file)/2:len(file)/2+48]) // the file itself stays in its mail
		}
	}
	require.GreaterOrEqual(t, len(secrets), 8)
	looked := 0
	err := filepath.WalkDir(story(t), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() ||
			strings.Contains(name, string(filepath.Separator)+"correo"+string(filepath.Separator)) {
			return err
		}
		content, err := os.ReadFile(name)
		for i, secret := range secrets {
			for form, encoded := range encodings(secret) {
				require.False(t, bytes.Contains(content, encoded), "secret %d as %s is in %s", i, form, name)
			}
		}
		looked++
		return err
	})
	require.NoError(t, err)
	require.Greater(t, looked, 30)
}

// TestCanaryInWriteAheadLog: when the program is killed behind the issuance, the database and the
// log that SQLite left beside it hold neither password nor key file nor personal data as they are.
func TestCanaryInWriteAheadLog(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(command(t), "demo", "--out", dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "se emite y envía el contrato") {
	}
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	var left []byte
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, "rubrica.sqlite"+end))
		require.NoError(t, err)
		left = append(left, content...)
	}
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: dir}))
	mails := readMails(t, filepath.Join(dir, "correo"))
	looked := 0
	for id, m := range mails {
		application, found := strings.CutSuffix(id, ".certificate.file@icert.example")
		if !found {
			continue
		}
		application, _, _ = strings.Cut(application, ".")
		password := passwordOf(t, mails, application)
		secrets := [][]byte{[]byte(password)}
		for _, file := range m.files {
			secrets = append(append(secrets, privateParts(t, file, password)...), file[1000:1048])
		}
		for i, secret := range secrets {
			for form, encoded := range encodings(secret) {
				require.False(t, bytes.Contains(left, encoded), "secret %d as %s", i, form)
				looked++
			}
		}
	}
	require.Greater(t, looked, 50)
	for _, personal := range []string{"Carla", "Ensayo", "2400000002", "bruno.ejemplo@", "0990000001 "} {
		require.False(t, bytes.Contains(left, []byte(personal)), personal)
	}
}

// privateParts are the prime factors of the key in a file, read by a foreign package.
func privateParts(t *testing.T, file []byte, password string) [][]byte {
	t.Helper()
	key, _, _, err := pkcs12.DecodeChain(file, password)
	require.NoError(t, err)
	return rsaParts(t, key)
}

// encodings are the forms in which a value might have been written down.
func encodings(b []byte) map[string][]byte {
	wide := make([]byte, 0, 2*len(b))
	for _, u := range utf16.Encode([]rune(string(b))) {
		wide = append(wide, byte(u>>8), byte(u))
	}
	quoted, _ := json.Marshal(string(b))
	out := map[string][]byte{"itself": b, "hex": []byte(hex.EncodeToString(b)), "UTF-16": wide,
		"JSON": bytes.Trim(quoted, `"`), "URL": []byte(url.QueryEscape(string(b)))}
	for i := range 3 { // base64 of a part of something longer, at each alignment
		if len(b) > i+6 {
			whole := base64.StdEncoding.EncodeToString(b[i : i+(len(b)-i)/3*3])
			out["base64 "+string(rune('0'+i))] = []byte(whole)
		}
	}
	return out
}

// TestNoPersonalData: history, outbox, inbox and claims hold references alone, and so does the log.
func TestNoPersonalData(t *testing.T) {
	personal := []string{
		"Ana Lucía",
		"Muestra",
		"Ñandú",
		"Bruno",
		"Ensayo",
		"Güiña",
		"1700000001",
		"0100000009",
		"2400000002",
		"ana.muestra@",
		"bruno.ejemplo@",
		"carla.ensayo@",
		"Calle de la Prueba",
		"Pasaje Imaginario",
		"0990000001",
		"0990000003",
	}
	files := []string{story(t, "log.txt")}
	for _, pattern := range []string{"historial/*", "rubrica.sqlite*", "documentos/*/*"} {
		found, err := filepath.Glob(story(t, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		files = append(files, found...)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, p := range personal {
			if strings.HasPrefix(filepath.Base(name), "rubrica.sqlite") && inCertificates(p) {
				continue // the ledger holds certificates, which are public
			}
			require.False(t, bytes.Contains(content, []byte(p)), "%q is in %s", p, name)
		}
	}
	log, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(log), "workflow: step", "the log was written")
}

// inCertificates says what of the two holders of certificates these say of them.
func inCertificates(p string) bool {
	return !strings.Contains("Ensayo Güiña 2400000002 carla.ensayo@ Pasaje Imaginario 0990000003", p)
}
