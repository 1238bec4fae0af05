package path

import (
	"sync"

	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Memory keeps lists that were read and the signatures on them that were verified, so that a large
// list is read once and not once a question. It is safe for concurrent use; the zero value is
// ready. Lists are known by the octets given: a list that is given in a new slice is read again.
type Memory struct {
	// Signatures bounds how many are verified over all questions that share the Memory; a question
	// beyond it is answered as one that asks for too much work. Zero: only each question is bounded.
	Signatures int

	mu    sync.Mutex
	spent int
	lists map[*byte]*list
	order []*byte
}

// maxRemembered bounds the lists that a Memory keeps. The oldest goes first.
const maxRemembered = 64

// list is a list that was read, with the keys that were tried on its signature.
type list struct {
	*syntax.CertificateList

	mu       sync.Mutex
	verified map[string]bool // by SubjectPublicKeyInfo
}

func readList(document []byte) (*list, error) {
	l, err := syntax.ReadCertificateList(document)
	if err != nil {
		return nil, err
	}
	return &list{CertificateList: l}, nil
}

// spend counts a signature; false when the bound is reached.
func (m *Memory) spend() bool {
	if m == nil || m.Signatures == 0 {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent++
	return m.spent <= m.Signatures
}

// read returns a list, from memory if it is there.
func (m *Memory) read(document []byte) (*list, error) {
	if m == nil || len(document) == 0 {
		return readList(document)
	}
	key := &document[0]
	m.mu.Lock()
	l := m.lists[key]
	m.mu.Unlock()
	if l != nil && len(l.Raw) == len(document) {
		return l, nil
	}
	l, err := readList(document)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lists == nil {
		m.lists = make(map[*byte]*list)
	}
	if m.lists[key] == nil {
		m.order = append(m.order, key)
	}
	m.lists[key] = l
	if len(m.order) > maxRemembered {
		delete(m.lists, m.order[0])
		m.order = m.order[1:]
	}
	return l, nil
}

// wasVerified reports whether the list's signature was verified with that key before.
func (l *list) wasVerified(key []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verified[string(key)]
}

func (l *list) setVerified(key []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.verified == nil {
		l.verified = make(map[string]bool, 1)
	}
	l.verified[string(key)] = true
}
