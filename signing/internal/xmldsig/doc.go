// Package xmldsig reads and judges XML signatures: W3C XML Signature Syntax and Processing 1.1,
// with the algorithms of RFC 9231. It knows nothing of XAdES, of trust or of dates.
//
// [Read] takes a ds:Signature element apart, strictly by the schema. [Signature.Check] computes
// every reference on its own and keeps the results apart, so that one broken reference hides
// nothing. [Signature.VerifyValue] judges the signature value with one key.
//
// What is digested comes from the index of xmltree through c14n, or from a function of the caller
// for what lies outside the document. Nothing is ever fetched. Transforms stand in an allow-list:
// enveloped-signature, the six canonicalisations, base64, and XPath and XPath Filter 2 in the few
// idioms that mean a subtree or the lack of one. Everything else is [*Unsupported], by name.
package xmldsig
