package path_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
	"github.com/rubrica/rubrica/certificate/path"
	"github.com/rubrica/rubrica/certificate/trustlist"
)

// Judge a signer's certificate by a trust list, and get lists and answers from where the
// certificates say they are.
func ExampleValidate() {
	judge := func(ctx context.Context, signer *x509.Certificate, trusted *trustlist.List,
		fetcher *fetch.Fetcher, now time.Time) (string, error) {
		r, err := path.Validate(ctx, signer, path.Query{
			Anchors:       trusted.Anchors(),
			Intermediates: trusted.Intermediates(),
			Time:          now,
			Revocation:    path.Required,
			Fetcher:       fetcher,
			KeyUsage:      x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		})
		if err != nil {
			return "", err // the question was wrong, or the context ended
		}
		return fmt.Sprint(r.Status, " ", r.Code), nil
	}
	verdict, err := judge(context.Background(), &x509.Certificate{}, &trustlist.List{}, nil, time.Now())
	fmt.Println(verdict, err)
	// Output: invalid malformed <nil>
}
