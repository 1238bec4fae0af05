package main

import (
	"crypto/x509"

	"github.com/rubrica/rubrica/certificate/ec"
)

// identityAnswer reads the holder's identity where the authority that issued is known.
func identityAnswer(c *x509.Certificate) identityJSON {
	holder := ec.Holder(c)
	return identityJSON{Cedula: holder.Cedula, RUC: holder.RUC, Name: holder.Name()}
}
