// Package bankdeposit finds declared deposits in a bank's statement, a CSV file: an ra.Payments
// for authorities that are paid over the counter or by transfer.
//
// An entry answers a declaration when its document number, amount and day agree. What differs is
// named in the refusal. Several entries with one document number are told apart by amount and day;
// when two still agree, nobody guesses.
//
// The statement is read anew each time, so that the file may be replaced while the program runs:
// write the new one beside it and rename.
package bankdeposit
