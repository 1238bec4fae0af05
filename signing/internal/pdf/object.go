package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// An Object is any PDF value: nil, bool, [Integer], [Real], [Name], [String], [Array], [*Dict],
// [*Stream] or [Ref] (7.3). In an [Update] also a [*Placeholder].
type Object any

// Integer is an integer object (7.3.3).
type Integer int64

// Real is a real object, kept as it was written so that it can be written again. An integer that
// does not fit 64 bits is a Real too.
type Real string

// Float returns the value, 0 when it has none.
func (r Real) Float() float64 {
	f, err := strconv.ParseFloat(string(r), 64)
	if err != nil {
		return 0
	}
	return f
}

// Name is a name object without its solidus, escapes undone (7.3.5).
type Name string

// String is a string object, decoded and decrypted (7.3.4).
type String struct {
	Value []byte
	Hex   bool // written between angle brackets
	// Start and End are where the string stands in the file, delimiters included. Both are zero
	// inside of object streams and for strings that were not read from a file.
	Start, End int64
	// Digits counts the hexadecimal digits that were written; Spaced says that something else
	// stood between them.
	Digits int
	Spaced bool
}

// Text returns a string object of those octets.
func Text(s string) String { return String{Value: []byte(s)} }

// Array is an array object (7.3.6).
type Array []Object

// Ref is an indirect reference (7.3.10).
type Ref struct {
	Num uint32
	Gen uint16
}

func (r Ref) String() string { return fmt.Sprintf("%d %d", r.Num, r.Gen) }

// Dict is a dictionary object that keeps the order of its keys (7.3.7).
type Dict struct {
	entries []entryOf
	index   map[Name]int // only beyond indexFrom entries
	// Repeated says that a key stood twice; the last value won.
	Repeated bool
	// Start and End are where the dictionary stands in the file, delimiters included; zero as in
	// [String].
	Start, End int64
}

type entryOf struct {
	key   Name
	value Object
}

const indexFrom = 16

// NewDict makes a dictionary from keys and values in turn. It panics when a key is not a Name or
// string or the count is odd, which are errors of the programmer.
func NewDict(pairs ...any) *Dict {
	d := &Dict{}
	for i := 0; i < len(pairs); i += 2 {
		switch key := pairs[i].(type) {
		case Name:
			d.Set(key, pairs[i+1])
		case string:
			d.Set(Name(key), pairs[i+1])
		default:
			panic(fmt.Sprintf("pdf: NewDict: key %d is a %T", i, pairs[i]))
		}
	}
	return d
}

func (d *Dict) find(key Name) int {
	if d.index != nil {
		if i, ok := d.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range d.entries {
		if d.entries[i].key == key {
			return i
		}
	}
	return -1
}

// Get returns the value of key as it stands, nil when it is absent (which means null, 7.3.9).
// A nil dictionary has no keys.
func (d *Dict) Get(key Name) Object {
	if d == nil {
		return nil
	}
	if i := d.find(key); i >= 0 {
		return d.entries[i].value
	}
	return nil
}

// Has reports whether key stands in the dictionary with a value other than null.
func (d *Dict) Has(key Name) bool { return d.Get(key) != nil }

// Set gives key a value; setting nil removes it.
func (d *Dict) Set(key Name, value Object) {
	i := d.find(key)
	switch {
	case i >= 0 && value == nil:
		d.entries = append(d.entries[:i:i], d.entries[i+1:]...)
		d.reindex()
	case i >= 0:
		d.entries[i].value = value
	case value != nil:
		d.add(key, value)
	}
}

func (d *Dict) add(key Name, value Object) {
	d.entries = append(d.entries, entryOf{key, value})
	if d.index != nil {
		d.index[key] = len(d.entries) - 1
	} else if len(d.entries) > indexFrom {
		d.reindex()
	}
}

func (d *Dict) reindex() {
	if len(d.entries) <= indexFrom {
		d.index = nil
		return
	}
	d.index = make(map[Name]int, len(d.entries))
	for i := range d.entries {
		d.index[d.entries[i].key] = i
	}
}

// Len returns the number of keys.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.entries)
}

// All calls yield for each key and value in the order of the file.
func (d *Dict) All(yield func(Name, Object) bool) {
	if d == nil {
		return
	}
	for _, e := range d.entries {
		if !yield(e.key, e.value) {
			return
		}
	}
}

// Clone returns a copy that shares the values.
func (d *Dict) Clone() *Dict {
	out := &Dict{entries: append([]entryOf(nil), d.entries...)}
	out.reindex()
	return out
}

// Stream is a stream object (7.3.8). One that was read keeps its data in the file; see
// [View.Raw] and [View.Decode].
type Stream struct {
	Dict *Dict
	// Data is the data of a stream that was made, before encryption; nil for one that was read.
	Data []byte

	offset int64 // of the first octet of data in the file
	ref    Ref
	exempt bool // not encrypted (cross-reference streams)
}

// DictOf returns the dictionary of a dictionary or stream, nil for anything else.
func DictOf(o Object) *Dict {
	switch v := o.(type) {
	case *Dict:
		return v
	case *Stream:
		return v.Dict
	}
	return nil
}

// NumberOf returns the value of an integer or real.
func NumberOf(o Object) (float64, bool) {
	switch v := o.(type) {
	case Integer:
		return float64(v), true
	case Real:
		f, err := strconv.ParseFloat(string(v), 64)
		return f, err == nil
	}
	return 0, false
}

// Equal reports whether two values are the same as written: references are compared by number,
// not by what they lead to, dictionaries without regard to order, numbers by value. Streams are
// compared by their dictionaries only; see [View.SameStream].
func Equal(a, b Object) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case Integer, Real:
		p, ok := NumberOf(a)
		q, also := NumberOf(b)
		return ok && also && p == q || a == b
	case String:
		y, ok := b.(String)
		return ok && bytes.Equal(x.Value, y.Value)
	case Array:
		y, ok := b.(Array)
		return ok && equalArrays(x, y)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && equalDicts(x, y)
	case *Stream:
		y, ok := b.(*Stream)
		return ok && equalDicts(x.Dict, y.Dict)
	case bool, Name, Ref:
		return a == b
	}
	return false
}

func equalArrays(a, b Array) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalDicts(a, b *Dict) bool {
	if a.Len() != b.Len() || a.Repeated || b.Repeated {
		return false
	}
	for key, value := range a.All {
		if !Equal(value, b.Get(key)) {
			return false
		}
	}
	return true
}

// Repeats reports whether a key stands twice in a dictionary that is the value or stands in it.
func Repeats(o Object) bool {
	switch v := o.(type) {
	case Array:
		return slices.ContainsFunc(v, Repeats)
	case *Dict, *Stream:
		d := DictOf(v)
		for _, value := range d.All {
			if Repeats(value) {
				return true
			}
		}
		return d.Repeated
	}
	return false
}
