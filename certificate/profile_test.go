package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

func TestNewProfileRefuses(t *testing.T) {
	t.Parallel()
	good := certificate.ProfileConfig{
		Name: "test", KeyUsage: x509.KeyUsageDigitalSignature, Validity: certificate.Period{Years: 1},
	}
	_, err := certificate.NewProfile(good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		field  string
		change func(*certificate.ProfileConfig)
	}{
		"no name":           {"Name", func(c *certificate.ProfileConfig) { c.Name = "" }},
		"capital":           {"Name", func(c *certificate.ProfileConfig) { c.Name = "Test" }},
		"no usage":          {"KeyUsage", func(c *certificate.ProfileConfig) { c.KeyUsage = 0 }},
		"unknown usage":     {"KeyUsage", func(c *certificate.ProfileConfig) { c.KeyUsage = 1 << 9 }},
		"not an authority":  {"KeyUsage", func(c *certificate.ProfileConfig) { c.KeyUsage = x509.KeyUsageCRLSign }},
		"useless authority": {"KeyUsage", func(c *certificate.ProfileConfig) { c.Authority = true }},
		"critical nothing":  {"ExtKeyUsageCritical", func(c *certificate.ProfileConfig) { c.ExtKeyUsageCritical = true }},
		"no OID":            {"ExtKeyUsage", func(c *certificate.ProfileConfig) { c.ExtKeyUsage = []string{"1"} }},
		"zeros":             {"ExtKeyUsage", func(c *certificate.ProfileConfig) { c.ExtKeyUsage = []string{"1.02.3"} }},
		"first arc":         {"ExtKeyUsage", func(c *certificate.ProfileConfig) { c.ExtKeyUsage = []string{"3.1"} }},
		"second arc":        {"ExtKeyUsage", func(c *certificate.ProfileConfig) { c.ExtKeyUsage = []string{"1.40"} }},
		"twice":             {"Policies", func(c *certificate.ProfileConfig) { c.Policies = []certificate.Policy{{OID: "1.2"}, {OID: "1.2"}} }},
		"odd CPS":           {"Policies", func(c *certificate.ProfileConfig) { c.Policies = []certificate.Policy{{OID: "1.2", CPS: "http://ñ"}} }},
		"arc for nothing":   {"Arc", func(c *certificate.ProfileConfig) { c.Arc = "1.2" }},
		"no arc":            {"Arc", func(c *certificate.ProfileConfig) { c.Identity = certificate.InAltName }},
		"unknown placement": {"Identity", func(c *certificate.ProfileConfig) { c.Identity = 9 }},
		"unknown field":     {"Required", func(c *certificate.ProfileConfig) { c.Required = []string{"shoeSize"} }},
		"no validity":       {"Validity", func(c *certificate.ProfileConfig) { c.Validity = certificate.Period{} }},
		"negative validity": {"Validity", func(c *certificate.ProfileConfig) { c.Validity = certificate.Period{Years: 1, Days: -1} }},
		"short keys":        {"MinRSABits", func(c *certificate.ProfileConfig) { c.MinRSABits = 1024 }},
	} {
		config := good
		c.change(&config)
		_, err := certificate.NewProfile(config)
		var wrong *certificate.ConfigError
		require.ErrorAs(t, err, &wrong, name)
		require.Equal(t, "ProfileConfig."+c.field, wrong.Field, name)
	}
}

// A profile of another authority's kind: the identity in extensions of its own arc.
func TestIdentityInExtensions(t *testing.T) {
	t.Parallel()
	p, err := certificate.NewProfile(certificate.ProfileConfig{
		Name: "extensions", KeyUsage: x509.KeyUsageDigitalSignature, Validity: certificate.Period{Months: 6},
		Identity: certificate.InExtensions, Arc: "1.3.6.1.4.1.37947.3",
		Fixed: certificate.Subject{Country: "EC", Container: "ARCHIVO"},
	})
	require.NoError(t, err)
	w := build(t, certtest.P256, icert.Ext)
	w.config.Profiles = []*certificate.Profile{p}
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	key := certtest.Key(t, certtest.P256, "issuance holder").Public()
	cert := issue(
		t,
		a,
		certificate.Request{
			ID:        "x",
			Profile:   "extensions",
			PublicKey: key,
			Subject: certificate.Subject{
				Document: "0100000009", GivenNames: "NADIE", FirstSurname: "ÑANDÚ",
			},
		},
	)
	got := map[string]string{}
	for _, e := range cert.Extensions {
		if len(e.Id) == 9 && e.Id[6] == 37947 {
			require.False(t, e.Critical)
			require.Equal(t, byte(0x0c), e.Value[0], "UTF8String")
			got[e.Id[8:].String()] = string(e.Value[2:])
		}
	}
	require.Equal(
		t,
		map[string]string{
			"1":  "0100000009",
			"2":  "NADIE",
			"3":  "ÑANDÚ",
			"12": "EC",
			"51": "ARCHIVO",
		},
		got,
	)
	_, err = a.Plan(
		t.Context(),
		certificate.Request{
			ID:        "y",
			Profile:   "extensions",
			PublicKey: key,
			Subject: certificate.Subject{
				GivenNames: "NADIE", Country: "CO",
			},
		},
	)
	var refused *certificate.PolicyError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "fixed", refused.Rule)
}

func TestWeakKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, nil)[0]
	good := certtest.Key(t, certtest.RSA2048, "issuance holder").Public().(*rsa.PublicKey)
	times3 := new(big.Int).Lsh(big.NewInt(1), 2047)
	times3.Add(times3, new(big.Int).Sub(big.NewInt(751), new(big.Int).Mod(times3, big.NewInt(751))))
	if times3.Bit(0) == 0 {
		times3.Add(times3, big.NewInt(751))
	}
	for name, key := range map[string]any{
		"exponent 3":    &rsa.PublicKey{N: good.N, E: 3},
		"even exponent": &rsa.PublicKey{N: good.N, E: 65538},
		"even modulus":  &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537},
		"small factor":  &rsa.PublicKey{N: times3, E: 65537},
		"odd length":    &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 2050), big.NewInt(1)), E: 65537},
		"endless":       &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 1<<15), big.NewInt(1)), E: 65537},
		"ROCA":          &rsa.PublicKey{N: roca(), E: 65537},
		"P-224":         mustKey(t, elliptic.P224()),
		"not a key":     "key",
	} {
		r.PublicKey = key
		_, err := w.authority.Plan(t.Context(), r)
		var refused *certificate.PolicyError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, "publicKey", refused.Field, name)
	}
	r.PublicKey = good
	_, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
}

// roca is a modulus of 2048 bits that is 1 modulo every small prime.
func roca() *big.Int {
	product := big.NewInt(1)
	for p := int64(2); p < 752; p++ {
		if big.NewInt(p).ProbablyPrime(0) {
			product.Mul(product, big.NewInt(p))
		}
	}
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	n.Add(n, product).Sub(n, new(big.Int).Mod(n, product))
	return n.Add(n, big.NewInt(1))
}

func mustKey(t testing.TB, curve elliptic.Curve) *ecdsa.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, nil)
	require.NoError(t, err)
	return &key.PublicKey
}

func TestCheckPossession(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.P256, "issuance holder")
	der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{}, key)
	require.NoError(t, err)
	pub, err := certificate.CheckPossession(der)
	require.NoError(t, err)
	require.Equal(t, key.Public(), pub)
	forged := append([]byte(nil), der...)
	forged[len(forged)-1] ^= 1
	var refused *certificate.PolicyError
	_, err = certificate.CheckPossession(forged)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "possession", refused.Rule)
	for _, bad := range [][]byte{nil, {0x30}, make([]byte, 100<<10)} {
		_, err = certificate.CheckPossession(bad)
		require.ErrorAs(t, err, &refused)
	}
}

func TestNewAuthorityRefuses(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	for name, change := range map[string]func(*certificate.AuthorityConfig){
		"no certificate": func(c *certificate.AuthorityConfig) { c.Certificate = nil },
		"no key":         func(c *certificate.AuthorityConfig) { c.Key = nil },
		"no ledger":      func(c *certificate.AuthorityConfig) { c.Ledger = nil },
		"no clock":       func(c *certificate.AuthorityConfig) { c.Clock = nil },
		"another key":    func(c *certificate.AuthorityConfig) { c.Key = certtest.Key(t, certtest.P256, "another holder") },
		"an end entity": func(c *certificate.AuthorityConfig) {
			key := certtest.Key(t, certtest.P256, "issuance holder")
			c.Certificate, c.Key = issue(t, w.authority, requests(certtest.P256, key.Public())[0]), key
		},
		"two of one name": func(c *certificate.AuthorityConfig) {
			c.Profiles = append(c.Profiles[:1:1], c.Profiles[0])
		},
		"odd address": func(c *certificate.AuthorityConfig) { c.CRL = []string{"http://ñ.example"} },
	} {
		c := w.config
		change(&c)
		_, err := certificate.NewAuthority(c)
		var wrong *certificate.ConfigError
		require.ErrorAs(t, err, &wrong, name)
	}
}

func TestIssueRootIsRepeatable(t *testing.T) {
	t.Parallel()
	profiles, err := icert.Profiles(icert.Config{})
	require.NoError(t, err)
	key := certtest.Key(t, certtest.P256, "issuance root")
	c := certificate.AuthorityConfig{
		Key:      key,
		Ledger:   &certificate.MemoryLedger{},
		Profiles: profiles,
		Clock:    now,
	}
	r := certificate.Request{
		ID:      "root",
		Profile: icert.Root,
		Subject: certificate.Subject{CommonName: "RAÍZ", Country: "EC"},
	}
	root, err := certificate.IssueRoot(t.Context(), c, r)
	require.NoError(t, err)
	require.NoError(t, root.CheckSignatureFrom(root))
	require.True(t, root.IsCA)
	require.Equal(t, -1, root.MaxPathLen)
	again, err := certificate.IssueRoot(t.Context(), c, r)
	require.NoError(t, err)
	require.Equal(t, root.Raw, again.Raw)
	r.PublicKey = certtest.Key(t, certtest.P256, "another holder").Public()
	_, err = certificate.IssueRoot(t.Context(), c, r)
	var refused *certificate.PolicyError
	require.ErrorAs(t, err, &refused)
	r.PublicKey, r.Profile = nil, icert.NaturalPerson
	_, err = certificate.IssueRoot(t.Context(), c, r)
	require.ErrorAs(t, err, &refused)
	// A path length that the root does not have.
	c.Certificate = root
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	sub := certtest.Key(t, certtest.P256, "issuance subordinate")
	c.Certificate = issue(
		t,
		a,
		certificate.Request{
			ID:        "s",
			Profile:   icert.Subordinate,
			PublicKey: sub.Public(),
			Subject:   r.Subject,
		},
	)
	require.True(t, c.Certificate.MaxPathLenZero)
}

func TestReasonsHaveNames(t *testing.T) {
	t.Parallel()
	for r := certificate.Unspecified; r <= certificate.AACompromise; r++ {
		back, err := certificate.ParseReason(r.String())
		if r == 7 {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, r, back)
	}
}
