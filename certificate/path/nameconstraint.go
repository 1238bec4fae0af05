package path

import (
	"net/netip"
	"strings"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// constraintSet is a nameConstraints extension made ready for look-ups: a name costs as much as it
// is long, however many subtrees there are (RFC 5280, 4.2.1.10).
type constraintSet struct {
	permitted, excluded *subtrees
	// unknown has bit f set when subtrees of form f are present, which nobody knows to process.
	unknown uint16
}

// knownForms are the forms whose subtrees RFC 5280 defines.
const knownForms = 1<<syntax.RFC822Name | 1<<syntax.DNSName | 1<<syntax.DirectoryName |
	1<<syntax.URI | 1<<syntax.IPAddress

// compile makes the set. Subtrees of unknown forms in an extension that is not critical are
// ignored, as RFC 5280, 4.2 allows.
func compile(n *syntax.NameConstraints, critical bool) *constraintSet {
	s := &constraintSet{permitted: newSubtrees(n.Permitted), excluded: newSubtrees(n.Excluded)}
	if critical {
		s.unknown = (s.permitted.forms | s.excluded.forms) &^ knownForms
	}
	return s
}

// allows judges one name. fold says that the local part of a mailbox is of any case, as in the
// attribute emailAddress (RFC 5280, 4.1.2.6).
func (s *constraintSet) allows(form syntax.NameForm, value []byte, fold bool) bool {
	bit := uint16(1) << form
	if s.unknown&bit != 0 {
		return false
	}
	if (s.permitted.forms|s.excluded.forms)&bit&knownForms == 0 {
		return true
	}
	name, ok := readConstrained(form, value, fold)
	if !ok {
		return false // what cannot be read cannot be shown to be inside or outside
	}
	if s.excluded.forms&bit != 0 && s.excluded.contains(form, name, true) {
		return false
	}
	return s.permitted.forms&bit == 0 || s.permitted.contains(form, name, false)
}

// constrainedName is a name taken apart for comparing.
type constrainedName struct {
	local, host string // rfc822Name
	fold        bool
	text        string // dNSName, host of a URI, canonical directoryName
	address     []byte
}

func readConstrained(form syntax.NameForm, value []byte, fold bool) (n constrainedName, ok bool) {
	switch form {
	case syntax.DNSName:
		n.text = strings.TrimSuffix(lower(string(value)), ".")
		return n, len(n.text) <= maxHost
	case syntax.RFC822Name:
		n.local, n.host, ok = splitMailbox(string(value))
		n.fold = fold
		return n, ok
	case syntax.URI:
		n.text, ok = hostOfURI(string(value))
		return n, ok
	case syntax.DirectoryName:
		n.text = string(syntax.Name(value).Canonical())
		return n, true
	case syntax.IPAddress:
		n.address = value
		return n, len(value) == 4 || len(value) == 16
	}
	return n, false
}

// subtrees is one side of the constraints.
type subtrees struct {
	forms uint16 // bit f: subtrees of form f are present
	// broken has bit f set when a subtree of form f makes no sense. Nothing is permitted by it, and
	// everything excluded.
	broken uint16

	dns        domains
	mailboxes  map[string]struct{} // local@host
	folded     map[string]struct{} // the same, local part in lower case
	mailHosts  domains
	uriHosts   domains
	bases      map[string]struct{} // canonical names
	baseSizes  map[int]struct{}
	everything bool // the empty directory name
	prefixes   map[netip.Prefix]struct{}
	lengths    [2][129]bool // of prefixes: IPv4, IPv6
}

func newSubtrees(list []syntax.GeneralName) *subtrees {
	t := &subtrees{}
	for _, g := range list {
		t.forms |= 1 << g.Form
		if !t.add(g) {
			t.broken |= 1 << g.Form
		}
	}
	return t
}

func (t *subtrees) add(g syntax.GeneralName) bool {
	switch g.Form {
	case syntax.DNSName:
		t.dns.addDNS(strings.TrimSuffix(lower(string(g.Value)), "."), len(g.Value) == 0)
	case syntax.RFC822Name:
		return t.addMailbox(string(g.Value))
	case syntax.URI:
		host := lower(string(g.Value))
		if !validHost(strings.TrimPrefix(host, ".")) {
			return false
		}
		t.uriHosts.addHost(host)
	case syntax.DirectoryName:
		base := string(syntax.Name(g.Value).Canonical())
		if base == "" {
			t.everything = true
		}
		put(&t.bases, base)
		put(&t.baseSizes, len(base))
	case syntax.IPAddress:
		t.addAddress(g.Value)
	}
	return true
}

func put[K comparable](m *map[K]struct{}, key K) {
	if *m == nil {
		*m = make(map[K]struct{})
	}
	(*m)[key] = struct{}{}
}

func (t *subtrees) addMailbox(s string) bool {
	if strings.Contains(s, "@") {
		local, host, ok := splitMailbox(s)
		if ok {
			put(&t.mailboxes, local+"@"+host)
			put(&t.folded, lower(local)+"@"+host)
		}
		return ok
	}
	host := lower(s)
	if !validHost(strings.TrimPrefix(host, ".")) {
		return false
	}
	t.mailHosts.addHost(host)
	return true
}

func (t *subtrees) addAddress(value []byte) {
	half := len(value) / 2
	bits := 0
	for _, o := range value[half:] {
		for ; o != 0; o <<= 1 {
			bits++
		}
	}
	address, _ := netip.AddrFromSlice(value[:half])
	prefix, _ := address.Prefix(bits)
	put(&t.prefixes, prefix)
	t.lengths[family(half)][bits] = true
}

func family(octets int) int {
	if octets == 4 {
		return 0
	}
	return 1
}

// contains reports whether the name lies in a subtree. partly: a wildcard counts also when only
// some of what it stands for does.
func (t *subtrees) contains(form syntax.NameForm, n constrainedName, partly bool) bool {
	if t.broken>>form&1 == 1 {
		return partly // excluded side
	}
	switch form {
	case syntax.DNSName:
		return t.dns.containsDNS(n.text, partly)
	case syntax.RFC822Name:
		return t.containsMailbox(n)
	case syntax.URI:
		return t.uriHosts.containsHost(n.text)
	case syntax.DirectoryName:
		return t.containsDirectory(n.text)
	case syntax.IPAddress:
		return t.containsAddress(n.address)
	}
	return false
}

func (t *subtrees) containsMailbox(n constrainedName) bool {
	set, local := t.mailboxes, n.local
	if n.fold {
		set, local = t.folded, lower(local)
	}
	if _, ok := set[local+"@"+n.host]; ok {
		return true
	}
	return t.mailHosts.containsHost(n.host)
}

func (t *subtrees) containsDirectory(canonical string) bool {
	if t.everything {
		return true
	}
	for end := 0; end < len(canonical); {
		size := int(canonical[end])<<24 | int(canonical[end+1])<<16 |
			int(canonical[end+2])<<8 | int(canonical[end+3])
		end += 4 + size
		if _, ok := t.baseSizes[end]; !ok {
			continue
		}
		if _, ok := t.bases[canonical[:end]]; ok {
			return true
		}
	}
	return false
}

func (t *subtrees) containsAddress(octets []byte) bool {
	address, _ := netip.AddrFromSlice(octets)
	for bits, used := range t.lengths[family(len(octets))] {
		if !used {
			continue
		}
		prefix, _ := address.Prefix(bits)
		if _, ok := t.prefixes[prefix]; ok {
			return true
		}
	}
	return false
}

// domains is a set of domains.
type domains struct {
	all     bool
	hosts   map[string]struct{} // the domain itself; for dNSName also what is below
	below   map[string]struct{} // what is below the domain, from a leading dot
	parents map[string]struct{} // the domain above each of hosts, for wildcards
}

// addDNS adds a dNSName subtree: the host and everything below (RFC 5280, 4.2.1.10). A leading dot,
// which the standard does not foresee, stands for everything below alone. What has an empty label
// matches nothing.
func (d *domains) addDNS(domain string, empty bool) {
	bare := strings.TrimPrefix(domain, ".")
	switch {
	case empty:
		d.all = true
	case bare == "" || strings.HasPrefix(bare, ".") || strings.Contains(bare, ".."):
	case bare != domain:
		put(&d.below, bare)
	default:
		put(&d.hosts, domain)
		if _, above, ok := strings.Cut(domain, "."); ok {
			put(&d.parents, above)
		}
	}
}

// addHost adds a host, or with a leading dot everything below a domain: the subtrees of rfc822Name
// and URI.
func (d *domains) addHost(host string) {
	if bare, ok := strings.CutPrefix(host, "."); ok {
		put(&d.below, bare)
		return
	}
	put(&d.hosts, host)
}

func (d *domains) containsDNS(name string, partly bool) bool {
	if d.all {
		return true
	}
	if _, ok := d.hosts[name]; ok {
		return true
	}
	if above, ok := strings.CutPrefix(name, "*."); ok && partly {
		if _, ok := d.parents[above]; ok {
			return true
		}
	}
	for rest := name; ; {
		_, above, ok := strings.Cut(rest, ".")
		if !ok {
			return false
		}
		if _, ok := d.hosts[above]; ok {
			return true
		}
		if _, ok := d.below[above]; ok {
			return true
		}
		rest = above
	}
}

func (d *domains) containsHost(host string) bool {
	if _, ok := d.hosts[host]; ok {
		return true
	}
	for rest := host; ; {
		_, above, ok := strings.Cut(rest, ".")
		if !ok {
			return false
		}
		if _, ok := d.below[above]; ok {
			return true
		}
		rest = above
	}
}

// splitMailbox takes a mailbox apart: a dot-string and a host (RFC 5321, 4.1.2). Quoted strings and
// address literals are not understood, and so never shown to be inside a subtree.
func splitMailbox(s string) (local, host string, ok bool) {
	local, host, ok = strings.Cut(s, "@")
	if !ok || local == "" || strings.ContainsAny(local, "\"\\() ,:;<>[]\x00") ||
		strings.Contains(host, "@") {
		return "", "", false
	}
	host = lower(host)
	return local, host, validHost(host)
}

// maxHost is the length of the longest domain name (RFC 1035, 2.3.4), without the final dot.
const maxHost = 253

// validHost reports whether a host name is made of labels of letters, digits, hyphens and
// underscores.
func validHost(host string) bool {
	if host == "" || len(host) > maxHost {
		return false
	}
	label := 0
	for i := range len(host) {
		c := host[i]
		switch {
		case c == '.' && label > 0:
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

// hostOfURI returns the host of a URI's authority. RFC 5280, 4.2.1.10 refuses a URI without one, or
// with an address in its place, where constraints apply.
func hostOfURI(uri string) (string, bool) {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || scheme == "" {
		return "", false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	host, _, _ := strings.Cut(rest, ":")
	host = strings.TrimSuffix(lower(host), ".")
	if _, err := netip.ParseAddr(host); err == nil || !validHost(host) {
		return "", false
	}
	return host, true
}

// lower folds ASCII letters alone, as host names are compared.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if b[j] >= 'A' && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

const (
	oidEmailAddress = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"
	oidSmtpUTF8     = "\x2b\x06\x01\x05\x05\x07\x08\x09" // id-on-SmtpUTF8Mailbox, RFC 9598
)

// judge returns the first name of a certificate that the constraints forbid, by its form, or ""
// when they allow all (RFC 5280, 6.1.3 (b) and (c)).
func (s *constraintSet) judge(subject syntax.Name, alternatives []syntax.GeneralName,
	hasAlternatives bool) string {
	if !subject.Empty() && !s.allows(syntax.DirectoryName, subject, false) {
		return "subject"
	}
	mail := uint16(1) << syntax.RFC822Name
	if !hasAlternatives && (s.permitted.forms|s.excluded.forms)&mail != 0 {
		for a := range subject.Attributes {
			if string(a.Type) == oidEmailAddress && !s.allows(syntax.RFC822Name, a.Value, true) {
				return "emailAddress"
			}
		}
	}
	for _, g := range alternatives {
		if !s.allows(g.Form, g.Value, false) {
			return g.Form.String()
		}
		if g.Form == syntax.OtherName && !s.allowsMailbox(g) {
			return "SmtpUTF8Mailbox"
		}
	}
	return ""
}

// allowsMailbox applies rfc822Name constraints to a mailbox in an otherName (RFC 9598, 6).
func (s *constraintSet) allowsMailbox(g syntax.GeneralName) bool {
	oid, tag, value := g.OtherNameParts()
	return string(oid) != oidSmtpUTF8 || tag == der.UTF8String &&
		s.allows(syntax.RFC822Name, value, false)
}
