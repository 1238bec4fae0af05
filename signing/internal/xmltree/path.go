package xmltree

import (
	"bytes"
	"strconv"
)

// Path is the way from the root to an element: local names, with [n] where siblings have the same
// local name, as in /factura/detalles/detalle[2]. The path of the document is "/".
func (n Node) Path() string {
	if n.doc == nil {
		return ""
	}
	var steps []Node
	for ; n.i != 0; n = n.Parent() {
		steps = append(steps, n)
	}
	if len(steps) == 0 {
		return "/"
	}
	var b []byte
	for i := len(steps) - 1; i >= 0; i-- {
		b = append(append(b, '/'), steps[i].local()...)
		if rank, alone := steps[i].rank(); !alone {
			b = append(strconv.AppendInt(append(b, '['), int64(rank), 10), ']')
		}
	}
	return string(b)
}

// rank is the position of an element, from 1, among the siblings with its local name.
func (n Node) rank() (rank int, alone bool) {
	count, name := 0, n.local()
	for s := n.Parent().FirstElement(); !s.IsZero(); s = s.NextElement() {
		if bytes.Equal(s.local(), name) {
			count++
		}
		if s == n {
			rank = count
		}
	}
	return rank, count == 1
}
