package path

import (
	"encoding/pem"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

func block(t *testing.T, file, kind string) []byte {
	t.Helper()
	data, err := os.ReadFile(certtest.Vectors(t, "x509", "boringssl-name_constraints_unittest", file))
	require.NoError(t, err)
	for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
		if b.Type == kind {
			return b.Bytes
		}
	}
	t.Fatalf("%s has no %s", file, kind)
	return nil
}

func constraints(t *testing.T, file string, critical bool) *constraintSet {
	t.Helper()
	n, err := syntax.ReadNameConstraints(block(t, file, "NAME CONSTRAINTS"))
	require.NoError(t, err, file)
	return compile(n, critical)
}

// allowed lists names with the verdict that their constraints must give.
type allowed map[string]bool

func (a allowed) check(t *testing.T, s *constraintSet, form syntax.NameForm) {
	t.Helper()
	for name, want := range a {
		value := []byte(name)
		if form == syntax.IPAddress {
			value = netip.MustParseAddr(name).AsSlice()
		}
		assert.Equal(t, want, s.allows(form, value, false), "%s %q", form, name)
	}
}

// TestNameConstraintsDNS takes its names and verdicts from the suite that made the files.
func TestNameConstraintsDNS(t *testing.T) {
	t.Parallel()
	for file, names := range map[string]allowed{
		"dnsname.pem": {
			"permitted.example.com": true, "permitted.example.com.": true,
			"a.permitted.example.com": true, "apermitted.example.com": false,
			"apermitted.example.com.": false, "alsopermitted.example.com": true,
			"excluded.permitted.example.com": false, "a.excluded.permitted.example.com": false,
			"stillnotpermitted.excluded.permitted.example.com": false,
			"extraneousexclusion.example.com":                  false, "other.example.com": false,
			"other.com": false, "*.permitted.example.com": false,
			"*.excluded.permitted.example.com": false, "*.foo.permitted.example.com": true,
			"*.alsopermitted.example.com": true, "*.example2.com": false,
			"*xcluded.permitted.example.com": true, "exclude*.permitted.example.com": true,
			"*.": false, "*.*": false, ".*": false, "*": false,
			"permitted.example3.com": true, "permitted.example3.com.": true,
			"a.permitted.example3.com": true, "a.permitted.example3.com.": true,
			"PERMITTED.example.com": true,
		},
		"dnsname2.pem": {"com": true, "bar.com": true, "baz.bar.com": true, "foo.bar.com": false,
			"baz.foo.bar.com": false, "*.baz.bar.com": true, "*.com": true, "*.bar.com": false,
			"*.foo.bar.com": false},
		"dnsname-permitted_with_leading_dot.pem": {"com": false, "bar.com": false,
			"foobar.com": false, "foo.bar.com": true, "*.bar.com": true},
		"dnsname-excluded_with_leading_dot.pem": {"com": true, "bar.com": true, "foobar.com": true,
			"foo.bar.com": false, "*.bar.com": false},
		"dnsname-permitted_two_dot.pem": {"com": false, "com.": false, "foo.com": false,
			"*.com": false},
		"dnsname-excluded.pem": {"": true, "foo.com": true, "permitted.example.com": true,
			"excluded.permitted.example.com": false, "a.excluded.permitted.example.com": false},
		"dnsname-excludeall.pem": {"": false, "foo.com": false, "permitted.example.com": false,
			"foo.permitted.example.com": false},
		"dnsname-exclude_dot.pem": {"foo.com": false, "permitted.example.com": true,
			"foo.permitted.example.com": true},
	} {
		names.check(t, constraints(t, file, true), syntax.DNSName)
	}
}

func TestNameConstraintsAddress(t *testing.T) {
	t.Parallel()
	for file, names := range map[string]allowed{
		"ipaddress.pem": {"192.169.0.1": false, "192.168.0.1": true, "192.168.5.1": false,
			"192.168.5.33": false, "192.167.5.31": false, "192.167.5.32": true,
			"192.167.5.63": true, "192.167.5.64": false, "192.166.5.32": false,
			"102:304:506:708:90a:b0d::1": false, "102:304:506:708:90a:b0c::1": true,
			"102:304:506:708:90a:b0c:500:1": false, "102:304:506:708:90a:b0b:51f:ffff": false,
			"102:304:506:708:90a:b0b:520:0": true, "102:304:506:708:90a:b0b:53f:ffff": true,
			"102:304:506:708:90a:b0b:540:0": false, "102:304:506:708:90a:b0a:521:1": false},
		"ipaddress-excluded.pem": {"192.168.0.1": true, "192.168.5.1": false,
			"102:304:506:708:90a:b0d::1": true},
		"ipaddress-excludeall.pem": {"192.168.0.1": false, "1.1.1.1": false,
			"201:101:101:101:101:101:101:101": false, "102:304:506:708:90a:b0d::1": false},
		"ipaddress-permit_singlehost.pem": {"0.0.0.0": false, "192.168.1.2": false,
			"192.168.1.3": true, "192.168.1.4": false, "255.255.255.255": false},
		"ipaddress-permit_prefix31.pem": {"192.168.1.1": false, "192.168.1.2": true,
			"192.168.1.3": true, "192.168.1.4": false},
		"ipaddress-permit_prefix1.pem": {"0.0.0.0": false, "127.255.255.255": false,
			"128.0.0.0": true, "255.255.255.255": true},
		"ipaddress-permit_all.pem": {"0.0.0.0": true, "192.168.1.1": true, "255.255.255.255": true},
		"ipaddress-mapped_addrs.pem": {"192.168.1.0": true, "::ffff:192.168.1.0": false,
			"192.168.1.1": false, "192.168.1.2": true, "::ffff:192.168.2.0": true,
			"192.168.2.0": false, "::ffff:192.168.2.1": false, "::ffff:192.168.2.2": true},
	} {
		names.check(t, constraints(t, file, true), syntax.IPAddress)
	}
}

func TestNameConstraintsDirectory(t *testing.T) {
	t.Parallel()
	for file, names := range map[string]allowed{
		"directoryname.pem": {"name-ca.pem": false, "name-us.pem": true, "name-us-arizona.pem": true,
			"name-us-california.pem": false, "name-us-california-mountain_view.pem": false,
			"name-de.pem": false, "name-jp.pem": false, "name-jp-tokyo.pem": true},
		"directoryname-excluded.pem": {"name-empty.pem": true, "name-us.pem": true,
			"name-us-california.pem": false, "name-us-california-mountain_view.pem": false},
		"directoryname-excludeall.pem": {"name-empty.pem": false, "name-us.pem": false,
			"name-us-california.pem": false, "name-jp.pem": false},
	} {
		s := constraints(t, file, true)
		for name, want := range names {
			got := s.allows(syntax.DirectoryName, block(t, name, "NAME"), false)
			assert.Equal(t, want, got, "%s %s", file, name)
		}
	}
}

// sans maps a file with alternative names to the verdict.
func checkAlternatives(t *testing.T, s *constraintSet, file string, sans allowed) {
	t.Helper()
	for san, want := range sans {
		names, err := syntax.ReadAltNames(block(t, "san-"+san+".pem", "SUBJECT ALTERNATIVE NAME"))
		require.NoError(t, err, san)
		got := s.judge(syntax.Name{0x30, 0}, names, true)
		assert.Equal(t, want, got == "", "%s %s: %s", file, san, got)
	}
}

func TestNameConstraintsMailbox(t *testing.T) {
	t.Parallel()
	for file, sans := range map[string]allowed{
		"rfc822name-permitted.pem": {"rfc822name": true, "rfc822name-domaincase": true,
			"rfc822name-localpartcase": false, "rfc822name-subdomain": false,
			"rfc822name-no-at": false, "rfc822name-two-ats": false, "rfc822name-quoted": false,
			"rfc822name-ipv4": false, "rfc822name-multiple": false},
		"rfc822name-excluded.pem": {"rfc822name": false, "rfc822name-domaincase": false,
			"rfc822name-localpartcase": true, "rfc822name-subdomain": true,
			"rfc822name-no-at": false, "rfc822name-two-ats": false, "rfc822name-ipv4": false},
		"rfc822name-permitted-hostname.pem": {"rfc822name": true, "rfc822name-domaincase": true,
			"rfc822name-localpartcase": true, "rfc822name-subdomain": false,
			"rfc822name-no-at": false, "rfc822name-two-ats": false,
			"rfc822name-empty-localpart": false, "rfc822name-quoted": false,
			"rfc822name-multiple": true},
		"rfc822name-excluded-hostname.pem": {"rfc822name": false, "rfc822name-domaincase": false,
			"rfc822name-localpartcase": false, "rfc822name-subdomain": true,
			"rfc822name-no-at": false, "rfc822name-two-ats": false,
			"rfc822name-empty-localpart": false},
		"rfc822name-permitted-hostnamewithat.pem": {"rfc822name-empty-localpart": false,
			"rfc822name": false, "rfc822name-domaincase": false, "rfc822name-subdomain": false},
		"rfc822name-excluded-hostnamewithat.pem": {"rfc822name-empty-localpart": false,
			"rfc822name": false, "rfc822name-domaincase": false, "rfc822name-subdomain": false},
		"rfc822name-permitted-subdomains.pem": {"rfc822name": false, "rfc822name-subdomain": true,
			"rfc822name-subdomaincase": true, "rfc822name-subdomain-no-at": false,
			"rfc822name-subdomain-two-ats": false},
		"rfc822name-excluded-subdomains.pem": {"rfc822name": true, "rfc822name-subdomain": false,
			"rfc822name-subdomaincase": false, "rfc822name-subdomain-no-at": false,
			"rfc822name-subdomain-two-ats": false},
		"rfc822name-permitted-empty.pem": {"rfc822name": false, "rfc822name-empty": false},
		"rfc822name-excluded-empty.pem":  {"rfc822name": false, "rfc822name-empty": false},
		"rfc822name-permitted-ipv4.pem": {"rfc822name": false, "rfc822name-empty": false,
			"rfc822name-ipv4": false},
		"rfc822name-excluded-ipv4.pem": {"rfc822name": false, "rfc822name-empty": false,
			"rfc822name-ipv4": false},
		"rfc822name-permitted-quoted.pem": {"rfc822name-quoted": false},
		"rfc822name-excluded-quoted.pem":  {"rfc822name-subdomain": false},
		"othername-excluded.pem":          {"rfc822name-quoted": true},
	} {
		checkAlternatives(t, constraints(t, file, true), file, sans)
	}
}

// TestNameConstraintsForms: each form alone constrains the names of that form alone, and a form
// that nobody defines refuses when it is critical.
func TestNameConstraintsForms(t *testing.T) {
	t.Parallel()
	for _, critical := range []bool{true, false} {
		for file, sans := range map[string]allowed{
			"dnsname.pem": {"permitted": true, "excluded-dnsname": false,
				"excluded-directoryname": true, "excluded-ipaddress": true},
			"directoryname.pem": {"permitted": true, "excluded-dnsname": true,
				"excluded-directoryname": false, "excluded-ipaddress": true},
			"ipaddress.pem": {"permitted": true, "excluded-dnsname": true,
				"excluded-directoryname": true, "excluded-ipaddress": false},
			"directoryname_and_dnsname_and_ipaddress.pem": {"permitted": true,
				"excluded-dnsname": false, "excluded-directoryname": false,
				"excluded-ipaddress": false},
			"othername-permitted.pem":    {"othername": !critical},
			"othername-excluded.pem":     {"othername": !critical},
			"x400address-permitted.pem":  {"x400address": !critical},
			"x400address-excluded.pem":   {"x400address": !critical},
			"edipartyname-permitted.pem": {"edipartyname": !critical},
			"edipartyname-excluded.pem":  {"edipartyname": !critical},
			"registeredid-permitted.pem": {"registeredid": !critical},
			"registeredid-excluded.pem":  {"registeredid": !critical},
		} {
			checkAlternatives(t, constraints(t, file, critical), file, sans)
		}
	}
}

func TestNameConstraintsURI(t *testing.T) {
	t.Parallel()
	s := compile(&syntax.NameConstraints{
		Permitted: []syntax.GeneralName{{Form: syntax.URI, Value: []byte(".example.com")},
			{Form: syntax.URI, Value: []byte("host.org")}},
		Excluded: []syntax.GeneralName{{Form: syntax.URI, Value: []byte("bad.example.com")}},
	}, true)
	allowed{"http://a.example.com/x": true, "http://example.com": false,
		"ldap://A.B.Example.com:389/dc=x?y": true, "http://bad.example.com": false,
		"http://host.org": true, "http://www.host.org": false, "http://u@host.org:80/": true,
		"urn:isbn:1": false, "mailto:a@host.org": false, "http://192.0.2.1/": false,
		"http://[2001:db8::1]/": false, "http:///x": false, "http://host.org@evil.org/": false,
	}.check(t, s, syntax.URI)
}

func TestNameConstraintsRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"dnsname-with_max.pem", "dnsname-with_min_0.pem",
		"dnsname-with_min_0_and_max.pem", "dnsname-with_min_1.pem", "dnsname-with_min_1_and_max.pem",
		"invalid-empty_excluded_subtree.pem", "invalid-empty_permitted_subtree.pem",
		"invalid-no_subtrees.pem", "ipaddress-invalid_addr.pem",
		"ipaddress-invalid_mask_not_contiguous_1.pem", "ipaddress-invalid_mask_not_contiguous_2.pem",
		"ipaddress-invalid_mask_not_contiguous_3.pem", "ipaddress-invalid_mask_not_contiguous_4.pem",
	} {
		_, err := syntax.ReadNameConstraints(block(t, file, "NAME CONSTRAINTS"))
		assert.Error(t, err, file)
	}
	for _, file := range []string{"san-invalid-empty.pem", "san-invalid-ipaddress.pem"} {
		_, err := syntax.ReadAltNames(block(t, file, "SUBJECT ALTERNATIVE NAME"))
		assert.Error(t, err, file)
	}
}
