package pades

import (
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A role says as what an object can be reached from the catalog. An object may have several; each
// has its own rules for what a later revision may change.
type role uint32

// The roles. Those up to roleForm are strong: they say what a dictionary is, whoever else points
// to it.
const (
	roleCatalog    role = 1 << iota
	rolePages           // a page or a node of the page tree
	roleAnnot           // an annotation, widget or form field
	roleForm            // the interactive form dictionary
	roleAnnots          // an array of annotations or fields
	roleAppearance      // below AP of an annotation
	roleValue           // below V of a field, or in Perms
	roleDSS             // below the document security store
	roleMetadata        // the metadata stream of the document
	roleInfo            // the information dictionary
	roleExtensions      // below Extensions
	roleDefaults        // below DR of the form
	roleContent         // what pages show: contents, resources
	roleAction          // actions and scripts
	roleTags            // the structure tree
	roleFixed           // anything else
)

const strongRoles = roleCatalog | rolePages | roleAnnot | roleForm

// uniformRoles are those that everything below an object has too, whatever its key.
const uniformRoles = roleAppearance | roleDSS | roleMetadata | roleInfo | roleExtensions |
	roleDefaults | roleContent | roleAction | roleTags | roleFixed

// catalogRoles says what the values of the catalog's keys are (table 29).
var catalogRoles = map[pdf.Name]role{
	"Pages": rolePages, "AcroForm": roleForm, "DSS": roleDSS, "Metadata": roleMetadata,
	"Extensions": roleExtensions, "Perms": roleValue, "StructTreeRoot": roleTags,
	"OpenAction": roleAction, "AA": roleAction, "OCProperties": roleContent,
}

// pageRoles is the same for pages and nodes of the page tree (tables 30, 31): what is drawn, and with
// what. Other keys, known or not, show nothing.
var pageRoles = map[pdf.Name]role{
	"Kids": rolePages, "Parent": rolePages, "Annots": roleAnnots, "AA": roleAction,
	"Contents": roleContent, "Resources": roleContent, "Group": roleContent, "Thumb": roleContent,
	"MediaBox": roleContent, "CropBox": roleContent, "BleedBox": roleContent, "TrimBox": roleContent,
	"ArtBox": roleContent, "Rotate": roleContent, "UserUnit": roleContent,
	"OutputIntents": roleContent,
}

// annotRoles is the same for annotations and fields (tables 166, 226).
var annotRoles = map[pdf.Name]role{
	"AP": roleAppearance, "V": roleValue, "DV": roleFixed, "Kids": roleAnnots, "Parent": roleAnnot,
	"Popup": roleAnnot, "IRT": roleAnnot, "P": 0, "A": roleAction, "AA": roleAction, "PA": roleAction,
	"Dest": roleAction, "OC": roleContent,
}

// formRoles is the same for the interactive form dictionary (table 224).
var formRoles = map[pdf.Name]role{"Fields": roleAnnots, "DR": roleDefaults}

// valueRoles is the same below V: Data of a signature reference leads back to the catalog (table
// 256).
var valueRoles = map[pdf.Name]role{"Data": 0}

// childRole returns the role of what stands under a key, 0 where it is a way back.
func (r role) childRole(key pdf.Name) role {
	table, otherwise := map[pdf.Name]role(nil), r
	switch r {
	case roleCatalog:
		table, otherwise = catalogRoles, roleFixed
	case rolePages:
		table, otherwise = pageRoles, roleFixed
	case roleAnnot:
		table, otherwise = annotRoles, roleFixed
	case roleForm:
		table, otherwise = formRoles, roleFixed
	case roleValue:
		table = valueRoles
	}
	if child, ok := table[key]; ok {
		return child
	}
	return otherwise
}

// outward calls yield for each reference out of an object that is seen in a role.
func (r role) outward(o pdf.Object, yield func(role, pdf.Ref)) {
	emit := func(r role, o pdf.Object) {
		if ref, ok := o.(pdf.Ref); ok {
			yield(r, ref)
		} else if r != 0 {
			r.outward(o, yield)
		}
	}
	switch v := o.(type) {
	case pdf.Array:
		if r == roleAnnots {
			r = roleAnnot
		}
		for _, item := range v {
			emit(r, item)
		}
	case *pdf.Dict, *pdf.Stream:
		for key, value := range pdf.DictOf(v).All {
			if child := r.childRole(key); child != 0 {
				emit(child, value)
			}
		}
	}
}

// A graph knows in which roles objects have been reachable since the first signed revision.
type graph struct {
	marks marks
	work  int
	// annots and pictures are the objects that have had the roles roleAnnot and roleAppearance.
	annots, pictures []uint32
	unread           int // objects that were reached and could not be read
	ways             ways
}

// A mark is what is known of one object.
type mark struct {
	roles role
	from  uint32 // 1 + the object by which it was reached first, 1 from the trailer; 0: not reached
}

// marks holds a mark for each object number, in pages, because the numbers of a document lie close
// together, but need not.
type marks map[uint32]*[pageOfMarks]mark

const pageOfMarks = 512

// of returns the mark of an object, to be changed.
func (m marks) of(num uint32) *mark {
	page := m[num/pageOfMarks]
	if page == nil {
		page = new([pageOfMarks]mark)
		m[num/pageOfMarks] = page
	}
	return &page[num%pageOfMarks]
}

// get returns what is known of an object.
func (m marks) get(num uint32) mark {
	if page := m[num/pageOfMarks]; page != nil {
		return page[num%pageOfMarks]
	}
	return mark{}
}

// all calls yield with the roles of every object that was reached.
func (m marks) all(yield func(num uint32, r role) bool) {
	for at, page := range m {
		for i := range page {
			if r := page[i].roles; r != 0 && !yield(at*pageOfMarks+uint32(i), r) {
				return
			}
		}
	}
}

func newGraph() graph { return graph{marks: marks{}} }

// role returns the roles that an object has.
func (g *graph) role(num uint32) role { return g.marks.get(num).roles }

// path writes how an object was reached, key by key, as views saw it, the newest last.
func (g *graph) path(num uint32, views ...*pdf.View) string {
	var keys []string
	for len(keys) < maxPath {
		from := g.marks.get(num).from
		if from == 0 {
			break
		}
		for _, v := range views {
			if way := g.ways.to(v, from-1, num); len(way) > 0 {
				keys = append(keys, way...)
				break
			}
		}
		if num = from - 1; num == 0 {
			break
		}
	}
	slices.Reverse(keys)
	return strings.Join(keys, "/")
}

const maxPath = 24 // keys of a path that is shown

// maxGraphWork bounds the objects that are loaded to learn roles and to judge changes: thirty
// times what the largest documents hold.
const maxGraphWork = 4 << 20

// A step gives an object a role.
type step struct {
	role role
	num  uint32
	from uint32 // as in mark
}

// spread gives an object a role, and what it leads to theirs, in a view: strong roles first,
// because weak ones stop at objects that have a strong one. Content stops at pages only: what is
// drawn can stand in a dictionary that is an annotation or the catalog as well.
func (g *graph) spread(v *pdf.View, start ...step) error {
	var strong, weak []step
	push := func(s step) {
		if s.role&strongRoles != 0 || s.role == roleAnnots {
			strong = append(strong, s)
		} else {
			weak = append(weak, s)
		}
	}
	for _, s := range start {
		push(s)
	}
	for len(strong)+len(weak) > 0 {
		var s step
		if n := len(strong); n > 0 {
			s, strong = strong[n-1], strong[:n-1]
		} else {
			s, weak = weak[len(weak)-1], weak[:len(weak)-1]
		}
		m := g.marks.of(s.num)
		if m.roles&s.role != 0 {
			continue
		}
		g.note(m, s)
		if s.stops(m.roles) {
			continue
		}
		if err := g.expand(v, s, push); err != nil {
			return err
		}
	}
	return nil
}

// stops reports whether a role goes no further than an object that has those roles. Content goes on
// through the others, which may be resources of a page as well, under any names.
func (s step) stops(roles role) bool {
	switch {
	case s.role&strongRoles != 0 || s.role == roleAnnots:
		return false
	case s.role == roleContent:
		return roles&rolePages != 0
	}
	return roles&strongRoles != 0
}

// note gives an object a role.
func (g *graph) note(m *mark, s step) {
	m.roles |= s.role
	if m.from == 0 {
		m.from = s.from
	}
	switch s.role {
	case roleAnnot:
		g.annots = append(g.annots, s.num)
	case roleAppearance:
		g.pictures = append(g.pictures, s.num)
	}
}

// expand pushes what an object leads to. One that cannot be read leads nowhere, and is counted. Where
// every key means the same, only references are looked for.
func (g *graph) expand(v *pdf.View, s step, push func(step)) error {
	if g.work++; g.work > maxGraphWork {
		return &pdf.LimitError{Object: s.num, Limit: "objects to be judged"}
	}
	if s.role&uniformRoles != 0 {
		err := v.References(s.num, func(ref pdf.Ref) { push(step{s.role, ref.Num, s.num + 1}) })
		return g.unreadable(err)
	}
	o, err := v.Object(s.num)
	if err != nil {
		return g.unreadable(err)
	}
	s.role.outward(o, func(r role, ref pdf.Ref) { push(step{r, ref.Num, s.num + 1}) })
	return nil
}

func (g *graph) unreadable(err error) error {
	if err != nil {
		g.unread++
	}
	return limitOnly(err)
}

// limitOnly keeps errors that must stop the analysis.
func limitOnly(err error) error {
	if _, ok := err.(*pdf.LimitError); ok {
		return err
	}
	return nil
}
