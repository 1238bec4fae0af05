package xmltree_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// TestBorrow reads documents of all sizes in memory that others used before them, from several
// sides at once: each index is the one of a document that was parsed.
func TestBorrow(t *testing.T) {
	t.Parallel()
	var docs [][]byte
	for _, lines := range []int{0, 1, 3, 40, 7, 1000, 2} {
		line := `<p:l xmlns:p="urn:p" a="1" id="i%d"><b c='2'/>t&amp;<![CDATA[x]]><!--c--><?p i?></p:l>`
		var b strings.Builder
		for i := range lines {
			fmt.Fprintf(&b, line, i)
		}
		docs = append(docs, []byte("<r>"+b.String()+"</r>"), []byte("<r>"+b.String()), // not whole
			[]byte("<r>"+strings.Repeat("<a>", lines)+strings.Repeat("</a>", lines)+"</r>"))
	}
	var all sync.WaitGroup
	for side := range 4 {
		all.Go(func() {
			for round := range 40 {
				doc := docs[(side+round*5)%len(docs)]
				want, wantErr := xmltree.Parse(doc, xmltree.Limits{})
				got, gotErr := xmltree.Borrow(doc, xmltree.Limits{})
				if !assert.Equal(t, wantErr, gotErr) || gotErr != nil {
					continue
				}
				assert.Equal(t, want.Index(), got.Index())
				got.Release()
				got.Release() // once is enough
				assert.Zero(t, len(got.Index().Nodes), "what is released is not read again")
				want.Release()
				assert.NotZero(t, want.Len(), "what was parsed is kept")
			}
		})
	}
	all.Wait()
}
