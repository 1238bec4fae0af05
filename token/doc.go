// Package token is about private keys and where they live: files (token/pkcs12), cryptographic
// devices (token/pkcs11) and services that sign from afar (token/csc).
//
// Whatever the place, a key is a [Key]: a crypto.Signer with its certificates, so that signing code
// is the same for a file, a card and an HSM.
//
// Passwords, PINs, one-time codes and what a credentials envelope holds are of type [Secret]. A
// Secret cannot be printed, logged, marshalled or stored by mistake: printing redacts it,
// marshalling refuses. [Password] and [Digits] make them. [PINRule] says when wrong tries block a
// device.
//
// The package imports no other of this module.
package token
