// Package icert holds the certificate profiles of ICERT-EC, the certification entity of Ecuador's
// Consejo de la Judicatura, as data: policy identifiers, key usages, validity, and where the
// holder's identity is written in each of its two generations.
package icert
