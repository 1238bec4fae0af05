// Package ber reads BER (ITU-T X.690) as a stream, under limits, and turns it into DER.
//
// A [Decoder] walks elements of definite and indefinite length without holding more than the
// element that is asked for, and hands out an OCTET STRING of any size as a stream. Once an
// element is in memory, [ToDER] gives lengths and strings their DER form, so that everything
// behind it reads one encoding only. Original octets stay in the caller's hands.
package ber
