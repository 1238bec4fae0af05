package tsp_test

import "crypto/x509/pkix"

// extension is an extended key usage of that value.
func extension(critical bool, value []byte) pkix.Extension {
	return pkix.Extension{Id: []int{2, 5, 29, 37}, Critical: critical, Value: value}
}
