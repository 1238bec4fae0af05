// Package memory keeps processes and sealed records in memory: for tests, and as the shortest
// reading of what a store is. Nothing survives the end of the program. It also has a clock that is
// set by hand.
package memory
