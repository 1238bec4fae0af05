package pkcs12_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

const password = "Test-password-1234"

var kinds = []certtest.KeyKind{
	certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519,
}

// entity makes a signer with a key of that kind, below an authority of its own.
func entity(t testing.TB, kind certtest.KeyKind) *certtest.Entity {
	t.Helper()
	return certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{Kind: kind})
}

func keyOf(e *certtest.Entity, alias string) token.Key {
	return token.Key{Alias: alias, Signer: e.Key, Chain: e.Chain()}
}

func secret(s string) token.Secret { return token.SecretString(s) }

// requireKey checks that the key in the file is the entity's, with its chain.
func requireKey(t testing.TB, e *certtest.Entity, chain int, got token.Key) {
	t.Helper()
	require.True(
		t, e.Key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(got.Signer.Public()))
	require.Len(t, got.Chain, chain)
	for i, cert := range e.Chain()[:min(chain, len(e.Chain()))] {
		require.Equal(t, cert.Raw, got.Chain[i].Raw)
	}
}

func openssl(t testing.TB, args ...string) {
	t.Helper()
	run(t, "openssl", args...)
}

// export writes a file with openssl.
func export(t testing.TB, out, pass string, args ...string) {
	t.Helper()
	openssl(t, append([]string{"pkcs12", "-export", "-out", out, "-passout", "pass:" + pass},
		args...)...)
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs " + name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
}

// pemFiles writes the entity's key, certificate and issuers for openssl.
func pemFiles(t testing.TB, e *certtest.Entity) (key, cert, chain string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(e.Key)
	require.NoError(t, err)
	key = certtest.WriteFile(
		t, "key-*.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return key, certtest.WritePEM(t, e.Certificate), certtest.WritePEM(t, e.Chain()[1:]...)
}

func TestOpenAnswersRFC9579(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]func(error) bool{
		"a1": nil, "a2": nil, "a3": nil,
		"a4": func(err error) bool { return errors.Is(err, pkcs12.ErrWrongPassword) },
		"a5": func(err error) bool { return errors.Is(err, pkcs12.ErrWrongPassword) },
		"a6": func(err error) bool {
			var malformed *pkcs12.MalformedError
			return errors.As(err, &malformed) && malformed.Reason == "missing key length"
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(certtest.Vectors(t, "pkcs12", "rfc9579-"+name+".txt"))
			require.NoError(t, err)
			der, err := base64.StdEncoding.DecodeString(string(text))
			require.NoError(t, err)
			f, err := pkcs12.Open(der, secret("1234"), pkcs12.Limits{})
			if want != nil {
				require.True(t, want(err), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Len(t, f.Keys, 1)
			require.NotNil(t, f.Keys[0].Leaf())
			_, err = pkcs12.Open(der, secret("1235"), pkcs12.Limits{})
			require.ErrorIs(t, err, pkcs12.ErrWrongPassword)
		})
	}
}

func TestOpenReadsThePeersKeyWithTheEmptyPassword(t *testing.T) {
	t.Parallel()
	der, err := os.ReadFile(certtest.Vectors(t, "sri", "pkcs12", "signature.p12"))
	require.NoError(t, err)
	f, err := pkcs12.Open(der, token.Secret{}, pkcs12.Limits{})
	require.NoError(t, err)
	key, err := f.SigningKey()
	require.NoError(t, err)
	require.NotNil(t, key.Leaf())
}

func TestOpenReadsTheFilesOfTheTestPKI(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(certtest.Vectors(t, "made-by-dss", "pki", "*.p12"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		der, err := os.ReadFile(name)
		require.NoError(t, err)
		f, err := pkcs12.Open(der, secret("test"), pkcs12.Limits{})
		require.NoError(t, err, name)
		require.NotEmpty(t, f.Keys, name)
		require.NotNil(t, f.Keys[0].Leaf(), name)
	}
}

// The peer's writers, old and new.
func TestOpenReadsThePeersFiles(t *testing.T) {
	t.Parallel()
	for name, encoder := range map[string]*gopkcs12.Encoder{
		"LegacyRC2": gopkcs12.LegacyRC2, "LegacyDES": gopkcs12.LegacyDES,
		"Modern2023": gopkcs12.Modern2023, "Modern2026": gopkcs12.Modern2026,
	} {
		for _, kind := range kinds {
			for _, pass := range []string{"", password, "clavé-€ñ"} {
				e := entity(t, kind)
				der, err := encoder.Encode(e.Key, e.Certificate, e.Chain()[1:], pass)
				require.NoError(t, err)
				f, err := pkcs12.Open(der, secret(pass), pkcs12.Limits{})
				require.NoError(t, err, "%s %s %q", name, kind, pass)
				require.Len(t, f.Keys, 1)
				requireKey(t, e, 2, f.Keys[0])
				_, err = pkcs12.Open(der, secret(pass+"x"), pkcs12.Limits{})
				require.ErrorIs(t, err, pkcs12.ErrWrongPassword)
			}
		}
	}
}

func TestOpenReadsWhatOpenSSLWrites(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.RSA2048)
	key, cert, chain := pemFiles(t, e)
	for name, args := range map[string][]string{
		"default":         nil,
		"legacy":          {"-legacy"},
		"rc2-128":         {"-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-128"},
		"3des-2key":       {"-legacy", "-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-2DES"},
		"aes-128":         {"-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC", "-macalg", "sha384"},
		"des3":            {"-certpbe", "DES-EDE3-CBC", "-keypbe", "DES-EDE3-CBC", "-macalg", "sha224"},
		"clear":           {"-certpbe", "NONE", "-keypbe", "NONE", "-macalg", "sha512"},
		"sha512":          {"-macalg", "sha512", "-iter", "100000"},
		"iter-1":          {"-noiter", "-nomaciter"},
		"no-macsaltlen-1": {"-macalg", "sha1", "-iter", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pass := range []string{password, ""} {
				out := filepath.Join(t.TempDir(), "f.p12")
				export(t, out, pass, append([]string{"-inkey", key, "-in", cert,
					"-certfile", chain, "-name", "Clave de Ñandú"}, args...)...)
				der, err := os.ReadFile(out)
				require.NoError(t, err)
				f, err := pkcs12.Open(der, secret(pass), pkcs12.Limits{})
				require.NoError(t, err, "password %q", pass)
				require.Len(t, f.Keys, 1)
				requireKey(t, e, 2, f.Keys[0])
				require.Equal(t, "Clave de Ñandú", f.Keys[0].Alias)
				require.NotEmpty(t, f.Keys[0].ID)
				require.Empty(t, f.Certificates)
			}
		})
	}
}

func TestOpenReadsKeysWithoutCertificatesAndTheReverse(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.P256)
	key, cert, _ := pemFiles(t, e)
	out := filepath.Join(t.TempDir(), "f.p12")
	export(t, out, password, "-inkey", key, "-nocerts")
	der, err := os.ReadFile(out)
	require.NoError(t, err)
	f, err := pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 1)
	require.Nil(t, f.Keys[0].Leaf())
	_, err = f.SigningKey()
	require.ErrorIs(t, err, token.ErrNoSigningKey)

	export(t, out, password, "-nokeys", "-in", cert)
	der, err = os.ReadFile(out)
	require.NoError(t, err)
	f, err = pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.ErrorIs(t, err, pkcs12.ErrNoKey)
	require.Len(t, f.Certificates, 1)
}

func TestOpenRefusesAFileWithoutMAC(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.P256)
	key, cert, _ := pemFiles(t, e)
	out := filepath.Join(t.TempDir(), "f.p12")
	export(t, out, password, "-inkey", key, "-in", cert, "-nomac")
	der, err := os.ReadFile(out)
	require.NoError(t, err)
	_, err = pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.ErrorIs(t, err, pkcs12.ErrNoMAC)
}

// A certificate for signing and one for decryption in one file, put together by Java.
func TestOpenChoosesTheSigningKeyOfTwo(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	usage := func(u x509.KeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.KeyUsage = u }
	}
	decrypts := pki.Signer(
		t, certtest.Template{Key: fresh(t), Change: usage(x509.KeyUsageKeyEncipherment)})
	signs := pki.Signer(
		t, certtest.Template{Key: fresh(t), Change: usage(x509.KeyUsageDigitalSignature)})
	dir := t.TempDir()
	both, one := filepath.Join(dir, "both.p12"), filepath.Join(dir, "one.p12")
	for out, e := range map[string]*certtest.Entity{both: decrypts, one: signs} {
		key, cert, chain := pemFiles(t, e)
		alias := map[string]string{both: "decryption key", one: "signing key"}[out]
		export(t, out, password, "-inkey", key, "-in", cert, "-certfile", chain, "-name", alias)
	}
	run(t, "keytool", "-importkeystore", "-noprompt", "-srckeystore", one, "-srcstoretype", "PKCS12",
		"-srcstorepass", password, "-destkeystore", both, "-deststoretype", "PKCS12",
		"-deststorepass", password)
	der, err := os.ReadFile(both)
	require.NoError(t, err)
	f, err := pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 2)
	aliases := map[string]x509.KeyUsage{}
	for _, k := range f.Keys {
		aliases[k.Alias] = k.Usage()
		require.Equal(t, "RSA-2048", k.Algorithm())
	}
	require.Equal(t, map[string]x509.KeyUsage{
		"signing key": x509.KeyUsageDigitalSignature, "decryption key": x509.KeyUsageKeyEncipherment,
	}, aliases)
	key, err := f.SigningKey()
	require.NoError(t, err)
	require.Equal(t, "signing key", key.Alias)
	requireKey(t, signs, 2, key)
}

func fresh(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := certtest.NewKey(certtest.RSA2048)
	require.NoError(t, err)
	return key
}

// Network Security Services (Firefox, Thunderbird) write BER with indefinite lengths.
func TestOpenReadsWhatNSSWrites(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.RSA2048)
	key, cert, _ := pemFiles(t, e)
	dir := t.TempDir()
	in, db := filepath.Join(dir, "in.p12"), "sql:"+dir
	export(t, in, password, "-inkey", key, "-in", cert, "-name", "nss key")
	run(t, "certutil", "-N", "-d", db, "--empty-password")
	run(t, "pk12util", "-d", db, "-i", in, "-W", password)
	for name, args := range map[string][]string{
		"default": nil, "old": {"-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC"},
		"rc2": {"-c", "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"},
	} {
		if name == "old" && !certtest.Full() {
			continue // each takes two seconds
		}
		out := filepath.Join(dir, name+".p12")
		run(t, "pk12util", append([]string{"-d", db, "-o", out, "-n", "nss key", "-W", password},
			args...)...)
		der, err := os.ReadFile(out)
		require.NoError(t, err)
		f, err := pkcs12.Open(der, secret(password), pkcs12.Limits{})
		require.NoError(t, err, name)
		require.Len(t, f.Keys, 1)
		require.Equal(t, "nss key", f.Keys[0].Alias)
		requireKey(t, e, 1, f.Keys[0])
	}
}

func TestOpenBoundsTheIterationsBeforeItDerives(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.P256)
	key, cert, _ := pemFiles(t, e)
	out := filepath.Join(t.TempDir(), "f.p12")
	export(t, out, password, "-inkey", key, "-in", cert, "-iter", "3000")
	der, err := os.ReadFile(out)
	require.NoError(t, err)
	var limit *pkcs12.LimitError
	_, err = pkcs12.Open(der, secret("not the password"), pkcs12.Limits{MaxIterations: 2999})
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "iterations", limit.Limit)
	_, err = pkcs12.Open(der, secret(password), pkcs12.Limits{MaxIterations: 3000})
	require.NoError(t, err)
	_, err = pkcs12.Open(der, secret(password), pkcs12.Limits{MaxSize: len(der) - 1})
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "size", limit.Limit)
	_, err = pkcs12.Open(make([]byte, 2<<20), secret(password), pkcs12.Limits{})
	require.ErrorAs(t, err, &limit)
}

// Every octet of a file is protected: a change is found, or changes nothing that the file says.
func TestOpenFindsEveryChange(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.Ed25519)
	der, err := pkcs12.Encode(
		[]token.Key{keyOf(e, "alias")}, secret(password), pkcs12.Options{Iterations: 1000})
	require.NoError(t, err)
	step := 7
	if certtest.Full() {
		step = 1
	}
	var start [1]byte
	_, _ = rand.Read(start[:])
	for at := int(start[0]) % step; at < len(der); at += step {
		changed := append([]byte(nil), der...)
		changed[at] ^= 1 << (at % 8)
		f, err := pkcs12.Open(changed, secret(password), pkcs12.Limits{MaxIterations: 5000})
		if err != nil {
			requireTyped(t, err)
			continue
		}
		require.Len(t, f.Keys, 1, "octet %d", at)
		require.Equal(t, "alias", f.Keys[0].Alias, "octet %d", at)
		requireKey(t, e, 2, f.Keys[0])
	}
}

func requireTyped(t testing.TB, err error) {
	t.Helper()
	var malformed *pkcs12.MalformedError
	var unsupported *pkcs12.UnsupportedError
	var limit *pkcs12.LimitError
	known := errors.Is(err, pkcs12.ErrWrongPassword) || errors.Is(err, pkcs12.ErrNoMAC) ||
		errors.Is(err, pkcs12.ErrNoKey) || errors.As(err, &malformed) ||
		errors.As(err, &unsupported) || errors.As(err, &limit)
	require.True(t, known, "%T %v", err, err)
}
