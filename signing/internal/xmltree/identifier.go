package xmltree

// An identifier is the value of an attribute that identifies its element.
type identifier struct {
	attr uint32
	node uint32
}

// many is the number of identifiers from which a map beats comparing.
const many = 16

// isIdentifier says that an attribute is one of those that signatures refer to: Id, ID and id in no
// namespace, and xml:id.
func isIdentifier(name []byte, prefixLen uint16) bool {
	if prefixLen == 3 && len(name) == 6 {
		return string(name) == "xml:id"
	}
	return len(name) == 2 && (string(name) == "Id" || string(name) == "ID" || string(name) == "id")
}

// ByID is the element that carries an identifier: the exact value of its attribute Id, ID, id or
// xml:id. No such element is CodeNotFound; more than one, CodeDuplicateID.
func (d *Document) ByID(id string) (Node, error) {
	if id == "" {
		return Node{}, d.fail(CodeNotFound, 0, "an identifier cannot be empty")
	}
	var found Node
	if d.byID != nil {
		k, ok := d.byID[id]
		if !ok {
			return Node{}, d.fail(CodeNotFound, 0, "no element has the identifier that is looked up")
		}
		if k < 0 {
			return Node{}, d.fail(CodeDuplicateID, 0, "the identifier looked up is not unique")
		}
		return Node{d, d.ids[k].node}, nil
	}
	for _, e := range d.ids {
		if string(Attr{d, e.attr}.raw()) != id {
			continue
		}
		if n := (Node{d, e.node}); found.IsZero() {
			found = n
		} else if found != n {
			return Node{}, n.Fail(CodeDuplicateID, "the identifier looked up is not unique")
		}
	}
	if found.IsZero() {
		return Node{}, d.fail(CodeNotFound, 0, "no element has the identifier that is looked up")
	}
	return found, nil
}

// indexIDs finds identifiers that occur on two elements; the same value twice on one element counts
// once. The first one found is the answer, nil if all are unique.
func (d *Document) indexIDs() *Error {
	if !d.fewIDs() {
		return d.mapIDs()
	}
	for i, e := range d.ids {
		value := Attr{d, e.attr}.raw()
		for _, f := range d.ids[:i] {
			if f.node != e.node && string(Attr{d, f.attr}.raw()) == string(value) {
				return d.duplicate(e)
			}
		}
	}
	return nil
}

// fewIDs says that comparing the identifiers as they are written is enough: they are few, and none
// has a reference or a line end in it, which would be resolved again for every look-up.
func (d *Document) fewIDs() bool {
	if len(d.ids) > many {
		return false
	}
	for _, e := range d.ids {
		if !d.index.Attrs[e.attr].Raw {
			return false
		}
	}
	return true
}

func (d *Document) mapIDs() *Error {
	var first *Error
	d.byID = make(map[string]int, len(d.ids))
	for i, e := range d.ids {
		value := Attr{d, e.attr}.Value()
		k, ok := d.byID[value]
		switch {
		case !ok:
			d.byID[value] = i
		case k < 0 || d.ids[k].node != e.node:
			d.byID[value] = -1
			if first == nil {
				first = d.duplicate(e)
			}
		}
	}
	return first
}

func (a Attr) raw() []byte {
	r := a.record()
	return a.doc.text[r.Value : r.Value+r.ValueLen]
}

func (d *Document) duplicate(e identifier) *Error {
	return d.fail(CodeDuplicateID, int(d.index.Attrs[e.attr].Name),
		"another element has the same identifier")
}
