// Package cades signs content of any kind and size in CMS, and judges such signatures: ETSI EN
// 319 122-1 at its baseline levels B-B, B-T, B-LT and B-LTA, plain CMS (RFC 5652), and what older
// producers left behind.
//
// Content streams: it is neither held in memory nor read twice where once will do. A signature
// stands around its content (attached, .p7m) or apart (detached, .p7s). Several people sign side
// by side ([Cosign]) or one another's signatures ([Countersign]); [Extend] carries signatures,
// also those of others, further in time. A key that lives elsewhere signs in two steps
// ([Prepare], [Prepared.Complete]).
//
// # Encoding
//
// What is written is DER, with one exception: attached content of more than 1 MiB whose length is
// not known before it ends is written in BER, with indefinite lengths, in one pass
// (RFC 5652, 5.2 allows it; signed attributes and certificates are DER always).
//
// # Archive time stamps
//
// Version 3 (EN 319 122-1, 5.5.3) is written; versions 2 and 3 are judged. A signature that
// carries version 2 gets no further certificates or lists, because version 2 covers them as they
// stand; its next archive time stamp is of version 3.
package cades
