package pkcs12_test

import (
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// FuzzOpen looks for panics, hangs and untyped errors. A file that opens has keys that work
// together with what Open says of them.
func FuzzOpen(f *testing.F) {
	e := certtest.NewPKI(f, certtest.P256).Signer(f, certtest.Template{Kind: certtest.Ed25519})
	ours, err := pkcs12.Encode(
		[]token.Key{keyOf(e, "a")}, secret(password), pkcs12.Options{Iterations: 1000})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ours, password)
	for _, encoder := range []*gopkcs12.Encoder{gopkcs12.LegacyRC2, gopkcs12.LegacyDES, gopkcs12.Modern2026, gopkcs12.Passwordless} {
		pass := password
		if encoder == gopkcs12.Passwordless {
			pass = ""
		}
		der, err := encoder.Encode(e.Key, e.Certificate, nil, pass)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der, pass)
	}
	f.Fuzz(func(t *testing.T, der []byte, pass string) {
		file, err := pkcs12.Open(
			der, secret(pass), pkcs12.Limits{MaxSize: 64 << 10, MaxIterations: 3000})
		if err != nil {
			requireTyped(t, err)
			return
		}
		for _, key := range file.Keys {
			if key.Signer == nil || key.Algorithm() == "" {
				t.Fatal("key that cannot be used")
			}
		}
	})
}
