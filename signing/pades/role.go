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

// catalogRoles says what the values of the catalog's keys are (table 29).
var catalogRoles = map[pdf.Name]role{
	"Pages": rolePages, "AcroForm": roleForm, "DSS": roleDSS, "Metadata": roleMetadata,
	"Extensions": roleExtensions, "Perms": roleValue, "StructTreeRoot": roleTags,
	"OpenAction": roleAction, "AA": roleAction, "OCProperties": roleContent,
}

// pageRoles is the same for pages and nodes of the page tree (tables 30, 31).
var pageRoles = map[pdf.Name]role{
	"Kids": rolePages, "Parent": rolePages, "Annots": roleAnnots, "AA": roleAction,
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
		table, otherwise = pageRoles, roleContent
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

// outward calls yield for each reference out of an object that is seen in a role, with the last key
// on the way to it.
func (r role) outward(o pdf.Object, key pdf.Name, yield func(role, pdf.Name, pdf.Ref)) {
	emit := func(r role, key pdf.Name, o pdf.Object) {
		if ref, ok := o.(pdf.Ref); ok {
			yield(r, key, ref)
		} else if r != 0 {
			r.outward(o, key, yield)
		}
	}
	switch v := o.(type) {
	case pdf.Array:
		if r == roleAnnots {
			r = roleAnnot
		}
		for _, item := range v {
			emit(r, key, item)
		}
	case *pdf.Dict, *pdf.Stream:
		for key, value := range pdf.DictOf(v).All {
			if child := r.childRole(key); child != 0 {
				emit(child, key, value)
			}
		}
	}
}

// A graph knows in which roles objects have been reachable since the first signed revision.
type graph struct {
	roles map[uint32]role
	work  int
	// annots and pictures are the objects that have had the roles roleAnnot and roleAppearance.
	annots, pictures []uint32
	via              map[uint32]way
}

// A way is how an object was reached first.
type way struct {
	from uint32 // 0: from the trailer
	key  pdf.Name
}

func newGraph() graph { return graph{roles: map[uint32]role{}, via: map[uint32]way{}} }

// path writes how an object was reached, key by key.
func (g *graph) path(num uint32) string {
	var keys []string
	for range maxPath {
		w, ok := g.via[num]
		if !ok {
			break
		}
		keys = append(keys, string(w.key))
		if num = w.from; num == 0 {
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

type step struct {
	role role
	num  uint32
	way  way
}

// spread gives an object a role, and what it leads to theirs, in a view: strong roles first,
// because weak ones stop at objects that have a strong one.
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
		if g.roles[s.num]&s.role != 0 {
			continue
		}
		g.note(s)
		if s.role&strongRoles == 0 && s.role != roleAnnots && g.roles[s.num]&strongRoles != 0 {
			continue
		}
		if err := g.expand(v, s, push); err != nil {
			return err
		}
	}
	return nil
}

// note gives an object a role.
func (g *graph) note(s step) {
	g.roles[s.num] |= s.role
	if _, known := g.via[s.num]; !known {
		g.via[s.num] = s.way
	}
	switch s.role {
	case roleAnnot:
		g.annots = append(g.annots, s.num)
	case roleAppearance:
		g.pictures = append(g.pictures, s.num)
	}
}

// expand pushes what an object leads to. One that cannot be read leads nowhere.
func (g *graph) expand(v *pdf.View, s step, push func(step)) error {
	if g.work++; g.work > maxGraphWork {
		return &pdf.LimitError{Object: s.num, Limit: "objects to be judged"}
	}
	o, err := v.Object(s.num)
	if err != nil {
		return limitOnly(err)
	}
	s.role.outward(o, "", func(r role, key pdf.Name, ref pdf.Ref) {
		push(step{r, ref.Num, way{s.num,
			key}})
	})
	return nil
}

// limitOnly keeps errors that must stop the analysis.
func limitOnly(err error) error {
	if _, ok := err.(*pdf.LimitError); ok {
		return err
	}
	return nil
}
