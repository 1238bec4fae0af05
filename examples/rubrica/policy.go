package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/rubrica/rubrica/signing"
)

// policyJSON is an algorithm policy in a file.
type policyJSON struct {
	AllowSHA1  bool `json:"allowSHA1"`
	MinRSABits int  `json:"minRSABits"`
}

// readPolicies reads --policy files: JSON constrains algorithms, anything else is a signature
// policy document that signatures name by its digest.
func readPolicies(v *signing.Validation, files []string) error {
	for _, name := range files {
		raw, err := readFile(name, maxEvidenceFile)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			v.PolicyDocuments = append(v.PolicyDocuments, raw)
			continue
		}
		var p policyJSON
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&p); err != nil {
			return fmt.Errorf("--policy %s: %w", name, err)
		}
		v.Policy = signing.Policy{AllowSHA1: p.AllowSHA1, MinRSABits: p.MinRSABits}
	}
	return nil
}

// unescapeURI takes percent-encoding off a reference, or returns it as it is.
func unescapeURI(uri string) string {
	if plain, err := url.PathUnescape(uri); err == nil {
		return plain
	}
	return uri
}
