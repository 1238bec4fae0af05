package token_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
)

func TestGenerateMakesEveryKind(t *testing.T) {
	t.Parallel()
	for a := token.RSA2048; a <= token.Ed25519; a++ {
		if a == token.RSA4096 && testing.Short() {
			continue
		}
		signer, err := token.Generate(a)
		require.NoError(t, err)
		require.Equal(t, a.String(), token.Key{Signer: signer}.Algorithm())
		back, err := token.ParseAlgorithm(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	}
	_, err := token.Generate(99)
	require.ErrorIs(t, err, token.ErrAlgorithm)
	_, err = token.ParseAlgorithm("RSA-512")
	require.ErrorIs(t, err, token.ErrAlgorithm)
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	signer, err := token.Generate(token.Ed25519)
	require.NoError(t, err)
	key := token.Key{Alias: "mine", Signer: signer}
	seed := signer.(ed25519.PrivateKey).Seed()
	for _, v := range []any{key, &key, []token.Key{key}, struct{ K token.Key }{key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			require.NotContains(t, out, fmt.Sprint(seed[:8])[1:10], verb)
			require.NotContains(t, out, fmt.Sprintf("%x", seed), verb)
			require.Contains(t, out, "mine", verb)
		}
		_, err := json.Marshal(v)
		require.ErrorContains(t, err, token.ErrSecret.Error())
	}
}

func TestSigningKeyIsChosenByKeyUsage(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	key := func(alias string, usage x509.KeyUsage) token.Key {
		e := pki.Signer(
			t,
			certtest.Template{
				Kind:   certtest.P256,
				Change: func(c *x509.Certificate) { c.KeyUsage = usage },
			},
		)
		return token.Key{Alias: alias, Signer: e.Key, Chain: e.Chain()}
	}
	decrypts, agrees := key("decrypts", x509.KeyUsageKeyEncipherment), key(
		"agrees", x509.KeyUsageKeyAgreement)
	commits := key("commits", x509.KeyUsageContentCommitment)
	signs, silent := key("signs", x509.KeyUsageDigitalSignature), key("silent", 0)
	bare := token.Key{Alias: "bare", Signer: signs.Signer}
	for want, keys := range map[string][]token.Key{
		"signs":   {bare, decrypts, commits, signs, silent},
		"commits": {decrypts, commits, silent},
		"silent":  {decrypts, agrees, silent},
	} {
		got, err := token.SigningKey(keys)
		require.NoError(t, err)
		require.Equal(t, want, got.Alias)
	}
	_, err := token.SigningKey([]token.Key{bare, decrypts, agrees})
	require.ErrorIs(t, err, token.ErrNoSigningKey)
	_, err = token.SigningKey(nil)
	require.ErrorIs(t, err, token.ErrNoSigningKey)
}

func TestPINRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   token.PINRule
		blocks int // the wrong try that blocks
	}{{token.PINRule{}, 4}, {token.PINRule{Allowed: 3}, 4}, {token.PINRule{Allowed: 2}, 3}, {token.PINRule{Allowed: -1}, 1}} {
		var s token.PINState
		var accepted bool
		for try := 1; try <= c.blocks; try++ {
			require.False(t, s.Blocked, "%+v before try %d", c.rule, try)
			require.Equal(t, c.blocks-try, c.rule.Left(s))
			s, accepted = c.rule.Try(s, false)
			require.False(t, accepted)
		}
		require.True(t, s.Blocked)
		require.Zero(t, c.rule.Left(s))
		s, accepted = c.rule.Try(s, true)
		require.False(t, accepted, "the right PIN comes too late")
		require.True(t, s.Blocked)
		s, accepted = c.rule.Try(c.rule.Unblock(s), true)
		require.True(t, accepted)
		require.Zero(t, s)
	}
	var rule token.PINRule
	s, _ := rule.Try(token.PINState{}, false)
	s, _ = rule.Try(s, true)
	require.Zero(t, s.Failures, "a right PIN sets the count back")
}
