package der_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// TestOIDIsBounded: an arc of thousands of digits is refused before anybody writes it as text.
func TestOIDIsBounded(t *testing.T) {
	t.Parallel()
	element := func(contents int) []byte {
		value := append(bytes.Repeat([]byte{0xff}, contents-1), 0x7f)
		return append([]byte{6, 0x81, byte(contents)}, value...)
	}
	for contents, accepted := range map[int]bool{128: true, 129: false} {
		r := der.NewReader(element(contents))
		got := r.OID("oid")
		assert.Equal(t, accepted, !r.Failed(), contents)
		assert.Equal(t, accepted, len(got) == contents, contents)
	}
}
