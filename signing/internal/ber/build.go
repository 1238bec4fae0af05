package ber

// Wrap makes one DER element of parts put one after the other.
func Wrap(class byte, number uint32, constructed bool, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := make([]byte, 0, n+HeaderSize(int64(n))+4)
	out = AppendHeader(out, class, number, constructed, int64(n))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Sequence is SEQUENCE of parts.
func Sequence(parts ...[]byte) []byte { return Wrap(Universal, TagSequence, true, parts...) }

// Set is SET of parts in the order given.
func Set(parts ...[]byte) []byte { return Wrap(Universal, TagSet, true, parts...) }

// Octet is OCTET STRING.
func Octet(value []byte) []byte { return Wrap(Universal, TagOctetString, false, value) }

// Tagged is the constructed context-specific tag n around parts: [n] EXPLICIT, or [n] IMPLICIT of
// something constructed.
func Tagged(n uint32, parts ...[]byte) []byte { return Wrap(Context, n, true, parts...) }

// Retag gives an element another identifier octet; its tag number and n must be low.
func Retag(element []byte, id byte) []byte {
	out := append([]byte(nil), element...)
	out[0] = id
	return out
}
