package xmltree

import (
	"bytes"
	"slices"
)

// A prefix is a namespace prefix that occurs in a declaration.
type prefix struct {
	name    []byte
	current uint32 // the declaration in force; one with no name if there is none
}

// What is bound in every document. Never written to.
var (
	prefixXML = []byte("xml")
	uriXML    = []byte(NameSpaceXML)
)

func (p *parser) startNamespaces() {
	p.prefixes = append(p.room.prefixes[:0],
		prefix{nil, NoNamespace}, prefix{prefixXML, XMLNamespace})
	p.uris = append(p.room.uris[:0], nil, uriXML)
	p.decls = append(p.room.decls[:0], DeclRecord{}, DeclRecord{Prefix: 1, URI: 1})
	p.nodes[0].Decl = 2
}

// findPrefix is the number of a prefix that was declared somewhere before, or -1.
func (p *parser) findPrefix(name []byte) int {
	if last := int(p.last); string(p.prefixes[last].name) == string(name) {
		return last
	}
	if p.byPrefix != nil {
		k, ok := p.byPrefix[string(name)]
		if !ok {
			return -1
		}
		p.last = k
		return int(k)
	}
	for k := range p.prefixes {
		if string(p.prefixes[k].name) == string(name) {
			p.last = uint32(k)
			return k
		}
	}
	return -1
}

func (p *parser) addPrefix(name []byte) uint32 {
	if k := p.findPrefix(name); k >= 0 {
		return uint32(k)
	}
	k := uint32(len(p.prefixes))
	p.prefixes = append(p.prefixes, prefix{name: name})
	if p.byPrefix != nil {
		p.byPrefix[string(name)] = k
	} else if k >= many {
		p.byPrefix = make(map[string]uint32, 2*many)
		for i, q := range p.prefixes {
			p.byPrefix[string(q.name)] = uint32(i)
		}
	}
	return k
}

func (p *parser) addURI(uri []byte) uint32 {
	if p.byURI != nil {
		if k, ok := p.byURI[string(uri)]; ok {
			return k
		}
	} else {
		for k := range p.uris {
			if string(p.uris[k]) == string(uri) {
				return uint32(k)
			}
		}
	}
	k := uint32(len(p.uris))
	p.uris = append(p.uris, uri)
	if p.byURI != nil {
		p.byURI[string(uri)] = k
	} else if k >= many {
		p.byURI = make(map[string]uint32, 2*many)
		for i, u := range p.uris {
			p.byURI[string(u)] = uint32(i)
		}
	}
	return k
}

// declare takes an attribute xmlns or xmlns:prefix (Namespaces in XML 1.0, 3 and 5). The
// declarations of the element begin at first. plain says that it is written canonically. It answers
// whether the tag can still be in canonical form.
func (p *parser) declare(a *AttrRecord, first int, plain bool) (raw, ok bool) {
	name := p.s[a.Name : a.Name+uint32(a.NameLen)]
	var pre []byte
	if a.PrefixLen > 0 {
		pre = name[len("xmlns:"):]
	}
	uri := p.s[a.Value : a.Value+a.ValueLen]
	if !a.Raw {
		uri = AppendValue(nil, uri)
	}
	if len(uri) > p.l.Name {
		return false, p.limit(int(a.Value), "Name", p.l.Name) >= 0
	}
	if done, ok := p.reserved(a, pre, uri); done {
		return false, ok
	}
	if !isAbsolute(uri) && p.d.index.RelativeNamespace < 0 {
		p.d.index.RelativeNamespace = int(a.Name)
	}
	k, u := p.addPrefix(pre), p.addURI(uri)
	hidden := p.prefixes[k].current
	if int(hidden) >= first && len(p.decls) > first {
		return false, p.fail(int(a.Name), declaredTwice) >= 0
	}
	raw = len(p.decls) == first ||
		bytes.Compare(p.prefixes[p.decls[len(p.decls)-1].Prefix].name, pre) < 0
	p.prefixes[k].current = uint32(len(p.decls))
	d := DeclRecord{Prefix: k, URI: u, Previous: hidden, Redundant: p.decls[hidden].URI == u}
	if plain {
		d.Start, d.Len = a.Name, a.Value+a.ValueLen+1-a.Name
	}
	p.decls = append(p.decls, d)
	return raw, true
}

const declaredTwice = "the prefix is declared twice in one tag"

// reserved enforces what is said about the prefixes and names of xml and xmlns. A declaration of
// xml that is right says nothing, and is done with.
func (p *parser) reserved(a *AttrRecord, pre, uri []byte) (done, ok bool) {
	at := int(a.Name)
	switch {
	case string(pre) == "xmlns":
		p.fail(at, "the prefix xmlns must not be declared")
	case string(pre) == "xml" && string(uri) != NameSpaceXML:
		p.fail(at, "the prefix xml must not be bound to another name")
	case string(pre) == "xml" && p.xmlAt == len(p.nodes):
		p.fail(at, declaredTwice)
	case string(pre) == "xml":
		p.xmlAt = len(p.nodes)
		return true, true
	case string(uri) == NameSpaceXML:
		p.fail(at, "only the prefix xml may be bound to its name")
	case string(uri) == NameSpaceXMLNS:
		p.fail(at, "nothing may be bound to the name of xmlns")
	case len(uri) == 0 && a.PrefixLen > 0:
		p.fail(at, "a prefix must not be bound to an empty name")
	default:
		return false, false
	}
	return true, false
}

// isAbsolute says that a namespace name is empty or begins with a scheme (RFC 3986, 3.1).
func isAbsolute(uri []byte) bool {
	for i, c := range uri {
		switch letter := c|0x20 >= 'a' && c|0x20 <= 'z'; {
		case letter:
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return i > 0 && c == ':'
		}
	}
	return len(uri) == 0
}

// sortDecls puts the declarations from first on in the order of their prefixes.
func (p *parser) sortDecls(first int) {
	slices.SortFunc(p.decls[first:], func(a, b DeclRecord) int {
		return bytes.Compare(p.prefixes[a.Prefix].name, p.prefixes[b.Prefix].name)
	})
	for i := first; i < len(p.decls); i++ {
		p.prefixes[p.decls[i].Prefix].current = uint32(i)
	}
}

// undeclare ends the scope of the declarations from first up to end.
func (p *parser) undeclare(first, end uint32) {
	for _, d := range p.decls[first:end] {
		p.prefixes[d.Prefix].current = d.Previous
	}
}
