package xades_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// evil marks what an attacker adds; honest is what the signer meant.
const (
	evil   = "EVIL"
	honest = "Café"
)

// attack changes a signed document. It returns "" where it does not apply.
type attack struct {
	name string
	make func(d signedDoc) string
}

// signedDoc is a signed document taken apart as text.
type signedDoc struct {
	whole     string
	signature string // the ds:Signature element
	id        string // its Id
	other     string // a ds:Signature by the same signer over something else, with other Ids
	stamped   string // the unsigned properties of another signature, with a time stamp
}

func (d signedDoc) swap(old, with string) string {
	if old == "" || !strings.Contains(d.whole, old) {
		return ""
	}
	return strings.Replace(d.whole, old, with, 1)
}

// part returns the first element with that qualified name, with its content.
func part(doc, name string) string {
	start := strings.Index(doc, "<"+name)
	for start >= 0 && !strings.ContainsRune(" >/", rune(doc[start+1+len(name)])) {
		next := strings.Index(doc[start+1:], "<"+name)
		if next < 0 {
			return ""
		}
		start += 1 + next
	}
	if start < 0 {
		return ""
	}
	end := strings.Index(doc[start:], "</"+name+">")
	if end < 0 {
		return ""
	}
	return doc[start : start+end+len("</"+name+">")]
}

// inSignature puts text behind all that the signature holds.
func (d signedDoc) inSignature(text string) string {
	return d.swap("</ds:Signature>", text+"</ds:Signature>")
}

func forged(element string) string { return strings.ReplaceAll(element, honest, evil) }

func withoutIDs(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, ` id="order-1"`, ""), ` Id="`, ` was="`)
}

func withOtherIDs(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `"order-1"`, `"order-2"`), ` Id="`, ` Id="x`)
}

// order returns the signed order as it stands in the document, without a signature in it.
func (d signedDoc) order() string {
	return strings.Replace(part(d.whole, "o:order"), d.signature, "", 1)
}

// contentAttacks move the signed content away and put something else in its place.
func contentAttacks() []attack {
	ids := map[string]func(string) string{"kept": func(s string) string { return s }, "dropped": withoutIDs, "changed": withOtherIDs}
	places := map[string]func(d signedDoc, original, fake string) string{
		"original into an Object": func(d signedDoc, original, fake string) string {
			return strings.Replace(strings.Replace(d.whole, original, fake, 1), "</ds:Signature>",
				"<ds:Object>"+original+"</ds:Object></ds:Signature>", 1)
		},
		"original into the unsigned properties": func(d signedDoc, original, fake string) string {
			return strings.Replace(strings.Replace(d.whole, original, fake, 1), "</xades:SignedProperties>",
				"</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties>"+original+
					"</xades:UnsignedSignatureProperties></xades:UnsignedProperties>", 1)
		},
		"original beside": func(d signedDoc, original, fake string) string {
			return strings.Replace(d.whole, original, fake+original, 1)
		},
		"original before": func(d signedDoc, original, fake string) string {
			return strings.Replace(d.whole, original, original+fake, 1)
		},
		"original behind an extension": func(d signedDoc, original, fake string) string {
			return strings.Replace(d.whole, original, fake+"<Extension><Content>"+original+"</Content></Extension>", 1)
		},
		"original inside the forgery": func(d signedDoc, original, fake string) string {
			return strings.Replace(d.whole, original, strings.Replace(fake, "</o:order>", original+"</o:order>", 1), 1)
		},
		"forgery inside the original": func(d signedDoc, original, fake string) string {
			return strings.Replace(d.whole, original, strings.Replace(original, "</o:order>", fake+"</o:order>", 1), 1)
		},
		"forgery into an Object": func(d signedDoc, _, fake string) string {
			return d.inSignature("<ds:Object>" + fake + "</ds:Object>")
		},
		"forgery into KeyInfo": func(d signedDoc, _, fake string) string {
			return d.swap("</ds:KeyInfo>", fake+"</ds:KeyInfo>")
		},
		"forgery into another Signature": func(d signedDoc, _, fake string) string {
			return d.swap(d.signature, d.signature+`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`+fake+"</ds:Signature>")
		},
	}
	var list []attack
	for place, move := range places {
		for kept, ids := range ids {
			list = append(list, attack{place + ", ids " + kept, func(d signedDoc) string {
				original := d.order()
				if original == "" || !strings.Contains(d.whole, original) {
					return ""
				}
				return move(d, original, ids(forged(original)))
			}})
		}
	}
	for place, build := range rebuilds() {
		for kept, ids := range ids {
			list = append(list, attack{place + ", ids " + kept, func(d signedDoc) string {
				original := d.order()
				if original == "" || strings.Contains(d.signature, original) || !strings.Contains(d.whole, d.signature) {
					return ""
				}
				return build(original, ids(forged(original)), d.signature)
			}})
		}
	}
	wrap := func(name, before, after string) attack {
		return attack{name, func(d signedDoc) string {
			start := strings.Index(d.whole, "<o:order")
			end := strings.LastIndex(d.whole, "</o:order>")
			if start < 0 || end < 0 || strings.HasPrefix(d.whole[strings.Index(d.whole, "<"):], "<ds:") {
				return ""
			}
			end += len("</o:order>")
			return d.whole[:start] + before + d.whole[start:end] + after + d.whole[end:]
		}}
	}
	return append(list,
		wrap("a new root around", "<o:order xmlns:o='urn:order'><line>"+evil+"</line>", "</o:order>"),
		wrap("a new root with the id", "<o:order xmlns:o='urn:order' ID='order-1'><line>"+evil+"</line>", "</o:order>"),
		attack{"only the text", func(d signedDoc) string { return strings.Replace(d.whole, honest, evil, 1) }},
		attack{"a comment in the text", func(d signedDoc) string { return strings.Replace(d.whole, honest, "Ca<!-- "+evil+" -->fé", 1) }},
		attack{"an instruction in the text", func(d signedDoc) string { return strings.Replace(d.whole, honest, "Ca<?"+evil+"?>fé", 1) }},
		attack{"CDATA in the text", func(d signedDoc) string { return strings.Replace(d.whole, honest, "<![CDATA["+evil+"]]>", 1) }},
		attack{"an attribute", func(d signedDoc) string { return strings.Replace(d.whole, "<line ", "<line evil='"+evil+"' ", 1) }},
		attack{"a namespace", func(d signedDoc) string { return strings.Replace(d.whole, "<line ", "<line xmlns:evil='"+evil+"' ", 1) }},
		attack{"the default namespace", func(d signedDoc) string { return strings.Replace(d.whole, `"urn:default"`, `"urn:`+evil+`"`, 1) }},
		attack{"a DOCTYPE", func(d signedDoc) string {
			return "<!DOCTYPE o:order [<!ENTITY e '" + evil + "'>]>" + strings.Replace(d.whole, honest, "&e;", 1)
		}},
	)
}

// into puts text behind all that an element holds.
func into(element, text string) string {
	end := strings.LastIndex(element, "</")
	return element[:end] + text + element[end:]
}

// rebuilds make a new document of the signed content, a forgery of it and the signature.
func rebuilds() map[string]func(original, fake, signature string) string {
	object := func(s string) string { return "<ds:Object>" + s + "</ds:Object>" }
	return map[string]func(original, fake, signature string) string{
		"forgery with the signature, original in its Object": func(o, f, s string) string { return into(f, into(s, object(o))) },
		"forgery, original, signature under a new root":      func(o, f, s string) string { return "<r>" + f + o + s + "</r>" },
		"original, forgery, signature under a new root":      func(o, f, s string) string { return "<r>" + o + f + s + "</r>" },
		"signature, forgery, original under a new root":      func(o, f, s string) string { return "<r>" + s + f + o + "</r>" },
		"forgery beside the original with its signature":     func(o, f, s string) string { return "<r>" + f + into(o, s) + "</r>" },
		"original with its signature beside the forgery":     func(o, f, s string) string { return "<r>" + into(o, s) + f + "</r>" },
		"original with its signature inside the forgery":     func(o, f, s string) string { return into(f, into(o, s)) },
		"original beside the signature inside the forgery":   func(o, f, s string) string { return into(f, o+s) },
		"forgery inside the original with its signature":     func(o, f, s string) string { return into(o, f+s) },
		"forgery with the signature inside the original":     func(o, f, s string) string { return into(o, into(f, s)) },
		"forgery with the signature, original before":        func(o, f, s string) string { return "<r>" + o + into(f, s) + "</r>" },
		"forgery with the signature, original behind":        func(o, f, s string) string { return "<r>" + into(f, s) + o + "</r>" },
		"original in the unsigned properties": func(o, f, s string) string {
			return into(f, strings.Replace(s, "</xades:SignedProperties>", "</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedDataObjectProperties>"+
				"<xades:UnsignedDataObjectProperty>"+o+"</xades:UnsignedDataObjectProperty></xades:UnsignedDataObjectProperties></xades:UnsignedProperties>", 1))
		},
		"two signatures, the second around the forgery": func(o, f, s string) string {
			return "<r>" + into(o, s) + `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` + f + "</ds:Signature></r>"
		},
	}
}

// structureAttacks change what says what was signed.
func structureAttacks() []attack {
	return []attack{
		{"second SignedInfo", func(d signedDoc) string {
			return d.swap("<ds:SignatureValue", withOtherIDs(part(d.whole, "ds:SignedInfo"))+"<ds:SignatureValue")
		}},
		{"SignedInfo first, forged", func(d signedDoc) string {
			info := part(d.whole, "ds:SignedInfo")
			return d.swap(info, strings.Replace(withOtherIDs(info), "URI=\"", "URI=\"#"+evil, 1)+info)
		}},
		{"cloned SignedProperties in a second QualifyingProperties", func(d signedDoc) string {
			clone := withOtherIDs(part(d.whole, "xades:QualifyingProperties"))
			return d.inSignature("<ds:Object>" + strings.Replace(clone, "SigningTime>2", "SigningTime>1", 1) + "</ds:Object>")
		}},
		{"cloned QualifyingProperties first", func(d signedDoc) string {
			clone := withOtherIDs(part(d.whole, "xades:QualifyingProperties"))
			return d.swap("<xades:QualifyingProperties", clone+"<xades:QualifyingProperties")
		}},
		{"cloned SignedProperties beside", func(d signedDoc) string {
			return d.swap("</xades:SignedProperties>", "</xades:SignedProperties>"+withOtherIDs(part(d.whole, "xades:SignedProperties")))
		}},
		{"cloned SignedProperties before", func(d signedDoc) string {
			return d.swap("<xades:SignedProperties", withOtherIDs(part(d.whole, "xades:SignedProperties"))+"<xades:SignedProperties")
		}},
		{"SignedProperties moved, a forgery in place", func(d signedDoc) string {
			real := part(d.whole, "xades:SignedProperties")
			fake := strings.Replace(withOtherIDs(real), "SigningTime>2", "SigningTime>1", 1)
			moved := strings.Replace(real, "<xades:SignedProperties", `<xades:SignedProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"`, 1)
			return strings.Replace(strings.Replace(d.whole, real, fake, 1), "</ds:Signature>", "<ds:Object>"+moved+"</ds:Object></ds:Signature>", 1)
		}},
		{"QualifyingProperties moved out", func(d signedDoc) string {
			real := part(d.whole, "xades:QualifyingProperties")
			out := strings.Replace(d.whole, "<ds:Object>"+real+"</ds:Object>", "", 1)
			return strings.Replace(out, "</ds:Signature>", "</ds:Signature>"+real, 1)
		}},
		{"shadowed Id of the Object", func(d signedDoc) string {
			return d.swap("<ds:Object><xades:Q", `<ds:Object Id="`+attribute(part(d.whole, "xades:SignedProperties"), "Id")+`"><xades:Q`)
		}},
		{"the Id in another spelling", func(d signedDoc) string {
			return d.inSignature(`<ds:Object><e ID="` + attribute(part(d.whole, "xades:SignedProperties"), "Id") + `">` + evil + `</e></ds:Object>`)
		}},
		{"wrong Target", func(d signedDoc) string { return d.swap(`Target="#`, `Target="#x`) }},
		{"empty Target", func(d signedDoc) string { return d.swap(`Target="#`+d.id+`"`, `Target=""`) }},
		{"missing Target", func(d signedDoc) string { return d.swap(` Target="#`+d.id+`"`, ``) }},
		{"another Id of the signature", func(d signedDoc) string { return d.swap(` Id="`+d.id+`"`, ` Id="other"`) }},
		{"no Id of the signature", func(d signedDoc) string { return d.swap(` Id="`+d.id+`"`, ``) }},
		{"DataObjectFormat swapped", func(d signedDoc) string { return d.swap("<xades:MimeType>", "<xades:MimeType>"+evil) }},
		{"a DataObjectFormat more", func(d signedDoc) string {
			return d.swap("<xades:DataObjectFormat", `<xades:DataObjectFormat ObjectReference="#`+evil+`"></xades:DataObjectFormat><xades:DataObjectFormat`)
		}},
		{"signing time", func(d signedDoc) string { return d.swap("<xades:SigningTime>2", "<xades:SigningTime>1") }},
		{"no KeyInfo", func(d signedDoc) string { return d.swap(part(d.whole, "ds:KeyInfo"), "") }},
		{"two KeyInfo", func(d signedDoc) string {
			return d.swap("</ds:KeyInfo>", "</ds:KeyInfo>"+withOtherIDs(part(d.whole, "ds:KeyInfo")))
		}},
		{"two SignatureValues", func(d signedDoc) string {
			return d.swap("</ds:SignatureValue>", "</ds:SignatureValue>"+withOtherIDs(part(d.whole, "ds:SignatureValue")))
		}},
		{"references dropped", func(d signedDoc) string { return d.swap(part(d.whole, "ds:Reference"), "") }},
		{"a reference more", func(d signedDoc) string {
			return d.swap("</ds:SignedInfo>", part(d.whole, "ds:Reference")+"</ds:SignedInfo>")
		}},
		{"transforms dropped", func(d signedDoc) string { return d.swap(part(d.whole, "ds:Transforms"), "") }},
		{"no properties at all", func(d signedDoc) string {
			return d.swap("<ds:Object>"+part(d.whole, "xades:QualifyingProperties")+"</ds:Object>", "")
		}},
		{"algorithm none", func(d signedDoc) string {
			return d.swap(part(d.whole, "ds:SignatureMethod"), `<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"></ds:SignatureMethod>`)
		}},
		{"the value of another signature", func(d signedDoc) string {
			return d.swap(content(part(d.whole, "ds:SignatureValue")), content(part(d.other, "ds:SignatureValue")))
		}},
		{"the SignedInfo of another signature", func(d signedDoc) string {
			return d.swap(part(d.whole, "ds:SignedInfo"), part(d.other, "ds:SignedInfo"))
		}},
		{"grafted unsigned properties with a time stamp", func(d signedDoc) string {
			return d.swap("</xades:SignedProperties>", "</xades:SignedProperties>"+d.stamped)
		}},
		{"another's signature as a counter-signature", func(d signedDoc) string {
			return d.swap("</xades:SignedProperties>", "</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature>"+
				d.other+"</xades:CounterSignature></xades:UnsignedSignatureProperties></xades:UnsignedProperties>")
		}},
		{"a counter-signature in an Object", func(d signedDoc) string {
			return d.inSignature(`<ds:Object><xades:CounterSignature xmlns:xades="http://uri.etsi.org/01903/v1.3.2#">` + d.other + `</xades:CounterSignature></ds:Object>`)
		}},
	}
}

func content(element string) string {
	start := strings.Index(element, ">") + 1
	return element[start : start+strings.Index(element[start:], "<")]
}

func attribute(element, name string) string {
	_, after, _ := strings.Cut(element, " "+name+`="`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

// attackedForms are the signature forms that are attacked.
func attackedForms(w *world) []form {
	now := time.Now()
	return []form{
		{"enveloped", certtest.P256, xades.Profile{SigningTime: now}},
		{"enveloped inclusive", certtest.P256, xades.Profile{SigningTime: now, Canonicalization: xades.Inclusive}},
		{"by id", certtest.P256, xades.Profile{SigningTime: now, Subject: "order-1"}},
		{"as for the SRI", certtest.RSA2048, xades.Profile{SigningTime: now, Subject: "order-1", Canonicalization: xades.Inclusive,
			Legacy: true, LeafOnly: true, KeyValue: true, SignKeyInfo: true}},
		{"at a path", certtest.P256, xades.Profile{SigningTime: now, Path: "/order/ext/place", Canonicalization: xades.Inclusive11}},
		{"parallel", certtest.P256, xades.Profile{SigningTime: now, Parallel: true}},
		{"enveloping", certtest.P256, xades.Profile{SigningTime: now, Packaging: xades.Enveloping, AsXML: true}},
		{"enveloping base64", certtest.P256, xades.Profile{SigningTime: now, Packaging: xades.Enveloping}},
		{"internally detached", certtest.P256, xades.Profile{SigningTime: now, Packaging: xades.InternallyDetached}},
		{"detached", certtest.P256, xades.Profile{SigningTime: now, Packaging: xades.Detached, URI: "order.xml"}},
	}
}

func (w *world) signedDoc(t *testing.T, f form) signedDoc {
	t.Helper()
	var otherSigned, stamped bytes.Buffer
	p := f.profile
	p.SigningTime = p.SigningTime.Add(-time.Hour)
	ctx := context.Background()
	other := strings.ReplaceAll(order, honest, "another order")
	require.NoError(t, xades.Sign(ctx, &otherSigned, []byte(other), w.signers[f.kind], p))
	require.NoError(t, xades.Extend(ctx, &stamped, otherSigned.Bytes(), signing.LevelT, xades.Extension{Timestamper: w.tsa}))
	whole := string(w.sign(t, f, order))
	signature := part(whole, "ds:Signature")
	return signedDoc{whole: whole, signature: signature, id: attribute(signature, "Id"),
		other: part(otherSigned.String(), "ds:Signature"), stamped: part(stamped.String(), "xades:UnsignedProperties")}
}

// TestWrapping: whatever is moved, cloned, shadowed or grafted, the document is refused, or what is
// handed back as signed does not hold what the attacker added.
func TestWrapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, refused, excluded := 0, 0, 0
	for _, f := range attackedForms(w) {
		d := w.signedDoc(t, f)
		w.checkOwn(t, f, order, []byte(d.whole))
		for _, a := range append(contentAttacks(), structureAttacks()...) {
			forgery := a.make(d)
			if forgery == "" || forgery == d.whole {
				continue
			}
			made++
			if w.withstands(t, f, a, forgery) {
				refused++
			} else {
				excluded++
				t.Logf("excluded: %s: %s", f.name, a.name)
			}
		}
	}
	t.Logf("%d forgeries: %d refused, %d excluded from what is signed", made, refused, excluded)
	require.Greater(t, made, 700)
}

// withstands checks one forgery and reports whether it was refused.
func (w *world) withstands(t *testing.T, f form, a attack, forgery string) (refused bool) {
	t.Helper()
	v := w.validation()
	if f.profile.Packaging == xades.Detached {
		v.Detached = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(order)), nil }
	}
	report, err := xades.Validate(context.Background(), []byte(forgery), v)
	if err != nil || report.Status() != signing.StatusValid {
		return true
	}
	about := fmt.Sprintf("%s: %s", f.name, a.name)
	for _, s := range report.Signatures {
		assert.True(t, s.ProvenTime.IsZero(), "%s: a grafted time stamp proves a time", about)
		assert.NotEmpty(t, s.Signed, about)
		for _, signed := range s.Signed {
			var octets bytes.Buffer
			require.NoError(t, signed.Octets(&octets))
			assert.NotContains(t, octets.String(), evil, about)
		}
	}
	var first bytes.Buffer
	require.NoError(t, report.Signatures[0].Signed[0].Octets(&first))
	assert.Contains(t, first.String(), honest, "%s: the signed content is handed back", about)
	return false
}
