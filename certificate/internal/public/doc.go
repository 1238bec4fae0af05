// Package public fills *x509.Certificate, the currency between packages, from what our reader
// read, also where crypto/x509 refuses to.
package public
