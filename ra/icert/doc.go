// Package icert is the process of ICERT-EC, the certification entity of Ecuador's Consejo de la
// Judicatura, for package ra: the definition as YAML, the letters in Spanish and English, and the
// subscription contract as a PDF.
//
// Natural is the process for natural persons as published for remote issuance: payment by deposit,
// form and documents, invoice, video conference, a PKCS#12 file and a numbered credentials envelope
// in two mails, and a contract that the subscriber signs within 120 hours and the provincial
// director countersigns. The published text has one operator who reviews and issues; the setting
// four-eyes, on by default, has one approve and another issue.
package icert
