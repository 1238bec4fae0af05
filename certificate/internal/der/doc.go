// Package der reads DER (ITU-T X.690) strictly, keeps the original octets and knows where it
// stands: a syntax error names the field and its offset in the whole document.
//
// A [Reader] is a window on octets. Readers cut from one document share one error, the first; once
// it is set every further read yields nothing, so that a parser reads top to bottom and asks once.
// Nothing is copied and nothing allocated but the error.
package der
