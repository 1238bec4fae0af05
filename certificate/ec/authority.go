package ec

import "strings"

// Authorities of Ecuador write who holds a certificate in one of three places.
type place uint8

const (
	inExtensions place = iota + 1 // an extension <arc>.N for each field
	inAltName                     // an otherName <arc>.N for each field, in subjectAltName
)

// Generations of certificates, as Identity.Generation names them.
const (
	// Extensions is the legacy generation with fields in extensions under the authority's arc.
	Extensions = "extensions"
	// AltName is the same with the fields in subjectAltName.
	AltName = "subjectAltName"
	// Subject is the generation of resolution ARCOTEL-2024-0176: everything in the subject's name.
	Subject = "subject"
)

// field is what a number under an arc says.
type field uint8

const (
	noField field = iota
	fieldDocument
	fieldCedula
	fieldPassport
	fieldNames
	fieldSurname
	fieldSecondName
	fieldPosition
	fieldInstitution
	fieldAddress
	fieldTelephone
	fieldCity
	fieldOrganization
	fieldRUC
	fieldCountry
	fieldContainer
	fieldRUP
	fieldProfession
	fieldDepartment
	fieldRepresentative
)

// common is the numbering that all but one authority share: 1 to 12.
var common = map[uint]field{1: fieldDocument, 2: fieldNames, 3: fieldSurname, 4: fieldSecondName,
	5: fieldPosition, 6: fieldInstitution, 7: fieldAddress, 8: fieldTelephone, 9: fieldCity,
	10: fieldOrganization, 11: fieldRUC, 12: fieldCountry}

// arc is where one authority's legacy generation keeps the fields.
type arc struct {
	oid    string
	place  place
	fields map[uint]field // beside or, with own, instead of the common ones
	own    bool
}

// authority is one accredited entity: how it signs itself, where its fields are, and what its
// policy identifiers say of the kind of certificate.
type authority struct {
	name     string
	issuers  []string // found in the issuer's O, in capitals without accents
	arcs     []arc
	policies []policy
}

// policy is a policy identifier, or with a final dot all below it.
type policy struct {
	oid     string
	kind    string
	subject bool // of the generation whose fields are in the subject's name
}

// Kinds of certificates, as Identity.Kind names them.
const (
	KindNatural        = "persona natural"
	KindLegal          = "persona jurídica"
	KindPublicServant  = "funcionario público"
	KindMember         = "miembro de empresa"
	KindRepresentative = "representante legal"
	KindProfessional   = "profesional"
	KindSeal           = "sello electrónico"
	KindDepartment     = "departamento"
	KindTimestamp      = "sellado de tiempo"
)

const enterprise = "1.3.6.1.4.1."

// shared is the pattern of policy identifiers that most entities follow since 2024.
func shared(number string) []policy {
	base := enterprise + number
	return []policy{
		{base + ".2.1.", KindNatural, true}, {base + ".2.2.", KindMember, true},
		{base + ".2.3.", KindRepresentative, true}, {base + ".102.2.4.", KindSeal, true},
		{base + ".102.2.5.1", KindTimestamp, true},
	}
}

func legacy(number string) []arc { return []arc{{oid: enterprise + number, place: inExtensions}} }

// authorities are the seventeen entities accredited in 2026.
var authorities = []authority{
	{name: "Alpha Technologies", issuers: []string{"ALPHA TECHNOLOGIES"},
		arcs: legacy("56105.3"), policies: shared("56105")},
	{name: "ANF AC", issuers: []string{"ANF "},
		arcs: []arc{
			{oid: enterprise + "37442.3", place: inExtensions, fields: map[uint]field{19: fieldContainer}},
			{oid: enterprise + "18332.3", place: inExtensions, fields: map[uint]field{19: fieldContainer}},
		}, policies: shared("37442")},
	{name: "AppFirmas", issuers: []string{"APPFIRMAS"}, policies: shared("62431")},
	{name: "Argosdata", issuers: []string{"ARGOSDATA"}, arcs: legacy("59198.3")},
	{name: "Banco Central del Ecuador", issuers: []string{"BANCO CENTRAL DEL ECUADOR"},
		arcs: []arc{{oid: enterprise + "37947.3", place: inExtensions,
			fields: map[uint]field{100: fieldContainer}}},
		policies: []policy{
			{enterprise + "37947.2.1.1", KindNatural, false},
			{enterprise + "37947.2.2.1", KindLegal, false},
			{enterprise + "37947.2.3.1", KindPublicServant, false},
			{enterprise + "37947.4.1", KindTimestamp, false},
		}},
	{name: "Consejo de la Judicatura (ICERT-EC)", issuers: []string{"CONSEJO DE LA JUDICATURA"},
		arcs: []arc{{oid: enterprise + "43745.1.3", place: inAltName, fields: map[uint]field{
			51: fieldContainer, 52: fieldRUP, 53: fieldProfession, 54: fieldDepartment}}},
		policies: []policy{
			{enterprise + "43745.1.2.1.1.", KindNatural, false},
			{enterprise + "43745.1.2.1.2.", KindLegal, false},
			{enterprise + "43745.1.2.1.3.", KindLegal, false},
			{enterprise + "43745.1.2.1.4.", KindMember, false},
			{enterprise + "43745.1.2.2.", KindSeal, false},
			{enterprise + "43745.1.2.3.", KindDepartment, false},
			{enterprise + "43745.1.2.4.", KindTimestamp, false},
		}},
	{name: "CorpNewBest", issuers: []string{"CORPNEWBEST"}, arcs: legacy("34380.3"),
		policies: shared("64849")},
	{name: "Darkcam", issuers: []string{"DARKCAM"}, policies: shared("64482")},
	{name: "Datil", issuers: []string{"DATIL"}, arcs: legacy("52643.3"), policies: shared("52643")},
	{name: "Digercic (Registro Civil)", issuers: []string{"REGISTRO CIVIL", "DIGERCIC"},
		arcs: []arc{{oid: enterprise + "55519.1.1.1.5.2", place: inExtensions, own: true,
			fields: map[uint]field{1: fieldCedula, 2: fieldPassport, 3: fieldSurname, 4: fieldRUC}}}},
	{name: "Eclipsoft", issuers: []string{"ECLIPSOFT"}, arcs: legacy("57153.102.3")},
	{name: "FirmaSegura", issuers: []string{"FIRMASEGURA"}, arcs: legacy("61305.3"),
		policies: shared("61305")},
	{name: "Lazzate", issuers: []string{"LAZZATE"}, arcs: legacy("59382.3"),
		policies: shared("59382")},
	{name: "Letmi", issuers: []string{"LETMI"}, policies: []policy{
		{enterprise + "62566.2.1.2", KindNatural, true},
		{enterprise + "62566.2.4.2", KindMember, true},
		{enterprise + "62566.2.3.2", KindRepresentative, true},
	}},
	{name: "PrimeCoreLat", issuers: []string{"PRIMECORE"}, policies: shared("63542")},
	{name: "Security Data", issuers: []string{"SECURITY DATA"},
		arcs: []arc{{oid: enterprise + "37746.3", place: inExtensions, fields: map[uint]field{
			26: fieldRepresentative, 29: fieldRUP, 30: fieldProfession}}},
		policies: []policy{
			{enterprise + "37746.2.7", KindNatural, false},
			{enterprise + "37746.2.8", KindLegal, false},
			{enterprise + "37746.2.9", KindRepresentative, false},
			{enterprise + "37746.2.10", KindMember, false},
			{enterprise + "37746.2.11", KindPublicServant, false},
			{enterprise + "37746.2.15", KindProfessional, false},
			{enterprise + "37746.2.1.", KindNatural, true},
			{enterprise + "37746.2.2.", KindMember, true},
			{enterprise + "37746.2.3.", KindRepresentative, true},
			{enterprise + "37746.102.2.4.", KindSeal, true},
			{enterprise + "37746.102.2.5.1", KindTimestamp, true},
		}},
	{name: "Uanataca", issuers: []string{"UANATACA"}, arcs: legacy("47286.102.3"),
		policies: shared("65311")},
}

// Authorities returns the names of the accredited entities known, in alphabetical order.
func Authorities() []string {
	names := make([]string, 0, len(authorities))
	for i := range authorities {
		names = append(names, authorities[i].name)
	}
	return names
}

// CertificatePolicy is a policy identifier of an entity: it and all below it stand for the kind.
type CertificatePolicy struct{ OID, Kind string }

// Policies returns what the policy identifiers of an entity stand for, by the organisation in its
// certificates; nil when it is none of those known.
func Policies(organization string) (list []CertificatePolicy) {
	a := byIssuer(organization)
	if a == nil {
		return nil
	}
	for _, p := range a.policies {
		list = append(list, CertificatePolicy{strings.TrimSuffix(p.oid, "."), p.kind})
	}
	return list
}

func (p policy) matches(oid string) bool {
	if strings.HasSuffix(p.oid, ".") {
		return strings.HasPrefix(oid, p.oid)
	}
	return oid == p.oid || strings.HasPrefix(oid, p.oid+".")
}

// byIssuer finds the authority by the issuer's organisation.
func byIssuer(organization string) *authority {
	name := capitals(organization)
	for i := range authorities {
		for _, part := range authorities[i].issuers {
			if strings.HasPrefix(name, part) || strings.Contains(name, " "+part) {
				return &authorities[i]
			}
		}
	}
	return nil
}

// byPolicy finds the authority and the row of a policy identifier.
func byPolicy(oids []string) (*authority, *policy) {
	for i := range authorities {
		for j := range authorities[i].policies {
			for _, oid := range oids {
				if p := &authorities[i].policies[j]; p.matches(oid) {
					return &authorities[i], p
				}
			}
		}
	}
	return nil, nil
}

// capitals folds a name to capitals without accents.
func capitals(s string) string {
	return strings.NewReplacer("Á", "A", "É", "E", "Í", "I", "Ó", "O", "Ú", "U", "Ñ", "N").
		Replace(strings.ToUpper(s))
}
