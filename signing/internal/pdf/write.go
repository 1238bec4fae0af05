package pdf

import (
	"fmt"
	"math"
	"strconv"
)

// A Placeholder stands in a made object for octets that are filled in after the layout is known:
// the ranges and the contents of a signature (12.8.1). It is never encrypted.
type Placeholder struct {
	// Text is what is written; it can be replaced in the laid out update by as many octets.
	Text []byte
	// Offset is where the text stands in the file, set by [Update.Layout].
	Offset int64
}

// A sealer encrypts strings of the object being written; nil leaves them.
type sealer func(plain []byte) ([]byte, error)

// writer appends objects to a buffer that will stand at an offset of the file.
type writer struct {
	buf  []byte
	base int64
	seal sealer
	err  error
}

func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }

func (w *writer) offset() int64 { return w.base + int64(len(w.buf)) }

// separate writes a space where two regular characters would run into each other.
func (w *writer) separate() {
	if n := len(w.buf); n > 0 && isRegular(w.buf[n-1]) {
		w.buf = append(w.buf, ' ')
	}
}

func (w *writer) object(o Object) {
	switch v := o.(type) {
	case nil:
		w.separate()
		w.raw("null")
	case bool:
		w.separate()
		w.buf = strconv.AppendBool(w.buf, v)
	case Integer:
		w.separate()
		w.buf = strconv.AppendInt(w.buf, int64(v), 10)
	case Real:
		w.separate()
		w.raw(string(v))
	case Name:
		w.name(v)
	case String:
		w.string(v)
	case Ref:
		w.separate()
		w.buf = fmt.Appendf(w.buf, "%d %d R", v.Num, v.Gen)
	case Array:
		w.array(v)
	case *Dict:
		w.dict(v)
	case *Placeholder:
		w.separate()
		v.Offset = w.offset()
		w.buf = append(w.buf, v.Text...)
	default:
		w.err = fmt.Errorf("pdf: a %T cannot stand inside of an object", o)
	}
}

func (w *writer) array(a Array) {
	w.raw("[")
	for i, item := range a {
		if i > 0 && w.buf[len(w.buf)-1] != ' ' {
			w.raw(" ")
		}
		w.object(item)
	}
	w.raw("]")
}

func (w *writer) dict(d *Dict) {
	w.raw("<<")
	for key, value := range d.All {
		w.name(key)
		if _, isName := value.(Name); !isName {
			w.raw(" ")
		}
		w.object(value)
	}
	w.raw(">>")
}

func (w *writer) name(n Name) {
	w.raw("/")
	for i := range len(n) {
		if c := n[i]; c > ' ' && c < 0x7f && c != '#' && isRegular(c) {
			w.buf = append(w.buf, c)
		} else {
			w.buf = fmt.Appendf(w.buf, "#%02X", c)
		}
	}
}

func (w *writer) string(s String) {
	value := s.Value
	if w.seal != nil {
		if value, w.err = w.seal(value); w.err != nil {
			return
		}
	}
	if s.Hex || w.seal != nil {
		w.buf = fmt.Appendf(w.buf, "<%x>", value)
		return
	}
	w.raw("(")
	for _, c := range value {
		switch {
		case c == '(' || c == ')' || c == '\\':
			w.buf = append(w.buf, '\\', c)
		case c == '\r':
			w.raw(`\r`)
		default:
			w.buf = append(w.buf, c)
		}
	}
	w.raw(")")
}

// NewReal returns a real with up to four decimals, an integer where that is exact.
func NewReal(f float64) Object {
	r := math.Round(f*1e4) / 1e4
	if r == math.Trunc(r) && math.Abs(r) < 1e15 {
		return Integer(int64(r))
	}
	return Real(strconv.FormatFloat(r, 'f', -1, 64))
}
