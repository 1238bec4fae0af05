package pkcs12

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"github.com/rubrica/rubrica/token"
)

// FuzzSafe starts behind the MAC, which would stop nearly every change.
func FuzzSafe(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	w := writer{
		o:        Options{Iterations: minIterations, Random: rand.Reader},
		password: []byte("secret"),
	}
	safe, err := w.safe([]token.Key{{Alias: "alias", ID: []byte{1}, Signer: key}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(safe)
	pkcs8 := []byte{0x30, 5, 2, 1, 0, 0x30, 0}
	b := cryptobyte.NewBuilder(nil)
	addBag(b, oidKeyBag, "clear", nil, func(b *cryptobyte.Builder) { b.AddBytes(pkcs8) })
	f.Add(append([]byte{0x30, byte(len(b.BytesOrPanic()))}, b.BytesOrPanic()...))
	f.Fuzz(func(_ *testing.T, content []byte) {
		r := &reader{limits: Limits{MaxIterations: 2000}.withDefaults()}
		if r.readSafe(content) != nil && r.readContents(content, 0) != nil {
			return
		}
		ways := spellings([]byte("secret"))
		if r.unseal(ways) == nil {
			_, _ = r.file(ways)
		}
	})
}
