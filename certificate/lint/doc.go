// Package lint asks zlint about certificates before they are issued, and about lists and OCSP
// answers in tests. It is apart from package certificate because zlint and what it brings weigh
// more than all the rest: hand [New] to certificate.AuthorityConfig.Linters.
//
// Asked are the rules of RFC 3279, 5280, 5480, 5891, 6960 and 8813 and those of ETSI. The rules of
// the CA/Browser Forum and of root programmes are for web servers and S/MIME, not for signatures.
package lint
