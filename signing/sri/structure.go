package sri

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// rule is one element of the grammar.
type rule struct {
	name                   string
	optional, many, anyPos bool
	kind                   string
	children               []rule
}

// grammars reads the grammar once: the rules below each root element.
var grammars = sync.OnceValue(func() map[string][]rule {
	blocks, roots := map[string][]rule{}, map[string][]rule{}
	lines := strings.Split(strings.TrimSpace(grammar), "\n")
	for i := 0; i < len(lines); {
		head := strings.TrimSpace(lines[i])
		children, next := readRules(lines, i+1, 1, blocks)
		if block, isBlock := strings.CutPrefix(head, "="); isBlock {
			blocks[block] = children
		} else {
			roots[head] = children
		}
		i = next
	}
	return roots
})

// readRules reads the lines of one depth and returns the line after them.
func readRules(lines []string, i, depth int, blocks map[string][]rule) ([]rule, int) {
	var rules []rule
	for i < len(lines) && indent(lines[i]) >= depth {
		if indent(lines[i]) > depth {
			rules[len(rules)-1].children, i = readRules(lines, i, depth+1, blocks)
			continue
		}
		for item := range strings.SplitSeq(strings.TrimSpace(lines[i]), ";") {
			rules = append(rules, readRule(strings.TrimSpace(item), blocks))
		}
		i++
	}
	return rules, i
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func readRule(item string, blocks map[string][]rule) rule {
	var r rule
	var block string
	item, block, _ = strings.Cut(item, "=")
	r.name, r.kind, _ = strings.Cut(item, " ")
	r.children = blocks[block]
	switch r.name[len(r.name)-1] {
	case '?':
		r.optional = true
	case '+':
		r.many = true
	case '*':
		r.optional, r.many = true, true
	}
	r.name = strings.TrimRight(r.name, "?+*")
	if name, free := strings.CutSuffix(r.name, "~"); free {
		r.name, r.anyPos = name, true
	}
	return r
}

// versions are those whose schemas the SRI has published, by root element.
var versions = map[string]string{
	"factura":              "1.0.0 1.1.0 2.0.0 2.1.0",
	"liquidacionCompra":    "1.0.0 1.1.0",
	"notaCredito":          "1.0.0 1.1.0",
	"notaDebito":           "1.0.0",
	"guiaRemision":         "1.0.0 1.1.0",
	"comprobanteRetencion": "1.0.0 2.0.0",
}

// structure compares a voucher with the grammar.
func (c *checking) structure(root xmltree.Node) {
	rules := grammars()[root.Local()]
	if rules == nil || root.Space() != "" {
		c.add("35", "structure-root", root,
			"el elemento raíz <%s> no es un comprobante electrónico conocido", root.Local())
		return
	}
	c.version, _ = root.Attr("version")
	if !strings.Contains(" "+versions[root.Local()]+" ", " "+c.version+" ") {
		c.add("35", "structure-version", root,
			"la versión %q de <%s> no existe; las versiones son %s",
			c.version, root.Local(), versions[root.Local()])
	}
	if id, ok := root.Attr("id"); !ok || id != rootID {
		c.add("35", "structure-id", root, `la raíz no lleva el atributo id="comprobante"`)
	}
	c.children(root, rules)
	if root.Local() == "comprobanteRetencion" && (c.version == "1.0.0" || c.version == "2.0.0") {
		c.withholdingForm(root)
	}
}

// withholdingForm: version 1.0.0 holds impuestos, version 2.0.0 docsSustento.
func (c *checking) withholdingForm(root xmltree.Node) {
	want, other := "docsSustento", "impuestos"
	if c.version == "1.0.0" {
		want, other = other, want
	}
	if root.Child("", want).IsZero() {
		c.add("35", "structure-missing", root, "falta el elemento <%s> de la versión %s",
			want, c.version)
	}
	if n := root.Child("", other); !n.IsZero() {
		c.add("35", "structure-unknown", n, "el elemento <%s> no es de la versión %s",
			other, c.version)
	}
}

// children compares the child elements with the rules, in order.
func (c *checking) children(n xmltree.Node, rules []rule) {
	at, count := 0, map[string]int{}
	for child := n.FirstElement(); !child.IsZero(); child = child.NextElement() {
		if child.Is(xmldsig.Namespace, "Signature") && n == n.Document().Root() {
			continue
		}
		i := find(rules, child)
		if i < 0 {
			c.add("35", "structure-unknown", child, "el elemento <%s> no pertenece a <%s>",
				child.Local(), n.Local())
			continue
		}
		r := &rules[i]
		if count[r.name]++; count[r.name] > 1 && !r.many {
			c.add("35", "structure-repeated", child, "el elemento <%s> está repetido",
				child.Local())
		}
		switch {
		case r.anyPos:
		case i < at:
			c.add("35", "structure-order", child, "el elemento <%s> está fuera de orden en <%s>",
				child.Local(), n.Local())
		default:
			at = i
		}
		c.element(child, r)
	}
	for _, r := range rules {
		if !r.optional && count[r.name] == 0 {
			c.add("35", "structure-missing", n, "falta el elemento <%s> en <%s>", r.name, n.Local())
		}
	}
}

func find(rules []rule, n xmltree.Node) int {
	if n.Space() != "" {
		return -1
	}
	local := n.Local()
	for i := range rules {
		if rules[i].name == local {
			return i
		}
	}
	return -1
}

func (c *checking) element(n xmltree.Node, r *rule) {
	if len(r.children) > 0 {
		c.children(n, r.children)
		return
	}
	if r.kind == "any" {
		return
	}
	if !n.FirstElement().IsZero() {
		c.add("35", "structure-content", n,
			"el elemento <%s> no debe contener otros elementos", n.Local())
		return
	}
	if wrong := c.value(r.kind, n.Text()); wrong != "" {
		c.add("35", "structure-value", n, "el valor de <%s> %s", n.Local(), wrong)
	}
}

// value compares a text with a type of the grammar and says in Spanish what is wrong with it.
func (c *checking) value(kind, s string) string {
	switch {
	case kind == "date":
		if _, err := time.Parse("02/01/2006", s); err != nil || len(s) != 10 || s[6:8] != "20" {
			return "no es una fecha dd/mm/aaaa"
		}
	case kind == "month":
		if _, err := time.Parse("01/2006", s); err != nil || len(s) != 7 {
			return "no es un periodo mm/aaaa"
		}
	case kind == "number":
		if len(s) != 17 || s[3] != '-' || s[7] != '-' || !onlyDigits(s[:3]+s[4:7]+s[8:]) {
			return "no es un número de documento como 001-001-000000001"
		}
	case kind == "ruc":
		if len(s) != 13 || !onlyDigits(s) || s[10:] != "001" {
			return "no es un RUC de 13 dígitos terminado en 001"
		}
	case kind == "alnum3-13":
		if len(s) < 3 || len(s) > 13 || !alphanumeric(s) {
			return "no es un código de 3 a 13 letras o dígitos"
		}
	case kind == "quantity":
		if strings.HasSuffix(c.version, ".0.0") {
			return decimalFault("14.2", s)
		}
		return decimalFault("18.6", s)
	case strings.HasPrefix(kind, "dec"):
		return decimalFault(kind[3:], s)
	case strings.HasPrefix(kind, "text"):
		return textFault(kind[4:], s)
	case len(kind) > 1 && kind[0] == 'n' && kind[1] >= '0' && kind[1] <= '9':
		return digitsFault(kind[1:], s)
	default:
		for option := range strings.SplitSeq(kind, "|") {
			if s == option {
				return ""
			}
		}
		return "no es ninguno de los permitidos: " + strings.ReplaceAll(kind, "|", ", ")
	}
	return ""
}

func textFault(limit, s string) string {
	most, _ := strconv.Atoi(limit)
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return "está vacío"
	case n > most:
		return fmt.Sprintf("tiene %d caracteres; el máximo es %d", n, most)
	case strings.Contains(s, "\n"):
		return "contiene un salto de línea"
	}
	return ""
}

func digitsFault(lengths, s string) string {
	low, high, ranged := strings.Cut(lengths, "-")
	if !ranged {
		high = low
	}
	least, _ := strconv.Atoi(low)
	most, _ := strconv.Atoi(high)
	if len(s) < least || len(s) > most || !onlyDigits(s) {
		if least == most {
			return fmt.Sprintf("no tiene exactamente %d dígitos", least)
		}
		return fmt.Sprintf("no tiene entre %d y %d dígitos", least, most)
	}
	return ""
}

// decimalFault judges xsd:decimal with totalDigits and fractionDigits; zeros that do not count are
// not counted (XML Schema part 2, 4.3.11 and 4.3.12).
func decimalFault(form, s string) string {
	form, signed := strings.CutSuffix(form, "-")
	digits, places, _ := strings.Cut(form, ".")
	total, _ := strconv.Atoi(digits)
	fraction, _ := strconv.Atoi(places)
	body, negative := strings.CutPrefix(s, "-")
	if !negative {
		body = strings.TrimPrefix(body, "+")
	}
	whole, part, dotted := strings.Cut(body, ".")
	if !onlyDigits(whole+part) || whole+part == "" || dotted && part == "" && whole == "" {
		return "no es un número decimal con punto"
	}
	whole, part = strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")
	switch {
	case negative && !signed && whole+part != "":
		return "es negativo"
	case len(part) > fraction:
		return fmt.Sprintf("tiene más de %d decimales", fraction)
	case len(whole)+len(part) > total:
		return fmt.Sprintf("tiene más de %d dígitos", total)
	}
	return ""
}

func alphanumeric(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}
