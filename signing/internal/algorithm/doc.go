// Package algorithm signs and verifies raw signature values.
//
// A [Scheme] is a signature algorithm with all its parameters: RSA PKCS #1 v1.5 and
// RSASSA-PSS (RFC 8017), ECDSA over P-224, P-256, P-384 and P-521 (FIPS 186-5) and pure
// Ed25519 (RFC 8032), over SHA-1, SHA-2 and SHA-3. Values are exchanged with the world as an
// AlgorithmIdentifier ([ParseSignature], [Scheme.Identifier]); the URIs of XML signatures live
// with XML signatures.
//
// Verification keeps three answers apart. nil: the mathematics agree. [ErrBroken]: they do
// not. [*Unsupported]: the algorithm or the key is one that this package does not judge, such
// as MD5, DSA or RSA below 1,024 bits. What is old but still judged (SHA-1, RSA below 2,048
// bits) is named by [Scheme.Weakness]; to refuse it is the business of policy.
//
// Nothing here keeps state: every function may be called from several goroutines.
package algorithm
