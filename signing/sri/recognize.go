package sri

import "github.com/rubrica/rubrica/signing/internal/xmltree"

// Recognize reports whether a document is one of the SRI's vouchers, signed or not: its root is one
// of the six and carries id="comprobante". A document that cannot be read is none.
func Recognize(doc []byte) bool {
	tree, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
	if err != nil {
		return false
	}
	root := tree.Root()
	id, _ := root.Attr("id")
	if id != rootID || root.Space() != "" {
		return false
	}
	for _, kind := range []DocumentType{
		Invoice, PurchaseClearing, CreditNote, DebitNote, DeliveryNote, Withholding,
	} {
		if kind.Root() == root.Local() {
			return true
		}
	}
	return false
}
