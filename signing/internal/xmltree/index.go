package xmltree

// A Kind is the kind of a node. Text is not a node of the index: it is what lies between nodes.
type Kind uint8

const (
	KindDocument    Kind = iota // the document itself, node 0
	KindElement                 // an element
	KindComment                 // <!-- … -->
	KindInstruction             // <?target data?>
	KindCDATA                   // <![CDATA[ … ]]>
)

// Flags of a record. Those that begin with Raw say that original bytes are already canonical.
type Flags uint16

const (
	// RawTag: the start and end tag have the spelling of canonical XML: single spaces, double
	// quotes, namespace declarations then attributes in order, values escaped, no empty-element
	// tag.
	RawTag Flags = 1 << iota
	// RawText: the text directly in the element needs no reference, line end or escape rewritten.
	RawText
	// RawNamespaces: no namespace declaration repeats what is in scope already.
	RawNamespaces
	// RawSubtree: the three above hold for the element and all within it, and there is no CDATA,
	// nor a processing instruction or comment to be rewritten.
	RawSubtree
	// HasComment: there is a comment within the element.
	HasComment
	// OneNamespace: all elements within bear this element's prefix and namespace, and none of them
	// has a namespace declaration or an attribute with a prefix. (The element itself may.)
	OneNamespace
	// PrefixedAttributes: an attribute has a prefix.
	PrefixedAttributes
	// Empty: the element is written as an empty-element tag.
	Empty
	// Declares: the element has namespace declarations in the index.
	Declares
)

// A Record is one node of the index. Nodes stand in document order; the subtree of node i is
// the nodes from i up to, not including, Next. Offsets are those of Document.Bytes.
//
// The attributes of node i are Attrs[r.Attr:n.Attr] and its declarations Decls[r.Decl:n.Decl],
// where n is the record after r; there is always one more record than there are nodes.
type Record struct {
	Start     uint32 // of "<"
	Open      uint32 // after the start tag; for other kinds the end of the node
	Close     uint32 // of "</"; equal to Open for an empty-element tag
	Next      uint32 // the first node after the subtree
	Parent    uint32
	Attr      uint32 // the first attribute
	Decl      uint32 // the first namespace declaration
	Namespace uint32 // the declaration that binds the element's prefix
	NameLen   uint16 // of the qualified name, which begins at Start+1 (instructions: Start+2)
	PrefixLen uint16 // of the prefix without its colon, 0 if there is none
	Flags     Flags
	Kind      Kind
}

// An AttrRecord is one attribute that is not a namespace declaration. Those of an element stand in
// the order of canonical XML: by namespace name, then by local name.
type AttrRecord struct {
	Name      uint32 // offset of the qualified name
	Value     uint32 // offset of the literal value, within its quotes
	ValueLen  uint32
	Namespace uint32 // the declaration that binds the prefix; NoNamespace if there is none
	NameLen   uint16
	PrefixLen uint16
	Raw       bool // the literal is the value, and canonical
}

// A DeclRecord is a namespace declaration. Those of an element stand in the order of their
// prefixes.
type DeclRecord struct {
	Prefix    uint32 // index into Prefixes; 0 is the default namespace
	URI       uint32 // index into URIs; 0 is no namespace
	Previous  uint32 // the declaration of the prefix that this one hides
	Start     uint32 // where xmlns:prefix="name" is written, if that is canonical
	Len       uint32 // its length, 0 if it is not
	Redundant bool   // the hidden declaration says the same
}

// Two declarations stand in every document before those that are written.
const (
	NoNamespace  = 0 // no default namespace
	XMLNamespace = 1 // the prefix xml
)

// An Index is the flat index of a document. It is read, never changed.
type Index struct {
	Nodes    []Record // node 0 is the document
	Attrs    []AttrRecord
	Decls    []DeclRecord
	Prefixes [][]byte // 0 is the empty prefix, 1 is xml
	URIs     [][]byte // 0 is the empty name, 1 that of xml

	// RelativeNamespace is the offset of an element that declares a relative namespace name, or -1.
	RelativeNamespace int
}

// NameSpaceXML is the namespace name of the prefix xml, and NameSpaceXMLNS that of xmlns.
const (
	NameSpaceXML   = "http://www.w3.org/XML/1998/namespace"
	NameSpaceXMLNS = "http://www.w3.org/2000/xmlns/"
)
