package path_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// variant makes a chain right or wrong in one way.
type variant struct {
	valid  bool
	deep   bool                         // needs two subordinate authorities at least
	apply  func(c *chain, r *rand.Rand) // on the templates
	after  func(c *chain, r *rand.Rand) // on the finished certificates: lists
	differ map[string]string            // judges that say otherwise, and why by the standard
}

func onAuthority(f func(p *part)) func(*chain, *rand.Rand) {
	return func(c *chain, _ *rand.Rand) { f(c.authority()) }
}

func onLeaf(f func(p *part)) func(*chain, *rand.Rand) {
	return func(c *chain, _ *rand.Rand) { f(c.leaf()) }
}

// names gives the leaf one name of each form, inside what "good" constraints permit.
func withNames(c *chain) {
	c.leaf().tpl.DNSNames = []string{"host.good.example"}
	c.leaf().tpl.EmailAddresses = []string{"person@good.example"}
	c.leaf().tpl.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 7).To4()}
}

// constrained puts name constraints on the last authority.
func constrained(f func(tpl *x509.Certificate)) func(*chain, *rand.Rand) {
	return func(c *chain, _ *rand.Rand) {
		withNames(c)
		tpl := c.authority().tpl
		tpl.PermittedDNSDomainsCritical = true
		f(tpl)
	}
}

func network(text string) []*net.IPNet {
	_, n, err := net.ParseCIDR(text)
	if err != nil {
		panic(err)
	}
	return []*net.IPNet{n}
}

type generalSubtrees struct {
	Permitted []asn1.RawValue `asn1:"optional,tag:0"`
	Excluded  []asn1.RawValue `asn1:"optional,tag:1"`
}

// directorySubtree is a GeneralSubtree with a directoryName.
func directorySubtree(n pkix.Name) asn1.RawValue {
	der, _ := asn1.Marshal(n.ToRDNSequence())
	return asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: element(0xa4, der)}
}

func element(tag byte, contents []byte) []byte {
	v := asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 0x1f), IsCompound: tag&0x20 != 0, Bytes: contents}
	der, _ := asn1.Marshal(v)
	return der
}

type policyConstraints struct {
	Explicit int `asn1:"optional,tag:0,default:-1"`
	Mapping  int `asn1:"optional,tag:1,default:-1"`
}

type policyMapping struct{ Issuer, Subject asn1.ObjectIdentifier }

// explicit demands a policy for the rest of the path, from the top.
func explicit(c *chain) {
	c.parts[1].add(extension(c.t, idPolicyConstraints, true, policyConstraints{0, -1}))
}

// withLists makes a good list for every authority but the last, and one of the last as f says.
func withLists(f func(c *chain, tpl *x509.RevocationList)) func(*chain, *rand.Rand) {
	return func(c *chain, _ *rand.Rand) {
		for i := range len(c.parts) - 2 {
			c.list(i, nil)
		}
		c.list(len(c.parts)-2, func(tpl *x509.RevocationList) { f(c, tpl) })
	}
}

func revokes(c *chain, at time.Time, reason int) []x509.RevocationListEntry {
	return []x509.RevocationListEntry{{SerialNumber: c.leaf().made.SerialNumber, RevocationTime: at,
		ReasonCode: reason}}
}

const noAddresses = "it does not know constraints of addresses, 4.2.1.10"

var variants = map[string]variant{
	"right":                {valid: true},
	"right, names":         {valid: true, apply: func(c *chain, _ *rand.Rand) { withNames(c) }},
	"leaf expired":         {apply: onLeaf(func(p *part) { p.tpl.NotAfter = moment.Add(-time.Minute) })},
	"leaf in future":       {apply: onLeaf(func(p *part) { p.tpl.NotBefore = moment.Add(time.Minute) })},
	"authority expired":    {apply: onAuthority(func(p *part) { p.tpl.NotAfter = moment.Add(-time.Minute) })},
	"authority in future":  {apply: onAuthority(func(p *part) { p.tpl.NotBefore = moment.Add(time.Minute) })},
	"authority without ca": {apply: onAuthority(func(p *part) { p.tpl.IsCA = false })},
	"authority without basic constraints": {apply: onAuthority(func(p *part) {
		p.tpl.IsCA, p.tpl.BasicConstraintsValid = false, false
	})},
	"authority without keyCertSign": {apply: onAuthority(func(p *part) { p.tpl.KeyUsage = x509.KeyUsageCRLSign })},
	"path length holds": {valid: true, apply: func(c *chain, _ *rand.Rand) {
		for i, p := range c.parts[1 : len(c.parts)-1] {
			p.tpl.MaxPathLen, p.tpl.MaxPathLenZero = len(c.parts)-3-i, true
		}
	}},
	"path length exceeded": {deep: true, apply: func(c *chain, _ *rand.Rand) {
		c.parts[1].tpl.MaxPathLenZero = true
	}},
	"path length of the anchor exceeded": {apply: func(c *chain, _ *rand.Rand) {
		c.anchor().tpl.MaxPathLenZero = true
	}, differ: map[string]string{
		"certvalidator": "section 6 does not look at an anchor's extensions; RFC 5937, 3.2 does"}},
	"wrong key": {apply: func(c *chain, r *rand.Rand) {
		c.parts[1+r.IntN(len(c.parts)-1)].signer = certtest.Key(c.t, certtest.P256, "stranger")
	}},
	"wrong issuer name": {apply: func(c *chain, _ *rand.Rand) {
		c.leaf().issuer = &x509.Certificate{Subject: pkix.Name{CommonName: "nobody"}}
		c.leaf().signer = c.authority().key
	}},
	"unknown critical extension": {apply: func(c *chain, r *rand.Rand) {
		c.parts[1+r.IntN(len(c.parts)-1)].add(extension(c.t, idUnknown, true, 1))
	}},
	"unknown extension": {valid: true, apply: func(c *chain, r *rand.Rand) {
		c.parts[1+r.IntN(len(c.parts)-1)].add(extension(c.t, idUnknown, false, 1))
	}},
	"names permitted": {valid: true, apply: constrained(func(tpl *x509.Certificate) {
		tpl.PermittedDNSDomains = []string{"good.example"}
		tpl.PermittedEmailAddresses = []string{"good.example"}
		tpl.PermittedIPRanges = network("192.0.2.0/24")
	}), differ: map[string]string{"certvalidator": noAddresses}},
	"dns not permitted": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.PermittedDNSDomains = []string{"other.example"}
	})},
	"dns excluded": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.ExcludedDNSDomains = []string{"good.example"}
	})},
	"mail not permitted": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.PermittedEmailAddresses = []string{"other.example"}
	})},
	"mail excluded": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.ExcludedEmailAddresses = []string{"person@good.example"}
	})},
	"address not permitted": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.PermittedIPRanges = network("198.51.100.0/24")
	})},
	"address excluded": {apply: constrained(func(tpl *x509.Certificate) {
		tpl.ExcludedIPRanges = network("192.0.2.0/29")
	})},
	"other names constrained": {valid: true, apply: constrained(func(tpl *x509.Certificate) {
		tpl.PermittedURIDomains = []string{"other.example"}
		tpl.ExcludedDNSDomains = []string{"bad.example"}
	})},
	"directory permitted": {valid: true, apply: onAuthority(func(p *part) {
		base := pkix.Name{Country: []string{"EC"}, Organization: []string{"CHAIN"}}
		p.add(extension(nil, idNameConstraints, true, generalSubtrees{
			Permitted: []asn1.RawValue{directorySubtree(base)}}))
	})},
	"directory not permitted": {apply: onAuthority(func(p *part) {
		base := pkix.Name{Country: []string{"CO"}}
		p.add(extension(nil, idNameConstraints, true, generalSubtrees{
			Permitted: []asn1.RawValue{directorySubtree(base)}}))
	})},
	"directory excluded": {apply: onAuthority(func(p *part) {
		base := pkix.Name{Country: []string{"EC"}}
		p.add(extension(nil, idNameConstraints, true, generalSubtrees{
			Excluded: []asn1.RawValue{directorySubtree(base)}}))
	})},
	"policy demanded and there": {valid: true, apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		for _, p := range c.parts[1:] {
			p.policies(c.t, policyA)
		}
	}},
	"policy demanded, none in the leaf": {apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, policyA)
		}
	}},
	"policy demanded, another in the leaf": {apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, policyA)
		}
		c.leaf().policies(c.t, policyB)
	}},
	"any policy above": {valid: true, apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, anyPolicy)
		}
		c.leaf().policies(c.t, policyB)
	}},
	"any policy inhibited": {apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		c.parts[1].add(extension(c.t, idInhibitAny, true, 0))
		c.parts[1].policies(c.t, policyA)
		for _, p := range c.parts[2:] {
			p.policies(c.t, anyPolicy)
		}
	}},
	"policy mapped": {valid: true, apply: func(c *chain, _ *rand.Rand) {
		explicit(c)
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, policyA)
		}
		c.authority().add(extension(c.t, idPolicyMappings, true, []policyMapping{{policyA, policyB}}))
		c.leaf().policies(c.t, policyB)
	}},
	"policy mapping inhibited": {deep: true, apply: func(c *chain, _ *rand.Rand) {
		c.parts[1].add(extension(c.t, idPolicyConstraints, true, policyConstraints{0, 0}))
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, policyA)
		}
		c.authority().add(extension(c.t, idPolicyMappings, true, []policyMapping{{policyA, policyB}}))
		c.leaf().policies(c.t, policyB)
	}},
	"any policy mapped": {apply: func(c *chain, _ *rand.Rand) {
		for _, p := range c.parts[1 : len(c.parts)-1] {
			p.policies(c.t, policyA)
		}
		c.authority().add(extension(c.t, idPolicyMappings, true, []policyMapping{{anyPolicy, policyB}}))
		c.leaf().policies(c.t, policyB)
	}},
	"key identifier differs": {apply: func(c *chain, _ *rand.Rand) {
		c.leaf().add(extension(c.t, asn1.ObjectIdentifier{2, 5, 29, 35}, false,
			struct {
				ID []byte `asn1:"tag:0"`
			}{[]byte{1, 2, 3, 4}}))
	}, differ: map[string]string{
		"certvalidator": "4.2.1.1 demands it of authorities; section 6 does not look at it"}},
	"key identifier missing": {apply: func(c *chain, _ *rand.Rand) {
		c.leaf().issuer = &x509.Certificate{Subject: c.authority().tpl.Subject}
		c.leaf().signer = c.authority().key
	}, differ: map[string]string{
		"certvalidator": "4.2.1.1 demands it of authorities; section 6 does not look at it"}},
	"leaf may sign certificates": {apply: onLeaf(func(p *part) {
		p.tpl.KeyUsage |= x509.KeyUsageCertSign
	}), differ: map[string]string{
		"certvalidator": "4.2.1.9 demands it of authorities; section 6 does not look at it"}},
	"list good": {valid: true, after: withLists(func(*chain, *x509.RevocationList) {})},
	"list revokes": {after: withLists(func(c *chain, tpl *x509.RevocationList) {
		tpl.RevokedCertificateEntries = revokes(c, moment.Add(-2*time.Hour), 1)
	})},
	"list holds": {after: withLists(func(c *chain, tpl *x509.RevocationList) {
		tpl.RevokedCertificateEntries = revokes(c, moment.Add(-2*time.Hour), 6)
	})},
	"list revokes another": {valid: true, after: withLists(func(c *chain, tpl *x509.RevocationList) {
		tpl.RevokedCertificateEntries = revokes(c, moment.Add(-2*time.Hour), 1)
		tpl.RevokedCertificateEntries[0].SerialNumber = certtest.Serial()
	})},
	"list stale": {after: withLists(func(_ *chain, tpl *x509.RevocationList) {
		tpl.ThisUpdate, tpl.NextUpdate = moment.Add(-3*time.Hour), moment.Add(-2*time.Hour)
	})},
	"list in future": {after: withLists(func(_ *chain, tpl *x509.RevocationList) {
		tpl.ThisUpdate = moment.Add(30 * time.Minute)
	})},
	"list missing": {after: func(c *chain, _ *rand.Rand) {
		for i := range len(c.parts) - 2 {
			c.list(i, nil)
		}
	}},
	"list by a stranger": {after: func(c *chain, _ *rand.Rand) {
		for i := range len(c.parts) - 2 {
			c.list(i, nil)
		}
		last := c.authority()
		own := last.key
		last.key = certtest.Key(c.t, certtest.P256, "stranger")
		stranger := *last.made
		stranger.PublicKey = last.key.Public()
		kept := last.made
		last.made = &stranger
		c.list(len(c.parts)-2, nil)
		last.key, last.made = own, kept
	}},
	"list by who may not": {apply: onAuthority(func(p *part) { p.tpl.KeyUsage = x509.KeyUsageCertSign }),
		after: func(c *chain, _ *rand.Rand) {
			for i := range len(c.parts) - 2 {
				c.list(i, nil)
			}
			kept := c.authority().made
			free := *kept
			free.KeyUsage = x509.KeyUsageCRLSign
			c.authority().made = &free
			c.list(len(c.parts)-2, nil)
			c.authority().made = kept
		}},
	"list with unknown critical extension": {after: withLists(func(c *chain, tpl *x509.RevocationList) {
		tpl.ExtraExtensions = []pkix.Extension{extension(c.t, idUnknown, true, 1)}
	})},
}

// TestGeneratedChains makes chains that are right, or wrong in one way, and compares our verdict
// with what was made, and that of strangers with ours. 20,000 of them with RUBRICA_FULL=1.
func TestGeneratedChains(t *testing.T) {
	certtest.Shared(t) // two strangers are needed to tell whose difference it is
	t.Parallel()
	count := 2 * len(variants)
	if certtest.Full() {
		count = 20_000
	}
	r := rand.New(rand.NewPCG(5280, 6))
	kinds := slices.Sorted(maps.Keys(variants))
	var jobs []certtest.Job
	var made []string
	dir := t.TempDir()
	for i := range count {
		kind := kinds[i%len(kinds)]
		v := variants[kind]
		authorities := 1 + r.IntN(3)
		if v.deep {
			authorities++
		}
		c := newChain(t, authorities)
		if v.apply != nil {
			v.apply(c, r)
		}
		c.make()
		if v.after != nil {
			v.after(c, r)
		}
		result := c.validate(c.query())
		assert.Equal(t, v.valid, result.Status == path.Valid, "%s: %s %s", kind, result.Code, result.Message)
		jobs = append(jobs, job(t, dir, i, c))
		made = append(made, kind)
	}
	if testing.Short() {
		return
	}
	differences := map[string]int{}
	for start := 0; start < len(jobs); start += 2000 {
		batch := jobs[start:min(start+2000, len(jobs))]
		lines := certtest.Judge(t, "cert", "openssl,certvalidator", batch...)
		require.Len(t, lines, 2*len(batch))
		for j, line := range lines {
			kind := made[start+j/2]
			if v := variants[kind]; line.Accepted != v.valid {
				assert.NotEmpty(t, v.differ[line.Judge], "%s: %s says accepted=%v: %v %v", kind,
					line.Judge, line.Accepted, line.Error, notes(line))
				differences[line.Judge+": "+kind+": "+v.differ[line.Judge]]++
			}
		}
	}
	for _, d := range slices.Sorted(maps.Keys(differences)) {
		t.Logf("%d × %s", differences[d], d)
	}
}

func notes(l certtest.Line) (out []string) {
	for _, s := range l.Signatures {
		out = append(out, s.Notes...)
	}
	return out
}

func job(t *testing.T, dir string, i int, c *chain) certtest.Job {
	t.Helper()
	write := func(name, kind string, ders ...[]byte) string {
		var out []byte
		for _, der := range ders {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
		}
		file := filepath.Join(dir, fmt.Sprintf("%d-%s.pem", i, name))
		require.NoError(t, os.WriteFile(file, out, 0o600))
		return file
	}
	j := certtest.Job{File: write("leaf", "CERTIFICATE", c.leaf().made.Raw),
		Trust: []string{write("anchor", "CERTIFICATE", c.anchor().made.Raw)},
		Time:  moment.Format(time.RFC3339)}
	var middle [][]byte
	for _, p := range c.parts[1 : len(c.parts)-1] {
		middle = append(middle, p.made.Raw)
	}
	j.Chain = []string{write("chain", "CERTIFICATE", middle...)}
	for n, list := range c.lists {
		j.CRL = append(j.CRL, write(fmt.Sprint("list", n), "X509 CRL", list))
	}
	return j
}
