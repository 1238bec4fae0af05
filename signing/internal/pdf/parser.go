package pdf

// parse reads one value that begins with the next token.
func (lx *lexer) parse() (Object, error) {
	t, err := lx.next()
	if err != nil {
		return nil, err
	}
	return lx.parseFrom(t, 0)
}

func (lx *lexer) parseFrom(t token, depth int) (Object, error) {
	if lx.elements += weightOf(t.kind); lx.elements > maxElements {
		return nil, lx.limit(t, "values in one object")
	}
	if depth > maxDepth {
		return nil, lx.limit(t, "nesting")
	}
	switch t.kind {
	case tokenInteger:
		return lx.parseInteger(t)
	case tokenReal:
		return Real(t.text), nil
	case tokenName:
		return lx.name, nil
	case tokenString:
		return lx.str, nil
	case tokenArrayOpen:
		return lx.parseArray(depth)
	case tokenDictOpen:
		return lx.parseDict(t, depth)
	case tokenKeyword:
		switch t.text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		}
		return nil, lx.fail(t.start, "the word "+t.text+" where a value should be")
	case tokenEOF:
		return nil, lx.short("the file ends where a value should be")
	}
	return nil, lx.fail(t.start, "a closing delimiter where a value should be")
}

// weightOf is how much memory a value takes, in that of a number in an array.
func weightOf(kind tokenKind) int {
	switch kind {
	case tokenString, tokenArrayOpen:
		return 3
	case tokenDictOpen:
		return 6
	}
	return 1
}

func (lx *lexer) limit(t token, what string) error {
	return &LimitError{Offset: lx.base + int64(t.start), Object: lx.num, Limit: what}
}

// parseInteger reads an integer, or the reference that begins with it (7.3.10).
func (lx *lexer) parseInteger(t token) (Object, error) {
	if t.integer < 0 || t.integer > maxObjectNumber {
		return Integer(t.integer), nil
	}
	back := lx.pos
	second, err := lx.next()
	if err == errShort {
		return nil, err
	}
	if err == nil && second.kind == tokenInteger && second.integer >= 0 && second.integer <= 65535 {
		third, err := lx.peekR()
		if err != nil {
			return nil, err
		}
		if third {
			return Ref{Num: uint32(t.integer), Gen: uint16(second.integer)}, nil
		}
	}
	lx.pos = back
	return Integer(t.integer), nil
}

// peekR consumes the keyword R if it is next.
func (lx *lexer) peekR() (bool, error) {
	if err := lx.skip(); err != nil {
		return false, err
	}
	if lx.pos >= len(lx.buf) || lx.buf[lx.pos] != 'R' {
		return false, nil
	}
	if lx.pos+1 == len(lx.buf) && !lx.last {
		return false, errShort
	}
	if lx.pos+1 < len(lx.buf) && isRegular(lx.buf[lx.pos+1]) {
		return false, nil
	}
	lx.pos++
	return true, nil
}

// parseArray reads up to the closing bracket. References are folded backwards, so that an array
// of numbers is read once.
func (lx *lexer) parseArray(depth int) (Object, error) {
	const usual = 4 // items: rectangles
	out := Array{}
	for {
		t, err := lx.next()
		if err != nil {
			return nil, err
		}
		if cap(out) == 0 && t.kind != tokenArrayClose {
			out = make(Array, 0, usual)
		}
		switch {
		case t.kind == tokenArrayClose:
			return out, nil
		case t.kind == tokenInteger:
			if lx.elements++; lx.elements > maxElements {
				return nil, lx.limit(t, "values in one object")
			}
			out = append(out, Integer(t.integer))
		case t.kind == tokenKeyword && t.text == "R":
			if out, err = lx.fold(t, out); err != nil {
				return nil, err
			}
		default:
			value, err := lx.parseFrom(t, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
	}
}

func (lx *lexer) fold(t token, out Array) (Array, error) {
	n := len(out)
	if n < 2 {
		return nil, lx.fail(t.start, "R without two numbers before it")
	}
	num, ok := out[n-2].(Integer)
	gen, also := out[n-1].(Integer)
	if !ok || !also || num < 0 || num > maxObjectNumber || gen < 0 || gen > 65535 {
		return nil, lx.fail(t.start, "R without two numbers before it")
	}
	lx.elements--
	out[n-2] = Ref{Num: uint32(num), Gen: uint16(gen)}
	return out[:n-1], nil
}

func (lx *lexer) parseDict(open token, depth int) (Object, error) {
	const usual = 6 // keys: most dictionaries have as many or fewer
	d := &Dict{Start: lx.base + int64(open.start)}
	for {
		t, err := lx.next()
		if err != nil {
			return nil, err
		}
		if t.kind == tokenDictClose {
			d.End = lx.offset()
			return d, nil
		}
		if t.kind != tokenName {
			return nil, lx.fail(t.start, "a dictionary's key that is no name")
		}
		key, _ := lx.name.(Name)
		v, err := lx.next()
		if err != nil {
			return nil, err
		}
		value, err := lx.parseFrom(v, depth+1)
		if err != nil {
			return nil, err
		}
		if d.find(key) >= 0 {
			d.Repeated = true
			d.Set(key, value)
			continue
		}
		if value != nil {
			if d.entries == nil {
				d.entries = make([]entryOf, 0, usual)
			}
			d.add(key, value)
		}
	}
}
