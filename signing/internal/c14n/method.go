package c14n

// A Method is a canonicalisation algorithm. The zero Method is none.
type Method uint8

const (
	Inclusive10             Method = iota + 1 // Canonical XML 1.0
	Inclusive10WithComments                   // Canonical XML 1.0 with comments
	Inclusive11                               // Canonical XML 1.1
	Inclusive11WithComments                   // Canonical XML 1.1 with comments
	Exclusive10                               // Exclusive XML Canonicalization 1.0
	Exclusive10WithComments                   // Exclusive XML Canonicalization 1.0 with comments
)

var uris = [...]string{
	Inclusive10:             "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
	Inclusive10WithComments: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
	Inclusive11:             "http://www.w3.org/2006/12/xml-c14n11",
	Inclusive11WithComments: "http://www.w3.org/2006/12/xml-c14n11#WithComments",
	Exclusive10:             "http://www.w3.org/2001/10/xml-exc-c14n#",
	Exclusive10WithComments: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
}

// ExclusiveNamespace is the namespace of the element InclusiveNamespaces.
const ExclusiveNamespace = "http://www.w3.org/2001/10/xml-exc-c14n#"

// FromURI is the method that an algorithm identifier names, and whether it is known.
func FromURI(uri string) (Method, bool) {
	for m := Inclusive10; m <= Exclusive10WithComments; m++ {
		if uris[m] == uri {
			return m, true
		}
	}
	return 0, false
}

// URI is the algorithm identifier, "" for no method.
func (m Method) URI() string {
	if !m.known() {
		return ""
	}
	return uris[m]
}

// Comments says that comments are written.
func (m Method) Comments() bool { return m.known() && m%2 == 0 }

// WithoutComments is the same method without comments.
func (m Method) WithoutComments() Method {
	if m.Comments() {
		return m - 1
	}
	return m
}

// Exclusive says that only namespaces in use are written, so that PrefixList applies.
func (m Method) Exclusive() bool { return m == Exclusive10 || m == Exclusive10WithComments }

func (m Method) known() bool { return m >= Inclusive10 && m <= Exclusive10WithComments }
