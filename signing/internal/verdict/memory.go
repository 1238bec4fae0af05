package verdict

import (
	"context"

	"github.com/rubrica/rubrica/certificate/path"
)

// maxSignatures bounds the certificates and lists whose signatures are verified for one document,
// over all its signatures and time stamps: a document may carry thousands of tokens, each with a
// thicket of certificates that costs the most that one question may.
const maxSignatures = 4096

type memoryKey struct{}

// Begin marks that what follows judges one document: lists are read once, and the work on paths is
// bounded over the whole. A context that is marked stays as it is.
func Begin(ctx context.Context) context.Context {
	if memoryOf(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, memoryKey{}, &path.Memory{Signatures: maxSignatures})
}

// memoryOf is what the questions about one document share; nil where none was begun.
func memoryOf(ctx context.Context) *path.Memory {
	memory, _ := ctx.Value(memoryKey{}).(*path.Memory)
	return memory
}
