// Package signature reads public keys and verifies the signatures of certificates, lists and
// answers. That a signature is broken, and that its algorithm is not supported, are different
// errors. Whether an algorithm is good enough is not decided here: see [Algorithm] and what a
// policy makes of it.
package signature
