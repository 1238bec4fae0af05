package tsp_test

import (
	"testing"

	"github.com/rubrica/rubrica/signing/tsp"
	"github.com/rubrica/rubrica/signing/tsp/tsptest"
)

func TestSerialsSuite(t *testing.T) {
	t.Parallel()
	shared := &store{}
	tsptest.Serials(t, func(*testing.T) tsp.Serials { return shared })
}
