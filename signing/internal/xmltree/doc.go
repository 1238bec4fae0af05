// Package xmltree reads an XML document once, strictly, into one flat index over its original
// bytes.
//
// The index is what everything else uses: look-up by name or identifier, canonicalisation, digests,
// and the answer that is handed back. There is no second reading and no tree that writes itself out
// again, so that the octets that were checked are the octets that are used.
//
// Read is XML 1.0 (fifth edition) and Namespaces in XML 1.0 (third edition), both in full, with one
// deliberate exception: a document type declaration is refused, always, with [CodeDTD]. There are
// therefore no entities but the five predefined ones, and no defaulted attributes.
//
// Documents are UTF-8 (with or without a byte order mark), UTF-16, ISO-8859-1 or US-ASCII, as they
// declare. What is not UTF-8 is transcoded once; [Document.Splice] still inserts into the original.
//
// The index holds elements, comments, processing instructions and CDATA sections in document order;
// text is what lies between them. Each record says whether its octets are canonical as they stand,
// so that canonicalisation hands on long runs of the original instead of making them anew. This
// beat a tree of nodes with strings: a tenth of the memory, three allocations a document, and
// nothing that could differ from what was signed.
//
// A [Document] never changes after [Parse], and any number of goroutines may use it. It keeps the
// slice it was given, which must not be changed while the Document is in use.
package xmltree
