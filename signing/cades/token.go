package cades

import (
	"crypto"
	"errors"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/tsp"
)

// maxTokenFile bounds a file that is a bare time stamp.
const maxTokenFile = 4 << 20

// judgeToken judges a file that is a time-stamp token and no signature of a person: by the rules
// of time stamps, against v.Detached("") where that is given.
func (j *validator) judgeToken() (*signing.Report, error) {
	raw, err := io.ReadAll(io.LimitReader(j.src.reader(), maxTokenFile))
	if err != nil {
		return nil, err
	}
	q := tsp.Query{Token: raw, Kind: signing.TimestampDocument}
	if j.detached != nil {
		q.Imprint = func(h crypto.Hash) ([]byte, error) {
			content, err := digestDetached(j.detached, []crypto.Hash{h})
			if err != nil {
				return nil, errors.Join(cms.ErrNoContent, err)
			}
			return content.Digest(h)
		}
	}
	v, err := tsp.Verify(j.ctx, q, j.v)
	if err != nil {
		return nil, err
	}
	s := signing.Signature{ID: signatureID(0), Level: "timestamp", Crypto: v.Crypto, Trust: v.Trust,
		Indication: v.Indication, SubIndication: v.SubIndication, Signer: v.Signer, Chain: v.Chain,
		Binding: signing.BindingMissing, Coverage: signing.CoversNone, ClaimedTime: v.Time,
		Timestamps: []signing.Timestamp{v.Timestamp}, Findings: v.Findings}
	if v.Token != nil && v.Signer != nil {
		s.Binding = v.Token.Binding(v.Signer)
	}
	if v.Good() {
		s.ProvenTime = v.Time
	}
	if q.Imprint != nil && v.Crypto == signing.Intact {
		s.Coverage = signing.CoversWhole
	}
	return &signing.Report{Format: "tsp", Signatures: []signing.Signature{s}}, nil
}
