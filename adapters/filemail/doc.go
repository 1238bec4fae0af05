// Package filemail delivers mail into a Maildir of .eml files: an ra.Mailer for a machine without
// a mail server, for trials and for tests. Mutt, Thunderbird and every other mail program that
// knows Maildir opens the folder; any mail program opens one file of it.
//
// One Message-ID is one file. A message is written to tmp, flushed to the medium and linked into
// new under a name made of its date and ID, so that a repeat finds it there, also after a mail
// program has moved it to cur or another process delivers at the same moment.
package filemail
