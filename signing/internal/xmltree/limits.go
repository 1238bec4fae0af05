package xmltree

// Limits bound what a document may cost. A field that is zero or negative stands for its default;
// a host that must read more raises the field by its name.
type Limits struct {
	Size       int // bytes of the document; default DefaultSize
	Depth      int // elements within elements; default DefaultDepth
	Elements   int // elements, comments, processing instructions and CDATA; default DefaultElements
	Attributes int // attributes and namespace declarations of one element; default DefaultAttributes
	Name       int // bytes of one name; default DefaultName, at most 65,535
	Value      int // bytes of one attribute value; default DefaultValue

	// AllowDuplicateIDs lets a document pass in which two elements carry the same identifier.
	// A look-up of such an identifier still fails. Canonicalisation alone needs no identifiers;
	// verification of signatures does, and leaves this false.
	AllowDuplicateIDs bool
}

// The defaults, each with its reason.
const (
	DefaultSize       = 64 << 20  // far above any invoice; the index can take ten times as much
	DefaultDepth      = 2000      // nesting bombs against whoever walks the tree by recursion
	DefaultElements   = 2_000_000 // 40 bytes of index each
	DefaultAttributes = 1000      // attribute and namespace floods
	DefaultName       = 1000      // names are compared and repeated in errors
	DefaultValue      = 10 << 20  // a document embedded in an attribute, not more

	maxSize = 1<<31 - 1 // offsets are 32 bits wide
	maxName = 1<<16 - 1 // lengths of names are 16 bits wide
)

func (l Limits) withDefaults() Limits {
	or := func(v *int, def, most int) {
		if *v <= 0 {
			*v = def
		}
		*v = min(*v, most)
	}
	or(&l.Size, DefaultSize, maxSize)
	or(&l.Depth, DefaultDepth, maxSize)
	or(&l.Elements, DefaultElements, maxSize/2)
	or(&l.Attributes, DefaultAttributes, maxSize)
	or(&l.Name, DefaultName, maxName)
	or(&l.Value, DefaultValue, maxSize)
	return l
}
