// Package token is about private keys and where they live. Package token/pkcs12 keeps them in
// files; a card, an HSM or a service that signs from afar fits in as well.
//
// Whatever the place, a key is a [Key]: a crypto.Signer with its certificates, so that signing code
// is the same for all of them.
//
// Passwords, PINs, one-time codes and what a credentials envelope holds are of type [Secret]. A
// Secret cannot be printed, logged, marshalled or stored by mistake: printing redacts it,
// marshalling refuses. [Password] and [Digits] make them. [PINRule] says when wrong tries block a
// device.
//
// The package imports no other of this module.
package token
