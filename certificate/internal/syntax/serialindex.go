package syntax

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

// When a list that stays in memory is searched again and again, walking over its entries is a
// waste: after a few searches of a long list an index is made, two words an entry, in one
// allocation.
const (
	indexAfter   = 3    // searches
	indexEntries = 1024 // entries
)

// serialIndex finds entries by their serial numbers: a hash table of offsets, open addressed.
type serialIndex struct {
	searches atomic.Int32
	once     sync.Once
	seed     maphash.Seed
	slots    []uint32 // offset into the entries, plus one; 0: free
}

// ready reports whether the index is there, and makes it when it is time. An indirect list has
// none: the same serial number may stand on it for several issuers.
func (l *CertificateList) ready() bool {
	if l.count < indexEntries || l.Indirect {
		return false
	}
	if l.index.searches.Add(1) <= indexAfter {
		return false
	}
	l.index.once.Do(l.makeIndex)
	return true
}

func (l *CertificateList) makeIndex() {
	x := &l.index
	x.seed = maphash.MakeSeed()
	x.slots = make([]uint32, 1<<bits.Len(uint(2*l.count)))
	reading := l.entries
	start := reading.Offset()
	scratch := &CertificateList{Version: l.Version}
	for !reading.Empty() {
		offset := reading.Offset() - start
		var serial []byte
		if b := reading.Rest(); plainEntry(b) > 0 {
			serial = b[4 : 4+int(b[3])]
			reading.Skip(plainEntry(b))
		} else {
			serial = scratch.readEntry(&reading).Serial
		}
		slot := x.slot(serial)
		for x.slots[slot] != 0 {
			slot = (slot + 1) & (len(x.slots) - 1)
		}
		x.slots[slot] = uint32(offset) + 1
	}
}

func (x *serialIndex) slot(serial []byte) int {
	return int(maphash.Bytes(x.seed, serial) & uint64(len(x.slots)-1))
}

// findIndexed returns the last entry with a serial number.
func (l *CertificateList) findIndexed(serial []byte) (found RevokedCertificate, ok bool) {
	x := &l.index
	last := uint32(0)
	scratch := &CertificateList{Version: l.Version}
	for slot := x.slot(serial); x.slots[slot] != 0; slot = (slot + 1) & (len(x.slots) - 1) {
		at := x.slots[slot]
		if at <= last {
			continue
		}
		reading := l.entries
		reading.Skip(int(at - 1))
		if e := scratch.readEntry(&reading); bytes.Equal(e.Serial, serial) {
			found, ok, last = e, true, at
		}
	}
	found.Issuer = l.Issuer
	return found, ok
}
