package certificate

import "crypto/x509"

// Parse reads one DER certificate.
func Parse(der []byte) (*x509.Certificate, error) { return x509.ParseCertificate(der) }
