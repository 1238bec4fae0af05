package pdf

// A lexer splits a window of a file into tokens (7.2, 7.3). Positions in it are within the
// window; base turns them into offsets of the file.
type lexer struct {
	buf  []byte
	pos  int
	base int64
	last bool   // nothing follows the window
	num  uint32 // the object being read, for errors

	elements int
	names    map[string]Object // shared, so that frequent names are stored once
	str      String            // the string token that was read last
	name     Object            // the name token that was read last
}

type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenInteger
	tokenReal
	tokenName
	tokenString
	tokenArrayOpen
	tokenArrayClose
	tokenDictOpen
	tokenDictClose
	tokenKeyword
)

type token struct {
	kind    tokenKind
	start   int // in the window
	integer int64
	text    string // real, keyword; strings and names are in the lexer
}

// Character classes of 7.2.3.
const (
	classRegular = iota
	classSpace
	classDelimiter
)

var classes = func() (table [256]uint8) {
	for _, c := range "\x00\t\n\f\r " {
		table[c] = classSpace
	}
	for _, c := range "()<>[]{}/%" {
		table[c] = classDelimiter
	}
	return table
}()

func isSpace(c byte) bool   { return classes[c] == classSpace }
func isRegular(c byte) bool { return classes[c] == classRegular }
func isDigit(c byte) bool   { return '0' <= c && c <= '9' }

func (lx *lexer) offset() int64 { return lx.base + int64(lx.pos) }

func (lx *lexer) fail(at int, problem string) error {
	return &SyntaxError{Offset: lx.base + int64(at), Object: lx.num, Problem: problem}
}

// short answers the end of the window inside a value.
func (lx *lexer) short(problem string) error {
	if !lx.last {
		return errShort
	}
	return lx.fail(len(lx.buf), problem)
}

// skip passes white space and comments.
func (lx *lexer) skip() error {
	for lx.pos < len(lx.buf) {
		switch c := lx.buf[lx.pos]; {
		case isSpace(c):
			lx.pos++
		case c == '%':
			for lx.pos < len(lx.buf) && lx.buf[lx.pos] != '\n' && lx.buf[lx.pos] != '\r' {
				lx.pos++
			}
		default:
			return nil
		}
	}
	if !lx.last {
		return errShort
	}
	return nil
}

// next returns the next token.
func (lx *lexer) next() (token, error) {
	if err := lx.skip(); err != nil {
		return token{}, err
	}
	t := token{start: lx.pos}
	if lx.pos == len(lx.buf) {
		return t, nil
	}
	switch c := lx.buf[lx.pos]; c {
	case '/':
		return lx.lexName(t)
	case '(':
		return lx.lexLiteral(t)
	case '[', ']', '{', '}', ')':
		lx.pos++
		return lx.lexBracket(t, c)
	case '<', '>':
		return lx.lexAngle(t, c)
	}
	return lx.lexRegular(t)
}

func (lx *lexer) lexBracket(t token, c byte) (token, error) {
	switch c {
	case '[':
		t.kind = tokenArrayOpen
	case ']':
		t.kind = tokenArrayClose
	default:
		return t, lx.fail(t.start, "delimiter "+string(rune(c))+" where no value begins")
	}
	return t, nil
}

func (lx *lexer) lexAngle(t token, c byte) (token, error) {
	if lx.pos+1 == len(lx.buf) {
		return t, lx.short("file ends after an angle bracket")
	}
	double := lx.buf[lx.pos+1] == c
	switch {
	case double && c == '<':
		t.kind = tokenDictOpen
	case double:
		t.kind = tokenDictClose
	case c == '>':
		return t, lx.fail(lx.pos, "closing angle bracket without a string")
	default:
		return lx.lexHex(t)
	}
	lx.pos += 2
	return t, nil
}

// lexRegular reads a number or a keyword.
func (lx *lexer) lexRegular(t token) (token, error) {
	i := lx.pos
	for i < len(lx.buf) && isRegular(lx.buf[i]) {
		i++
	}
	if i == len(lx.buf) && !lx.last {
		return t, errShort
	}
	word := lx.buf[lx.pos:i]
	lx.pos = i
	if !isNumeric(word[0]) {
		if len(word) > 32 {
			return t, lx.fail(t.start, "a word that is no keyword")
		}
		t.kind, t.text = tokenKeyword, keyword(word)
		return t, nil
	}
	return lx.lexNumber(t, word)
}

// keyword makes a string of a word, without a copy of those that every file is full of.
func keyword(word []byte) string {
	switch string(word) {
	case "obj":
		return "obj"
	case "endobj":
		return "endobj"
	case "R":
		return "R"
	case "stream":
		return "stream"
	case "true":
		return "true"
	case "false":
		return "false"
	case "null":
		return "null"
	}
	return string(word)
}

func (lx *lexer) lexNumber(t token, word []byte) (token, error) {
	i, negative := 0, false
	if word[0] == '+' || word[0] == '-' {
		i, negative = 1, word[0] == '-'
	}
	digits, points, overflow := 0, 0, false
	var value uint64
	for _, c := range word[i:] {
		switch {
		case isDigit(c):
			digits++
			if value > (1<<63-1-9)/10 {
				overflow = true
			}
			value = value*10 + uint64(c-'0')
		case c == '.':
			points++
		default:
			return t, lx.fail(t.start, "a number with a character that has no place in it")
		}
	}
	if digits == 0 && points != 1 || points > 1 || len(word) > 255 {
		return t, lx.fail(t.start, "malformed number")
	}
	if points == 1 || overflow {
		t.kind, t.text = tokenReal, string(word)
		return t, nil
	}
	t.kind, t.integer = tokenInteger, int64(value)
	if negative {
		t.integer = -t.integer
	}
	return t, nil
}

// lexName reads a name and undoes its escapes (7.3.5).
func (lx *lexer) lexName(t token) (token, error) {
	i := lx.pos + 1
	escaped := false
	for i < len(lx.buf) && isRegular(lx.buf[i]) {
		escaped = escaped || lx.buf[i] == '#'
		i++
	}
	if i == len(lx.buf) && !lx.last {
		return t, errShort
	}
	raw := lx.buf[lx.pos+1 : i]
	lx.pos = i
	if escaped {
		raw = unescapeName(raw)
	}
	t.kind, lx.name = tokenName, lx.intern(raw)
	return t, nil
}

func (lx *lexer) intern(raw []byte) Object {
	if name, ok := lx.names[string(raw)]; ok {
		return name
	}
	name := Object(Name(raw))
	if lx.names != nil && len(lx.names) < 4096 && len(raw) < 64 {
		lx.names[string(raw)] = name
	}
	return name
}

// unescapeName replaces #hh; a number sign without two digits stands for itself, as it did
// before PDF 1.2.
func unescapeName(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			hi, lo := hexValue(raw[i+1]), hexValue(raw[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return out
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// lexHex reads a hexadecimal string (7.3.4.3).
func (lx *lexer) lexHex(t token) (token, error) {
	out := make([]byte, 0, usualString)
	digits, spaced, high := 0, false, 0
	for i := lx.pos + 1; i < len(lx.buf); i++ {
		c := lx.buf[i]
		v := hexValue(c)
		switch {
		case v >= 0 && digits&1 == 0:
			high = v
			digits++
		case v >= 0:
			out = append(out, byte(high<<4|v))
			digits++
		case c == '>':
			if digits&1 == 1 {
				out = append(out, byte(high<<4))
			}
			lx.pos = i + 1
			t.kind = tokenString
			lx.str = String{Value: out, Hex: true, Digits: digits, Spaced: spaced}
			lx.place(t.start)
			return t, nil
		case isSpace(c):
			spaced = true
		default:
			return t, lx.fail(i, "a character that is no hexadecimal digit")
		}
	}
	return t, lx.short("the file ends inside a hexadecimal string")
}

func (lx *lexer) place(start int) {
	lx.str.Start, lx.str.End = lx.base+int64(start), lx.base+int64(lx.pos)
}

const usualString = 24 // octets: most are dates, names and the like

// lexLiteral reads a literal string (7.3.4.2).
func (lx *lexer) lexLiteral(t token) (token, error) {
	out := make([]byte, 0, usualString)
	nested := 0
	for i := lx.pos + 1; i < len(lx.buf); i++ {
		switch c := lx.buf[i]; c {
		case '(':
			nested++
			out = append(out, c)
		case ')':
			if nested == 0 {
				lx.pos = i + 1
				t.kind, lx.str = tokenString, String{Value: out}
				lx.place(t.start)
				return t, nil
			}
			nested--
			out = append(out, c)
		case '\\':
			var used int
			if out, used = unescape(out, lx.buf[i+1:], lx.last); used == 0 {
				return t, lx.short("the file ends inside a string")
			}
			i += used
		case '\r':
			out = append(out, '\n')
			if i+1 < len(lx.buf) && lx.buf[i+1] == '\n' {
				i++
			}
		default:
			out = append(out, c)
		}
	}
	return t, lx.short("the file ends inside a string")
}

// unescape appends what the escape sequence at the start of rest stands for (table 3) and
// returns how many octets it took; none when rest ends too early to tell.
func unescape(out, rest []byte, last bool) ([]byte, int) {
	if len(rest) == 0 || len(rest) < 3 && !last {
		return out, 0
	}
	switch c := rest[0]; c {
	case 'n':
		return append(out, '\n'), 1
	case 'r':
		return append(out, '\r'), 1
	case 't':
		return append(out, '\t'), 1
	case 'b':
		return append(out, '\b'), 1
	case 'f':
		return append(out, '\f'), 1
	case '\n':
		return out, 1
	case '\r':
		if len(rest) > 1 && rest[1] == '\n' {
			return out, 2
		}
		return out, 1
	default:
		if c < '0' || c > '7' {
			return append(out, c), 1
		}
	}
	value, n := 0, 0
	for n < 3 && n < len(rest) && '0' <= rest[n] && rest[n] <= '7' {
		value = value<<3 | int(rest[n]-'0')
		n++
	}
	return append(out, byte(value)), n
}
