package pdf

import "errors"

// References calls yield for each reference (7.3.10) in the version of an object that the view
// sees, in the order in which they stand. It reads octets and builds nothing, so that a walk over a
// whole document costs about as much as digesting it. What it finds is never less than what
// [View.Object] would give: of a key that stands twice it finds both values. yield must not use the
// file.
func (v *View) References(num uint32, yield func(Ref)) error {
	e := v.f.table.find(num, v.rank)
	if e == nil || e.kind == entryFree {
		return nil
	}
	if err := v.f.count(e); err != nil {
		return err
	}
	err := v.f.skim(e, v.rank, yield)
	if !errors.Is(err, errUnusual) {
		return err
	}
	o, err := v.f.load(e, v.rank)
	if err == nil {
		referencesOf(o, yield)
	}
	return err
}

// referencesOf does the same for a value that was read.
func referencesOf(o Object, yield func(Ref)) {
	switch v := o.(type) {
	case Ref:
		yield(v)
	case Array:
		for _, item := range v {
			referencesOf(item, yield)
		}
	case *Dict, *Stream:
		for _, value := range DictOf(v).All {
			referencesOf(value, yield)
		}
	}
}

// errUnusual says that octets cannot be skimmed: they must be parsed.
var errUnusual = errors.New("pdf: no plain array or dictionary")

// skim finds the references in the octets of an object.
func (f *File) skim(e *entry, rank uint32, yield func(Ref)) error {
	if e.kind == entryCompressed {
		s, index, err := f.containerOf(e, rank)
		if err != nil {
			return err
		}
		lx := &lexer{buf: s.data, pos: s.first + int(s.at[index]), last: true, num: e.num}
		return lx.references(yield)
	}
	var found []Ref // of the largest window: a smaller one was read in vain
	err := f.parseAt(e.offset, e.num, func(lx *lexer) error {
		num, gen, err := lx.header()
		if err != nil {
			return err
		}
		if num != e.num || gen != e.gen {
			return errUnusual
		}
		found = f.refs[:0]
		err = lx.references(func(r Ref) { found = append(found, r) })
		f.refs = found
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range found {
		yield(r)
	}
	return nil
}

// references yields each reference in the array or dictionary that comes next. Everything that the
// parser would refuse or read in another way ends it with errUnusual.
func (lx *lexer) references(yield func(Ref)) error {
	if err := lx.skip(); err != nil {
		return err
	}
	var last [2]int64 // the integers just before, -1 for anything else
	last[0], last[1] = -1, -1
	depth := 0
	for {
		if lx.pos == len(lx.buf) {
			return lx.cut()
		}
		c := lx.buf[lx.pos]
		if isSpace(c) {
			lx.pos++
			continue
		}
		n := int64(-1)
		switch {
		case c == '%':
			if err := lx.skip(); err != nil {
				return err
			}
			continue
		case isRegular(c):
			word, err := lx.word()
			if err != nil {
				return err
			}
			switch {
			case depth == 0:
				return errUnusual
			case isNumeric(word[0]):
				n = plainInteger(word)
			case string(word) == "R" && isRef(last):
				yield(Ref{uint32(last[0]), uint16(last[1])})
			case string(word) != "true" && string(word) != "false" && string(word) != "null":
				return errUnusual
			}
		default:
			down, err := lx.pass(c)
			if err != nil {
				return err
			}
			if depth += down; depth <= 0 {
				return ended(depth, down)
			}
		}
		last[0], last[1] = last[1], n
	}
}

// ended answers depth zero: the value is complete when a bracket was closed.
func ended(depth, down int) error {
	if depth == 0 && down < 0 {
		return nil
	}
	return errUnusual
}

// cut answers the end of the window.
func (lx *lexer) cut() error {
	if lx.last {
		return errUnusual
	}
	return errShort
}

func isRef(n [2]int64) bool {
	return n[0] >= 0 && n[0] <= maxObjectNumber && n[1] >= 0 && n[1] <= 65535
}

// isNumeric reports whether a word that begins with c is a number or nothing (7.3.3).
func isNumeric(c byte) bool { return isDigit(c) || c == '+' || c == '-' || c == '.' }

// word returns the run of regular characters that comes next.
func (lx *lexer) word() ([]byte, error) {
	i := lx.pos
	for i < len(lx.buf) && isRegular(lx.buf[i]) {
		i++
	}
	if i == len(lx.buf) && !lx.last {
		return nil, errShort
	}
	word := lx.buf[lx.pos:i]
	lx.pos = i
	return word, nil
}

// plainInteger reads up to 18 digits behind an optional plus sign; -1 for everything else.
func plainInteger(word []byte) int64 {
	if word[0] == '+' {
		word = word[1:]
	}
	if len(word) == 0 || len(word) > 18 {
		return -1
	}
	n := int64(0)
	for _, c := range word {
		if !isDigit(c) {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// pass goes over a delimiter with what belongs to it, and returns by how much nesting changed.
func (lx *lexer) pass(c byte) (down int, err error) {
	double := false
	if c == '<' || c == '>' {
		if lx.pos+1 == len(lx.buf) {
			return 0, lx.cut()
		}
		double = lx.buf[lx.pos+1] == c
	}
	lx.pos++
	switch {
	case c == '[':
		return 1, nil
	case c == ']':
		return -1, nil
	case double && c == '<':
		lx.pos++
		return 1, nil
	case double:
		lx.pos++
		return -1, nil
	case c == '/':
		_, err := lx.word()
		return 0, err
	case c == '<':
		return 0, lx.passHex()
	case c == '(':
		return 0, lx.passLiteral()
	}
	return 0, errUnusual
}

func (lx *lexer) passHex() error {
	for ; lx.pos < len(lx.buf); lx.pos++ {
		if lx.buf[lx.pos] == '>' {
			lx.pos++
			return nil
		}
	}
	return lx.cut()
}

func (lx *lexer) passLiteral() error {
	nested := 1
	for ; lx.pos < len(lx.buf); lx.pos++ {
		switch lx.buf[lx.pos] {
		case '\\':
			lx.pos++
		case '(':
			nested++
		case ')':
			if nested--; nested == 0 {
				lx.pos++
				return nil
			}
		}
	}
	return lx.cut()
}
