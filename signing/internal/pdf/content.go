package pdf

// Strings returns the strings of a content stream one after the other, as they are written: what
// simple fonts show. What is no token is passed over.
func Strings(content []byte) []byte {
	lx := &lexer{buf: content, last: true}
	var out []byte
	for {
		t, err := lx.next()
		if err != nil {
			// An open string goes to the end; other rubbish is passed octet by octet.
			if lx.pos >= len(lx.buf) || lx.buf[lx.pos] == '(' || lx.buf[lx.pos] == '<' {
				return out
			}
			lx.pos++
			continue
		}
		if t.kind == tokenEOF {
			return out
		}
		if t.kind == tokenString {
			out = append(out, lx.str.Value...)
		}
	}
}

// Numbers returns the numbers of all objects that the view sees, in order.
func (v *View) Numbers() []uint32 {
	var out []uint32
	t := &v.f.table
	for i := range t.entries {
		num := t.at(i).num
		if n := len(out); n > 0 && out[n-1] == num {
			continue
		}
		if _, ok := v.RefOf(num); ok {
			out = append(out, num)
		}
	}
	return out
}
