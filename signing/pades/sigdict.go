package pades

import (
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

func (f Form) subFilter() pdf.Name {
	if f == FormISO32000 {
		return "adbe.pkcs7.detached"
	}
	return "ETSI.CAdES.detached"
}

// signatureDict makes the signature dictionary (table 255; EN 319 142-1, 5.3).
func signatureDict(p *Profile, g *gap, references pdf.Array) *pdf.Dict {
	d := pdf.NewDict("Type", pdf.Name("Sig"), "Filter", pdf.Name("Adobe.PPKLite"),
		"SubFilter", p.Form.subFilter(), "ByteRange", g.ranges, "Contents", g.contents,
		"M", dateString(p.Time))
	for _, entry := range []struct {
		key   pdf.Name
		value string
	}{{"Name", p.Name}, {"Reason", p.Reason}, {"Location", p.Location}, {"ContactInfo", p.Contact}} {
		if entry.value != "" {
			d.Set(entry.key, textString(entry.value))
		}
	}
	if len(references) > 0 {
		d.Set("Reference", references)
	}
	if p.Application != "" {
		d.Set("Prop_Build", pdf.NewDict("App", pdf.NewDict("Name", pdf.Name(p.Application))))
	}
	return d
}

// docMDPReference is the reference of a certification signature (12.8.2.2).
func docMDPReference(p Permission) *pdf.Dict {
	return pdf.NewDict("Type", pdf.Name("SigRef"), "TransformMethod", pdf.Name("DocMDP"),
		"TransformParams", pdf.NewDict("Type", pdf.Name("TransformParams"),
			"P", pdf.Integer(p), "V", pdf.Name("1.2")))
}

// fieldMDPReference is the reference of a signature that locks fields (12.8.2.4).
func fieldMDPReference(l *Lock, catalog pdf.Object) *pdf.Dict {
	params := pdf.NewDict("Type", pdf.Name("TransformParams"), "Action", pdf.Name(l.Action.String()),
		"V", pdf.Name("1.2"))
	if l.Action != LockAll {
		params.Set("Fields", l.names())
	}
	return pdf.NewDict("Type", pdf.Name("SigRef"), "TransformMethod", pdf.Name("FieldMDP"),
		"TransformParams", params, "Data", catalog)
}

func (l *Lock) names() pdf.Array {
	names := make(pdf.Array, len(l.Fields))
	for i, n := range l.Fields {
		names[i] = textString(n)
	}
	return names
}

// lockDict is the lock dictionary of a field (table 236).
func lockDict(l *Lock) *pdf.Dict {
	d := pdf.NewDict("Type", pdf.Name("SigFieldLock"), "Action", pdf.Name(l.Action.String()))
	if l.Action != LockAll {
		d.Set("Fields", l.names())
	}
	return d
}
