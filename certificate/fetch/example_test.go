package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
)

// A fetcher for the public internet. What a certificate points at inside the host's own network is
// not reached.
func ExampleFetcher() {
	f := &fetch.Fetcher{Clock: time.Now, Timeout: 10 * time.Second}
	_, err := f.Get(context.Background(), "http://169.254.169.254/latest/meta-data/")
	refused, ok := errors.AsType[*fetch.RefusedError](err)
	fmt.Println(ok, refused.Reason)
	// Output: true an address that is not public
}
