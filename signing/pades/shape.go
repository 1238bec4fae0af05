package pades

import (
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// What is written where a change is allowed must be what belongs there: readers do unforeseen
// things with anything else.

// isFormXObject reports whether a value leads to a picture: a form XObject (8.10).
func isFormXObject(v *pdf.View, o pdf.Object) bool {
	value, err := v.Resolve(o)
	s, ok := value.(*pdf.Stream)
	return err == nil && ok && v.NameOf(s.Dict, "Subtype") == "Form" &&
		!s.Dict.Has("Ref") && !s.Dict.Has("F")
}

// isAppearance reports whether a value is an appearance dictionary (table 170): its entries are
// pictures, or dictionaries of pictures by state.
func isAppearance(v *pdf.View, o pdf.Object) bool {
	value, err := v.Resolve(o)
	d, ok := value.(*pdf.Dict)
	if err != nil || !ok || d.Repeated {
		return false
	}
	for key, entry := range d.All {
		if key != "N" && key != "R" && key != "D" {
			return false
		}
		states, err := v.Resolve(entry)
		byState, isDict := states.(*pdf.Dict)
		if err != nil || !isDict {
			if !isFormXObject(v, entry) {
				return false
			}
			continue
		}
		for _, picture := range byState.All {
			if !isFormXObject(v, picture) {
				return false
			}
		}
	}
	return true
}

// isFieldValue reports whether a value is one that a field of that kind may have (12.7.5).
func isFieldValue(v *pdf.View, kind pdf.Name, o pdf.Object) bool {
	value, err := v.Resolve(o)
	if err != nil {
		return false
	}
	switch x := value.(type) {
	case nil:
		return true
	case pdf.Name:
		return kind == "Btn"
	case pdf.String:
		return kind == "Tx" || kind == "Ch" || kind == "Btn"
	case *pdf.Stream:
		return kind == "Tx"
	case pdf.Array:
		return kind == "Ch" && allStrings(v, x)
	}
	return false
}

func allStrings(v *pdf.View, a pdf.Array) bool {
	for _, o := range a {
		value, err := v.Resolve(o)
		if _, ok := value.(pdf.String); err != nil || !ok {
			return false
		}
	}
	return true
}

// isFilling reports whether a value is one that the key of a field takes (tables 166, 170, 228 to
// 235).
func isFilling(v *pdf.View, key, kind pdf.Name, o pdf.Object) bool {
	value, err := v.Resolve(o)
	if err != nil {
		return false
	}
	switch key {
	case "V":
		return isFieldValue(v, kind, o)
	case "AP":
		d, _ := value.(*pdf.Dict)
		return d.Has("N") && isAppearance(v, o)
	case "AS":
		_, ok := value.(pdf.Name)
		return ok
	case "RV":
		_, isStream := value.(*pdf.Stream)
		_, isString := value.(pdf.String)
		return value == nil || isStream || isString
	case "M":
		_, ok := value.(pdf.String)
		return ok
	case "TI":
		_, ok := value.(pdf.Integer)
		return value == nil || ok
	case "I":
		a, ok := value.(pdf.Array)
		for _, item := range a {
			if _, isInteger := item.(pdf.Integer); !isInteger {
				return false
			}
		}
		return value == nil || ok
	}
	return false
}

// isDate reports whether a value is a date (7.9.4).
func isDate(o pdf.Object) bool {
	_, ok := parseDate(o)
	return ok
}

// isTabs reports whether a value is an order of fields (table 31).
func isTabs(o pdf.Object) bool {
	switch o {
	case nil, pdf.Name("R"), pdf.Name("C"), pdf.Name("S"), pdf.Name("A"), pdf.Name("W"):
		return true
	}
	return false
}

// isExtension reports whether a value is a developer extension, or a list of them (table 49).
func isExtension(v *pdf.View, o pdf.Object) bool {
	value, err := v.Resolve(o)
	if err != nil {
		return false
	}
	switch x := value.(type) {
	case *pdf.Dict:
		return v.NameOf(x, "BaseVersion") != ""
	case pdf.Array:
		for _, item := range x {
			if d, err := v.Dict(item); err != nil || v.NameOf(d, "BaseVersion") == "" {
				return false
			}
		}
		return len(x) > 0
	}
	return false
}

// isStore reports whether a value is a document security store (table 261).
func isStore(v *pdf.View, o pdf.Object) bool {
	d, ok := o.(*pdf.Dict)
	if !ok || d.Repeated || d.Has("Type") && v.NameOf(d, "Type") != "DSS" {
		return false
	}
	for key, value := range d.All {
		resolved, err := v.Resolve(value)
		_, isArray := resolved.(pdf.Array)
		_, isDict := resolved.(*pdf.Dict)
		switch {
		case err != nil:
			return false
		case key == "Certs" || key == "CRLs" || key == "OCSPs":
			if !isArray {
				return false
			}
		case key == "VRI":
			if !isDict {
				return false
			}
		}
	}
	return true
}
