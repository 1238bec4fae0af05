// Package cms makes and reads SignedData of the Cryptographic Message Syntax (RFC 5652) without
// holding the content: digests go in, and content streams past.
//
// # Making
//
// [Prepare] fixes the signed attributes over a digest and hands out what is to be signed;
// [Prepared.Complete] takes the value, checks it against the certificate and returns a
// [SignedData]. Between the two the state survives a restart ([Prepared.MarshalBinary]). A key at
// hand signs at once ([Prepared.Sign]). [SignedData.Marshal] writes a detached signature,
// [SignedData.WriteAttached] one around its content.
//
// # Reading
//
// [Read] takes a stream of BER or DER and keeps everything but the content, in original octets.
// [SignerInfo.Verify] judges one signer against a digest. It is strict on what decides:
//
//   - content-type, message-digest, signing-time, algorithm protection (RFC 6211) and each
//     version of signing-certificate occur at most once, with exactly one value
//     (RFC 5652, 11; RFC 5035, 3; RFC 6211, 2);
//   - content-type and message-digest are there when there are signed attributes, and equal
//     the content (RFC 5652, 5.3 and 5.6);
//   - the digest algorithm, the hash that the signature algorithm implies and the protected
//     algorithms agree;
//   - signed attributes are left out only for id-data, and content that is itself a set of signed
//     attributes is refused then: such a signature can be made from any other;
//   - the version of each SignerInfo is that of RFC 5652, 5.3; another version of SignedData than
//     5.1 prescribes, which nothing signs and some producers get wrong, is a doubt.
//
// # Signed attributes that are not DER
//
// RFC 5652, 5.3 wants signed attributes in DER, and 5.4 computes the signature over their DER
// encoding whatever they were sent as. This package does so: attributes sent in BER or out of
// order are brought into DER first. When that does not verify, the attributes as they were sent
// are tried, because some producers sign those. Either way it is one of
// [SignerInfo.Doubts]: the signature may be intact, and a validator does not call it valid.
//
// Values of all types may be read from several goroutines; none is safe for concurrent changes.
package cms
