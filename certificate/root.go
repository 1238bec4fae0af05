package certificate

import (
	"context"
	"crypto/x509"
)

// IssueRoot makes the self-signed certificate of a new root in the same two steps as any other: the
// request is recorded in the ledger under the root's own name and key, linted and signed once, and
// a repeat returns the same certificate. c.Certificate is not looked at; r.Profile names a profile
// of c.Profiles for authorities, r.PublicKey may be nil or that of c.Key.
//
// Afterwards set c.Certificate to the result and call [NewAuthority].
func IssueRoot(ctx context.Context, c AuthorityConfig, r Request) (*x509.Certificate, error) {
	if c.Key == nil {
		return nil, &ConfigError{"AuthorityConfig.Key", "required"}
	}
	var profile *Profile
	for _, p := range c.Profiles {
		if p != nil && p.Name() == r.Profile {
			profile = p
		}
	}
	if profile == nil || !profile.c.Authority {
		return nil, &PolicyError{"profile", "unknown", "no such profile for an authority"}
	}
	spki, err := x509.MarshalPKIXPublicKey(c.Key.Public())
	if err != nil {
		return nil, &ConfigError{"AuthorityConfig.Key", "public key cannot be encoded"}
	}
	if r.PublicKey != nil {
		if asked, err := subjectPublicKeyInfo(r.PublicKey); err != nil ||
			string(asked) != string(spki) {
			return nil, &PolicyError{"publicKey", "fixed", "a root certifies its own key"}
		}
	}
	r.PublicKey = c.Key.Public()
	subject, err := profile.complete(r.Subject)
	if err != nil {
		return nil, err
	}
	name, err := profile.name(subject)
	if err != nil {
		return nil, err
	}
	keyID, err := keyIdentifier(spki)
	if err != nil {
		return nil, err
	}
	a, err := newAuthority(c, name, keyID)
	if err != nil {
		return nil, err
	}
	planned, err := a.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.Issue(ctx, planned)
}
