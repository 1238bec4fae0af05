package pdf

// Limits. Each bounds what a hostile file can make the reader spend.
const (
	// maxDepth bounds nesting of arrays and dictionaries (stack of the recursive parser).
	maxDepth = 200
	// maxElements bounds the values in one object, those that take more memory counted more than
	// once: 48 octets each at worst, so that two versions of an object can be held side by side.
	maxElements = 1 << 19
	// maxObject bounds the octets of one object without its stream data.
	maxObject = 64 << 20
	// maxDecoded bounds a decoded cross-reference stream (compression bombs).
	maxDecoded = 64 << 20
	// maxObjectStream bounds a decoded object stream, which is held whole: it may have some hundred
	// thousand objects.
	maxObjectStream = 32 << 20
	// maxDecodeWork bounds all decoding for one file, beside 8 octets for each octet of the file.
	maxDecodeWork = 128 << 20
	// maxLoads bounds how often objects are read, beside three times for each cross-reference
	// entry: looking at every revision of a form with many fields adds up.
	maxLoads = 1 << 19
	// maxLargeWork bounds the octets of large objects that are read, beside 2 for each octet of the
	// file: objects that never end overlap.
	maxLargeWork = 48 << 20
	// maxRow bounds the row of a predictor: two of them are held.
	maxRow = 16 << 20
	// maxFilters bounds the chain of filters of one stream.
	maxFilters = 8
	// maxObjectNumber is the largest object number: Annex C asks readers for 8,388,607.
	maxObjectNumber = 1<<31 - 2
	// maxEntries bounds the cross-reference entries of a file beside one for 16 octets of it:
	// 24 octets of memory each.
	maxEntries = 1 << 20
	// maxRevisions bounds cross-reference sections, each of which costs a seek.
	maxRevisions = 1 << 14
	// maxTrailers bounds the values in all trailers, which are held: a dozen each are usual.
	maxTrailers = 1 << 22
	// maxReferences bounds a chain of references to references (loops).
	maxReferences = 32
	// maxHeader is how far into the file %PDF- may begin (Annex H of PDF 1.7, note 13).
	maxHeader = 1024
	// maxTail is how far before the end startxref may stand (the same note, generously).
	maxTail = 4096
)
