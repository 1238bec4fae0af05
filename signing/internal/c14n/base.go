package c14n

import (
	"bytes"
	"slices"
)

// A uri is a URI reference in its parts (RFC 3986, appendix B). The scheme keeps its ":", the
// authority its "//" and the query its "?", so that absent and empty are told apart. The fragment
// is dropped.
type uri struct{ scheme, authority, path, query []byte }

func splitURI(s []byte) (u uri) {
	if i := bytes.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	if i := bytes.IndexAny(s, ":/?"); i > 0 && s[i] == ':' {
		u.scheme, s = s[:i+1], s[i+1:]
	}
	if bytes.HasPrefix(s, []byte("//")) {
		end := len(s)
		if i := bytes.IndexAny(s[2:], "/?"); i >= 0 {
			end = 2 + i
		}
		u.authority, s = s[:end], s[end:]
	}
	u.path = s
	if i := bytes.IndexByte(s, '?'); i >= 0 {
		u.path, u.query = s[:i], s[i:]
	}
	return u
}

// joinReferences is the function join-URI-References of Canonical XML 1.1, 2.4: the reference
// resolution of RFC 3986, 5.2, where the base may be relative itself.
func joinReferences(base, ref []byte) []byte {
	b, r := splitURI(base), splitURI(ref)
	if string(b.path) == ".." || bytes.HasSuffix(b.path, []byte("/..")) {
		b.path = append(bytes.Clone(b.path), '/')
	}
	switch {
	case r.scheme != nil:
		r.path = removeDotSegments(r.path)
	case r.authority != nil:
		r.scheme, r.path = b.scheme, removeDotSegments(r.path)
	default:
		r.scheme, r.authority = b.scheme, b.authority
		switch {
		case len(r.path) == 0:
			if r.path = b.path; r.query == nil {
				r.query = b.query
			}
		case r.path[0] == '/':
			r.path = removeDotSegments(r.path)
		case b.authority != nil && len(b.path) == 0:
			r.path = removeDotSegments(append([]byte("/"), r.path...))
		default:
			upTo := bytes.LastIndexByte(b.path, '/') + 1
			r.path = removeDotSegments(slices.Concat(b.path[:upTo], r.path))
		}
	}
	return bytes.Join([][]byte{r.scheme, r.authority, r.path, r.query}, nil)
}

// removeDotSegments is that of RFC 3986, 5.2.4, as Canonical XML 1.1 modifies it: leading ".." are
// kept in a relative path, a trailing ".." gets a "/", and several "/" become one.
func removeDotSegments(path []byte) []byte {
	out, floor := make([]byte, 0, len(path)+1), 0
	if len(path) > 0 && path[0] == '/' {
		out, floor = append(out, '/'), 1
	}
	named := false // the path ends with a name, not with a slash
	for segment := range bytes.SplitSeq(path, []byte("/")) {
		named = false
		switch string(segment) {
		case "", ".":
		case "..":
			if up := len(out) > floor && !bytes.HasSuffix(out, []byte("../")); up || endsWithName(out) {
				out = out[:bytes.LastIndexByte(out[:len(out)-1], '/')+1]
			} else if floor == 0 {
				out = append(out, "../"...)
			}
		default:
			out = append(append(out, segment...), '/')
			named = true
		}
	}
	if named {
		out = out[:len(out)-1]
	}
	return out
}

// endsWithName says that the last segment of a path, which ends with a slash, merely ends with
// "..".
func endsWithName(path []byte) bool {
	n := len(path) - len("../")
	return n > 0 && path[n-1] != '/' && string(path[n:]) == "../"
}
