package c14n

import "bytes"

// A uri is a URI reference in its parts (RFC 3986, appendix B). The scheme keeps its ":", the authority
// its "//" and the query its "?", so that absent and empty are told apart. The fragment is dropped.
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
			r.path = removeDotSegments(append(bytes.Clone(b.path[:upTo]), r.path...))
		}
	}
	return bytes.Join([][]byte{r.scheme, r.authority, r.path, r.query}, nil)
}

// removeDotSegments is that of RFC 3986, 5.2.4, as Canonical XML 1.1 modifies it: leading ".." are
// kept in a relative path, a trailing ".." gets a "/", and several "/" become one.
func removeDotSegments(path []byte) []byte {
	rooted := len(path) > 0 && path[0] == '/'
	var kept [][]byte
	slash := true // the path ends with a slash
	for segment := range bytes.SplitSeq(path, []byte("/")) {
		slash = true
		switch string(segment) {
		case "", ".":
		case "..":
			if n := len(kept); n > 0 && string(kept[n-1]) != ".." {
				kept = kept[:n-1]
			} else if !rooted {
				kept = append(kept, segment)
			}
		default:
			kept = append(kept, segment)
			slash = false
		}
	}
	var out []byte
	if rooted {
		out = append(out, '/')
	}
	out = append(out, bytes.Join(kept, []byte("/"))...)
	if slash && len(kept) > 0 {
		out = append(out, '/')
	}
	return out
}
