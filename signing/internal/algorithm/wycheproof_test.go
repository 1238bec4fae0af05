package algorithm_test

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

type wycheGroup struct {
	Type         string
	Sha          string
	MgfSha       string
	SLen         int
	PublicKey    json.RawMessage
	PublicKeyDer string
	PublicKeyAsn string
	Tests        []struct {
		TcID             int
		Comment          string
		Msg, Sig, Result string
	}
}

func hashNamed(t *testing.T, name string) crypto.Hash {
	t.Helper()
	for _, h := range algorithm.Hashes() {
		if algorithm.HashName(h) == name {
			return h
		}
	}
	if name != "" {
		t.Fatalf("hash %s", name)
	}
	return 0
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// schemeOf is the scheme that a group of vectors asks about.
func schemeOf(t *testing.T, g wycheGroup) algorithm.Scheme {
	t.Helper()
	h := hashNamed(t, g.Sha)
	switch g.Type {
	case "EcdsaVerify", "EcdsaP1363Verify":
		return algorithm.Scheme{Key: algorithm.ECDSA, Hash: h}
	case "RsassaPkcs1Verify":
		return algorithm.Scheme{Key: algorithm.RSA, Hash: h}
	case "EddsaVerify":
		return algorithm.Scheme{Key: algorithm.Ed25519}
	case "RsassaPssVerify", "RsassaPssWithParametersVerify":
		s := algorithm.Scheme{Key: algorithm.RSAPSS, Hash: h, SaltLength: g.SLen,
			MGFHash: hashNamed(t, g.MgfSha)}
		der, err := s.Identifier()
		require.NoError(t, err)
		back, err := algorithm.ParseSignature(der, 0)
		require.NoError(t, err)
		require.Equal(t, s, back, "parameters survive their encoding")
		return s
	}
	t.Fatalf("group type %s", g.Type)
	return algorithm.Scheme{}
}

func TestWycheproof(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(certtest.Shared(t), "vectors/wycheproof/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var doc struct{ TestGroups []wycheGroup }
			require.NoError(t, json.Unmarshal(raw, &doc))
			for _, g := range doc.TestGroups {
				runGroup(t, g)
			}
		})
	}
}

func runGroup(t *testing.T, g wycheGroup) {
	s := schemeOf(t, g)
	pub, err := algorithm.ParsePublicKey(unhex(t, g.PublicKeyDer))
	require.NoError(t, err)
	for _, tc := range g.Tests {
		sig := unhex(t, tc.Sig)
		err := error(nil)
		if g.Type == "EcdsaP1363Verify" {
			sig, err = algorithm.ECDSAFromRaw(pub.(*ecdsa.PublicKey), sig)
		}
		if err == nil {
			err = s.Verify(pub, unhex(t, tc.Msg), sig)
		}
		if tc.Result != "invalid" { // "acceptable" is DigestInfo without NULL, which is accepted
			assert.NoError(t, err, "case %d: %s", tc.TcID, tc.Comment)
		} else {
			assert.ErrorIs(t, err, algorithm.ErrBroken, "case %d: %s", tc.TcID, tc.Comment)
		}
	}
}
