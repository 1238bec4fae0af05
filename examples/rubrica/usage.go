package main

import "crypto/x509"

// keyUsages are the names of RFC 5280, 4.2.1.3, in the order of their bits.
var keyUsages = []struct {
	bit  x509.KeyUsage
	name string
}{
	{x509.KeyUsageDigitalSignature, "digitalSignature"},
	{x509.KeyUsageContentCommitment, "nonRepudiation"},
	{x509.KeyUsageKeyEncipherment, "keyEncipherment"},
	{x509.KeyUsageDataEncipherment, "dataEncipherment"},
	{x509.KeyUsageKeyAgreement, "keyAgreement"},
	{x509.KeyUsageCertSign, "keyCertSign"},
	{x509.KeyUsageCRLSign, "cRLSign"},
	{x509.KeyUsageEncipherOnly, "encipherOnly"},
	{x509.KeyUsageDecipherOnly, "decipherOnly"},
}

func usageWords(c *x509.Certificate) []string {
	words := []string{}
	for _, u := range keyUsages {
		if c.KeyUsage&u.bit != 0 {
			words = append(words, u.name)
		}
	}
	return words
}
