package fetch

import "net/netip"

// reserved are ranges that are no public hosts although they look like unicast addresses: the
// registries of IANA for special purposes, and the address at which a large cloud keeps its
// machines' metadata among public ones.
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
	"3fff::/20", "5f00::/16", "fec0::/10")

// carriers are IPv6 ranges that carry an IPv4 address, with where it begins.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// mayDial reports whether an address is public, or allowed by name.
func (f *Fetcher) mayDial(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range f.Allow {
		if p.Contains(a) {
			return true
		}
	}
	return public(a)
}

func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	for _, c := range carriers {
		if c.prefix.Contains(a) {
			octets := a.As16()
			return public(netip.AddrFrom4([4]byte(octets[c.at : c.at+4])))
		}
	}
	return true
}
