package ber

import (
	"bytes"
	"slices"
)

// First splits b, which begins at off in its input, into its first element and what follows.
func First(b []byte, off int64) (element, rest []byte, err error) {
	n, err := elementSize(b, off)
	if err != nil {
		return nil, nil, err
	}
	return b[:n:n], b[n:], nil
}

// elementSize is the length of the first element of b.
func elementSize(b []byte, off int64) (int, error) {
	at, open := 0, 0
	for {
		h, err := parseHeader(b[at:], off+int64(at))
		if err != nil {
			return 0, err
		}
		at += h.Size
		switch {
		case h.endOfContents():
			if open--; open < 0 {
				return 0, malformed(h.Offset, "end of contents where none is open")
			}
		case h.Length < 0:
			if open++; open > maxDepth {
				return 0, limited(h.Offset, "nested more than %d deep", maxDepth)
			}
		case h.Length > int64(len(b)-at):
			return 0, malformed(h.Offset, "element reaches beyond the end")
		default:
			at += int(h.Length)
		}
		if open == 0 {
			return at, nil
		}
	}
}

// ToDER gives one element the lengths and the strings of DER (X.690, 10.1, 10.2): every length
// definite and shortest, every string in one piece. The order of SETs and the values inside
// primitives stay as they are. Input that needs no change is returned itself.
func ToDER(b []byte, off int64) ([]byte, error) {
	ok, rest, err := isDER(b, off, 0)
	if err != nil {
		return nil, err
	}
	if ok && len(rest) == 0 {
		return b, nil
	}
	out, rest, err := transcode(make([]byte, 0, len(b)), b, off, 0)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, malformed(off+int64(len(b)-len(rest)), "more after the element")
	}
	return out, nil
}

// IsDER says whether the element has the lengths and strings of DER; see [ToDER].
func IsDER(b []byte) bool {
	ok, rest, err := isDER(b, 0, 0)
	return err == nil && ok && len(rest) == 0
}

func isString(h Header) bool {
	if h.Class != Universal {
		return false
	}
	switch h.Number {
	case TagBitString, TagOctetString, 12, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30:
		return true
	}
	return false
}

func isDER(b []byte, off int64, depth int) (bool, []byte, error) {
	h, err := parseHeader(b, off)
	if err != nil {
		return false, nil, err
	}
	if depth > maxDepth {
		return false, nil, limited(off, "nested more than %d deep", maxDepth)
	}
	if h.endOfContents() {
		return false, nil, malformed(off, "end of contents where none is open")
	}
	if h.Length < 0 {
		return false, nil, nil
	}
	if h.Length > int64(len(b)-h.Size) {
		return false, nil, malformed(off, "element reaches beyond the end")
	}
	end := h.Size + int(h.Length)
	if h.Number < 0x1f && h.Size != HeaderSize(h.Length) || h.Constructed && isString(h) {
		return false, nil, nil
	}
	for inner := b[h.Size:end]; h.Constructed && len(inner) > 0; {
		at := off + int64(end-len(inner))
		ok, rest, err := isDER(inner, at, depth+1)
		if err != nil || !ok {
			return false, nil, err
		}
		inner = rest
	}
	return true, b[end:], nil
}

func transcode(out, b []byte, off int64, depth int) (grown, rest []byte, err error) {
	h, err := parseHeader(b, off)
	if err != nil {
		return nil, nil, err
	}
	if depth > maxDepth {
		return nil, nil, limited(off, "nested more than %d deep", maxDepth)
	}
	if h.Length > int64(len(b)-h.Size) {
		return nil, nil, malformed(off, "element reaches beyond the end")
	}
	if !h.Constructed {
		if h.endOfContents() {
			return nil, nil, malformed(off, "end of contents where none is open")
		}
		end := h.Size + int(h.Length)
		out = AppendHeader(out, h.Class, h.Number, false, h.Length)
		return append(out, b[h.Size:end]...), b[end:], nil
	}
	if isString(h) {
		value, rest, err := joined(nil, b, h, h.Number, depth)
		out = AppendHeader(out, h.Class, h.Number, false, int64(len(value)))
		return append(out, value...), rest, err
	}
	var inner []byte
	rest, err = children(b, h, func(child []byte, at int64) ([]byte, error) {
		var left []byte
		inner, left, err = transcode(inner, child, at, depth+1)
		return left, err
	})
	out = AppendHeader(out, h.Class, h.Number, true, int64(len(inner)))
	return append(out, inner...), rest, err
}

// children calls each with what is left of a constructed element's contents, as long as there
// is more, and returns what follows the element.
func children(b []byte, h Header, each func([]byte, int64) ([]byte, error)) ([]byte, error) {
	inner, after := b[h.Size:], []byte(nil)
	if h.Length >= 0 {
		inner, after = b[h.Size:h.Size+int(h.Length)], b[h.Size+int(h.Length):]
	}
	base := h.Offset + int64(h.Size)
	total := len(inner)
	for {
		if h.Length >= 0 && len(inner) == 0 {
			return after, nil
		}
		if h.Length < 0 && len(inner) >= 2 && inner[0] == 0 && inner[1] == 0 {
			return inner[2:], nil
		}
		rest, err := each(inner, base+int64(total-len(inner)))
		if err != nil {
			return nil, err
		}
		inner = rest
	}
}

// joined appends the segments of a constructed string (X.690, 8.7.3, 8.6.4).
func joined(out, b []byte, h Header, number uint32, depth int) (value, rest []byte, err error) {
	if depth > maxDepth {
		return nil, nil, limited(h.Offset, "nested more than %d deep", maxDepth)
	}
	if number == TagBitString && len(out) == 0 {
		out = append(out, 0) // no unused bits, until the last segment says otherwise
	}
	rest, err = children(b, h, func(child []byte, at int64) ([]byte, error) {
		c, err := parseHeader(child, at)
		if err != nil {
			return nil, err
		}
		// Segments are OCTET STRINGs; those of a BIT STRING are BIT STRINGs.
		segment := uint32(TagOctetString)
		if number == TagBitString {
			segment = TagBitString
		}
		if c.Class != Universal || c.Number != segment && c.Number != number {
			return nil, malformed(at, "segment of another type")
		}
		if c.Length > int64(len(child)-c.Size) {
			return nil, malformed(at, "element reaches beyond the end")
		}
		if c.Constructed {
			var left []byte
			out, left, err = joined(out, child, c, number, depth+1)
			return left, err
		}
		value := child[c.Size : c.Size+int(c.Length)]
		if number == TagBitString {
			if len(value) == 0 || out[0] != 0 {
				return nil, malformed(at, "unused bits before the last segment")
			}
			out[0], value = value[0], value[1:]
		}
		out = append(out, value...)
		return child[c.Size+int(c.Length):], nil
	})
	return out, rest, err
}

// SortSet orders the elements of a SET OF as DER does (X.690, 11.6): ascending as octet
// strings, shorter ones padded with zeros. It sorts in place and says whether they were in order.
func SortSet(elements [][]byte) (sorted bool) {
	if slices.IsSortedFunc(elements, bytes.Compare) {
		return true
	}
	slices.SortFunc(elements, bytes.Compare)
	return false
}

// Children calls each with every element inside the constructed element raw, which begins at off,
// and with where that begins. Nothing may follow the element.
func Children(raw []byte, off int64, each func(child []byte, at int64) error) error {
	h, err := parseHeader(raw, off)
	if err != nil {
		return err
	}
	if !h.Constructed {
		return malformed(off, "constructed element expected")
	}
	if h.Length > int64(len(raw)-h.Size) {
		return malformed(off, "element reaches beyond the end")
	}
	rest, err := children(raw, h, func(inner []byte, at int64) ([]byte, error) {
		child, left, err := First(inner, at)
		if err != nil {
			return nil, err
		}
		return left, each(child, at)
	})
	if err == nil && len(rest) > 0 {
		return malformed(off+int64(len(raw)-len(rest)), "more after the element")
	}
	return err
}
