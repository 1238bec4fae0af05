package pkcs12

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/token"
)

func sequence(parts ...[]byte) []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

func testWriter(iterations int) *writer {
	return &writer{
		o:        Options{Iterations: iterations, Random: rand.Reader},
		password: []byte("secret"),
	}
}

func testKey(t testing.TB, alias string) token.Key {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return token.Key{Alias: alias, Signer: key}
}

// shrouded is SafeContents with one encrypted key.
func shrouded(t testing.TB, iterations int) []byte {
	t.Helper()
	b := cryptobyte.NewBuilder(nil)
	require.NoError(t, testWriter(iterations).addKey(b, testKey(t, "hidden")))
	return sequence(b.BytesOrPanic())
}

// encrypted is AuthenticatedSafe with one EncryptedData.
func encrypted(t testing.TB, contents []byte) []byte {
	t.Helper()
	b := cryptobyte.NewBuilder(nil)
	require.NoError(t, testWriter(1000).addEncrypted(b, contents))
	return sequence(b.BytesOrPanic())
}

func openSafe(safe []byte, limits Limits) (*File, error) {
	r := &reader{limits: limits.withDefaults()}
	if err := r.readSafe(safe); err != nil {
		return nil, err
	}
	ways := spellings([]byte("secret"))
	if err := r.unseal(ways); err != nil {
		return nil, err
	}
	return r.file(ways)
}

// A key within encrypted contents: its iteration count is seen only after one decryption, and is
// bounded all the same.
func TestHiddenIterationsAreBounded(t *testing.T) {
	t.Parallel()
	safe := encrypted(t, shrouded(t, 5000))
	f, err := openSafe(safe, Limits{MaxIterations: 5000})
	require.NoError(t, err)
	require.Equal(t, "hidden", f.Keys[0].Alias)
	var limit *LimitError
	_, err = openSafe(safe, Limits{MaxIterations: 4999})
	require.ErrorAs(t, err, &limit)
	require.Equal(t, &LimitError{"iterations", 5000, 4999}, limit)
}

func TestAllDerivationsTogetherAreBounded(t *testing.T) {
	t.Parallel()
	keys := []token.Key{testKey(t, "1"), testKey(t, "2"), testKey(t, "3"), testKey(t, "4")}
	safe, err := testWriter(1000).safe(keys)
	require.NoError(t, err)
	_, err = openSafe(safe, Limits{MaxIterations: 2000})
	require.NoError(t, err)
	var limit *LimitError
	_, err = openSafe(safe, Limits{MaxIterations: 1000})
	require.ErrorAs(t, err, &limit)
	require.Equal(t, &LimitError{"total iterations", 4000, 3000}, limit)
}

// safeOf is AuthenticatedSafe with contents in the clear.
func safeOf(contents []byte) []byte {
	b := cryptobyte.NewBuilder(nil)
	addData(b, contents)
	return sequence(b.BytesOrPanic())
}

func bagOf(kind asn1.ObjectIdentifier, value []byte) []byte {
	b := cryptobyte.NewBuilder(nil)
	addBag(b, kind, "", nil, func(b *cryptobyte.Builder) { b.AddBytes(value) })
	return b.BytesOrPanic()
}

func TestBagsWithinBags(t *testing.T) {
	t.Parallel()
	contents := shrouded(t, 1000)
	for depth := range 6 {
		f, err := openSafe(safeOf(contents), Limits{})
		if depth > maxBagNesting {
			var limit *LimitError
			require.ErrorAs(t, err, &limit)
			require.Equal(t, "nested bags", limit.Limit)
			continue
		}
		require.NoError(t, err)
		require.Len(t, f.Keys, 1)
		contents = sequence(bagOf(oidSafeContentsBag, contents))
	}
}

func TestOtherBagsArePassedOver(t *testing.T) {
	t.Parallel()
	secretBag := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 5}
	crlBag := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 4}
	sdsi := cryptobyte.NewBuilder(nil)
	sdsi.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 2})
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
	})
	key := cryptobyte.NewBuilder(nil)
	require.NoError(t, testWriter(1000).addKey(key, testKey(t, "key")))
	f, err := openSafe(safeOf(sequence(bagOf(secretBag, []byte{5, 0}), bagOf(crlBag, []byte{5, 0}),
		bagOf(oidCertBag, sdsi.BytesOrPanic()), key.BytesOrPanic())), Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 1)
	require.Empty(t, f.Certificates)
}

func TestTooManyBags(t *testing.T) {
	t.Parallel()
	one := bagOf(asn1.ObjectIdentifier{1, 2, 3}, []byte{5, 0})
	_, err := openSafe(safeOf(sequence(bytes.Repeat(one, maxBags+1))), Limits{})
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "bags", limit.Limit)
}

// pkcs8 is a PrivateKeyInfo that only says its algorithm.
func pkcs8(oid asn1.ObjectIdentifier, curve asn1.ObjectIdentifier) []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			if curve != nil {
				b.AddASN1ObjectIdentifier(curve)
			}
		})
		b.AddASN1OctetString([]byte{1})
	})
	return b.BytesOrPanic()
}

func TestKeysOfOtherKindsAreNamed(t *testing.T) {
	t.Parallel()
	dsa, ec := asn1.ObjectIdentifier{
		1,
		2,
		840,
		10040,
		4,
		1,
	}, asn1.ObjectIdentifier{
		1,
		2,
		840,
		10045,
		2,
		1,
	}
	secp256k1 := asn1.ObjectIdentifier{1, 3, 132, 0, 10}
	good := cryptobyte.NewBuilder(nil)
	require.NoError(t, testWriter(1000).addKey(good, testKey(t, "good")))
	odd := [][]byte{bagOf(oidKeyBag, pkcs8(dsa, nil)), bagOf(oidKeyBag, pkcs8(ec, secp256k1))}
	f, err := openSafe(safeOf(sequence(odd[0], odd[1], good.BytesOrPanic())), Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 1)
	require.Equal(t, []*UnsupportedError{
		{Feature: "private key 1.2.840.10040.4.1"}, {Feature: "curve 1.3.132.0.10"},
	}, f.Unsupported)
	var unsupported *UnsupportedError
	_, err = openSafe(safeOf(sequence(odd...)), Limits{})
	require.ErrorAs(t, err, &unsupported)
	var malformed *MalformedError
	_, err = openSafe(safeOf(sequence(bagOf(oidKeyBag, pkcs8(ec, oidP256)))), Limits{})
	require.ErrorAs(t, err, &malformed)
	require.Equal(t, "PrivateKeyInfo", malformed.Part)
}

var oidP256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}

func TestContentsForAPublicKey(t *testing.T) {
	t.Parallel()
	for _, kind := range []asn1.ObjectIdentifier{oidEnvelopedData, {1, 2, 3}} {
		b := cryptobyte.NewBuilder(nil)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(kind)
			b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
		})
		var unsupported *UnsupportedError
		_, err := openSafe(sequence(b.BytesOrPanic()), Limits{})
		require.ErrorAs(t, err, &unsupported)
	}
}
