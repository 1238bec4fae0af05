package ec_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec"
)

// made builds a certificate by hand: what stands in it is given to the standard library's encoder
// octet for octet.
func made(t *testing.T, issuer pkix.Name, subject pkix.Name, policy string,
	extensions ...pkix.Extension) *x509.Certificate {
	t.Helper()
	key := certtest.Key(t, certtest.P256, "identity")
	tpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: subject,
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), ExtraExtensions: extensions}
	if policy != "" {
		oid, err := x509.ParseOID(policy)
		require.NoError(t, err)
		tpl.Policies = []x509.OID{oid}
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, &x509.Certificate{Subject: issuer},
		key.Public(), key)
	require.NoError(t, err)
	c, err := certificate.Parse(der)
	require.NoError(t, err)
	return c
}

func oid(t *testing.T, text string) (id asn1.ObjectIdentifier) {
	t.Helper()
	for part := range strings.SplitSeq(text, ".") {
		var n int
		_, err := fmt.Sscan(part, &n)
		require.NoError(t, err)
		id = append(id, n)
	}
	return id
}

func org(name string) pkix.Name {
	return pkix.Name{Country: []string{"EC"}, Organization: []string{name}, CommonName: "AC " + name}
}

// The legacy generation: arcs and numbers copied from the domain's table, not from our code.
var legacyTable = []struct {
	authority, issuer, arc string
	altName                bool
	extra                  map[int]func(ec.Identity) string
}{
	{"Banco Central del Ecuador", "BANCO CENTRAL DEL ECUADOR", "1.3.6.1.4.1.37947.3", false,
		map[int]func(ec.Identity) string{100: container}},
	{"Security Data", "SECURITY DATA S.A. 2", "1.3.6.1.4.1.37746.3", false,
		map[int]func(ec.Identity) string{26: representative, 29: rup, 30: profession}},
	{"ANF AC", "ANF Autoridad de Certificación Ecuador", "1.3.6.1.4.1.37442.3", false,
		map[int]func(ec.Identity) string{19: container}},
	{"ANF AC", "ANF AC ECUADOR", "1.3.6.1.4.1.18332.3", false,
		map[int]func(ec.Identity) string{19: container}},
	{"Consejo de la Judicatura (ICERT-EC)", "CONSEJO DE LA JUDICATURA", "1.3.6.1.4.1.43745.1.3", true,
		map[int]func(ec.Identity) string{51: container, 52: rup, 53: profession, 54: department}},
	{"Uanataca", "UANATACA ECUADOR S.A.", "1.3.6.1.4.1.47286.102.3", false, nil},
	{"Eclipsoft", "ECLIPSOFT S.A.", "1.3.6.1.4.1.57153.102.3", false, nil},
	{"Datil", "DATILMEDIA S.A.", "1.3.6.1.4.1.52643.3", false, nil},
	{"Argosdata", "ARGOSDATA CA", "1.3.6.1.4.1.59198.3", false, nil},
	{"Lazzate", "LAZZATE CIA. LTDA.", "1.3.6.1.4.1.59382.3", false, nil},
	{"Alpha Technologies", "ALPHA TECHNOLOGIES CIA. LTDA.", "1.3.6.1.4.1.56105.3", false, nil},
	{"CorpNewBest", "CORPNEWBEST CIA. LTDA.", "1.3.6.1.4.1.34380.3", false, nil},
	{"FirmaSegura", "FIRMASEGURA S.A.S.", "1.3.6.1.4.1.61305.3", false, nil},
}

func container(i ec.Identity) string      { return i.Container }
func representative(i ec.Identity) string { return i.Representative }
func rup(i ec.Identity) string            { return i.RUP }
func profession(i ec.Identity) string     { return i.Profession }
func department(i ec.Identity) string     { return i.Department }

var legacyFields = []string{1: "1710034065", 2: "ANA LUCÍA", 3: "PRUEBA", 4: "EJEMPLO",
	5: "Directora", 6: "Institución de Prueba", 7: "Av. Siempre Viva 1", 8: "022222222", 9: "Quito",
	10: "EMPRESA DE PRUEBA S.A.", 11: "1790016919001", 12: "EC"}

// otherName is a GeneralName [0] with a string in its explicit [0].
func otherName(t *testing.T, id, text string) []byte {
	t.Helper()
	type other struct {
		ID    asn1.ObjectIdentifier
		Value string `asn1:"explicit,tag:0,utf8"`
	}
	der, err := asn1.MarshalWithParams(other{oid(t, id), text}, "tag:0")
	require.NoError(t, err)
	return der
}

func sequence(t *testing.T, parts ...[]byte) []byte {
	t.Helper()
	var contents []byte
	for _, p := range parts {
		contents = append(contents, p...)
	}
	der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: contents})
	require.NoError(t, err)
	return der
}

func TestHolderLegacy(t *testing.T) {
	t.Parallel()
	for _, row := range legacyTable {
		for _, form := range []string{"utf8", "printable", "ia5", "bare", "padded"} {
			if row.altName && form != "utf8" {
				continue
			}
			fields := map[int]string{}
			for n, text := range legacyFields[1:] {
				fields[n+1] = text
			}
			for n := range row.extra {
				fields[n] = fmt.Sprint("valor ", n)
			}
			var extensions []pkix.Extension
			var names [][]byte
			for n, text := range fields {
				id := fmt.Sprintf("%s.%d", row.arc, n)
				if row.altName {
					names = append(names, otherName(t, id, text))
					continue
				}
				extensions = append(extensions, pkix.Extension{Id: oid(t, id), Value: encoded(t, form, text)})
			}
			if row.altName {
				extensions = []pkix.Extension{{Id: oid(t, "2.5.29.17"), Value: sequence(t, names...)}}
			}
			subject := pkix.Name{CommonName: "ANA LUCIA PRUEBA EJEMPLO", SerialNumber: "240115093012"}
			c := made(t, org(row.issuer), subject, "", extensions...)
			got := ec.Holder(c)
			assert.Equal(t, row.authority, got.Authority, "%s %s", row.arc, form)
			want := ec.Extensions
			if row.altName {
				want = ec.AltName
			}
			assert.Equal(t, want, got.Generation)
			f := func(n int) string { return plain(form, fields[n]) }
			assert.Equal(t, [12]string{f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10),
				f(11), f(12)}, [12]string{got.Cedula, got.GivenNames, got.Surname, got.SecondName,
				got.Position, got.Institution, got.Address, got.Telephone, got.City,
				got.Organization, got.RUC, got.Country}, "%s %s", row.arc, form)
			assert.Empty(t, got.Passport)
			for n, get := range row.extra {
				assert.Equal(t, f(n), get(got), "%s.%d", row.arc, n)
			}
			assert.Equal(t, f(2)+" "+f(3)+" "+f(4), got.Name())
		}
	}
}

// encoded writes a field's value in the ways seen in the field.
func encoded(t *testing.T, form, text string) []byte {
	t.Helper()
	switch form {
	case "bare":
		return []byte(text)
	case "padded":
		der, err := asn1.MarshalWithParams(text+"  \x00", "utf8")
		require.NoError(t, err)
		return der
	case "utf8":
		der, err := asn1.MarshalWithParams(text, "utf8")
		require.NoError(t, err)
		return der
	}
	der, err := asn1.MarshalWithParams(plain(form, text), form)
	require.NoError(t, err)
	return der
}

// plain is the text as far as the string type can hold it.
func plain(form, text string) string {
	if form == "printable" || form == "ia5" {
		return strings.NewReplacer("Í", "I", "ó", "o", "Ó", "O").Replace(text)
	}
	return text
}

func TestHolderPassportAndDigercic(t *testing.T) {
	t.Parallel()
	arc := "1.3.6.1.4.1.37746.3.1"
	c := made(t, org("SECURITY DATA S.A. 1"), pkix.Name{CommonName: "X"}, "1.3.6.1.4.1.37746.2.7",
		pkix.Extension{Id: oid(t, arc), Value: encoded(t, "utf8", "AB123456")})
	got := ec.Holder(c)
	assert.Equal(t, "AB123456", got.Passport)
	assert.Empty(t, got.Cedula)
	assert.Equal(t, ec.KindNatural, got.Kind)

	base := "1.3.6.1.4.1.55519.1.1.1.5.2."
	c = made(t, org("DIRECCIÓN GENERAL DE REGISTRO CIVIL"), pkix.Name{CommonName: "X", SerialNumber: "1"}, "",
		pkix.Extension{Id: oid(t, base+"1"), Value: encoded(t, "utf8", "1710034065")},
		pkix.Extension{Id: oid(t, base+"2"), Value: encoded(t, "utf8", "P1234567")},
		pkix.Extension{Id: oid(t, base+"3"), Value: encoded(t, "utf8", "PRUEBA")},
		pkix.Extension{Id: oid(t, base+"4"), Value: encoded(t, "utf8", "1790016919001")})
	got = ec.Holder(c)
	assert.Equal(t, "Digercic (Registro Civil)", got.Authority)
	assert.Equal(t, [4]string{"1710034065", "P1234567", "PRUEBA", "1790016919001"},
		[4]string{got.Cedula, got.Passport, got.Surname, got.RUC})
	assert.Empty(t, got.GivenNames)
}

// The generation of ARCOTEL-2024-0176: policy identifiers from the domain's table.
var subjectTable = []struct{ authority, issuer, policy, kind string }{
	{"ANF AC", "ANF AC ECUADOR", "1.3.6.1.4.1.37442.2.1.1", ec.KindNatural},
	{"AppFirmas", "APPFIRMAS S.A.", "1.3.6.1.4.1.62431.2.2.1", ec.KindMember},
	{"CorpNewBest", "CORPNEWBEST", "1.3.6.1.4.1.64849.2.3.2", ec.KindRepresentative},
	{"Datil", "DATILMEDIA S.A.", "1.3.6.1.4.1.52643.102.2.4.1", ec.KindSeal},
	{"FirmaSegura", "FIRMASEGURA S.A.S.", "1.3.6.1.4.1.61305.2.1.2", ec.KindNatural},
	{"Lazzate", "LAZZATE", "1.3.6.1.4.1.59382.102.2.5.1", ec.KindTimestamp},
	{"PrimeCoreLat", "PRIMECORELAT S.A.S.", "1.3.6.1.4.1.63542.2.1.1", ec.KindNatural},
	{"Uanataca", "UANATACA ECUADOR S.A.", "1.3.6.1.4.1.65311.2.3.1", ec.KindRepresentative},
	{"Alpha Technologies", "ALPHA TECHNOLOGIES", "1.3.6.1.4.1.56105.2.2.2", ec.KindMember},
	{"Darkcam", "DARKCAM S.A.S.", "1.3.6.1.4.1.64482.2.1.1", ec.KindNatural},
	{"Letmi", "LETMI S.A.S.", "1.3.6.1.4.1.62566.2.1.2", ec.KindNatural},
	{"Letmi", "LETMI S.A.S.", "1.3.6.1.4.1.62566.2.4.2", ec.KindMember},
	{"Letmi", "LETMI S.A.S.", "1.3.6.1.4.1.62566.2.3.2", ec.KindRepresentative},
	{"Security Data", "SECURITY DATA S.A. 3", "1.3.6.1.4.1.37746.2.1.1", ec.KindNatural},
	{"Security Data", "SECURITY DATA S.A. 3", "1.3.6.1.4.1.37746.2.2.2", ec.KindMember},
	{"Security Data", "SECURITY DATA S.A. 3", "1.3.6.1.4.1.37746.102.2.4.2", ec.KindSeal},
}

func TestHolderSubject(t *testing.T) {
	t.Parallel()
	for _, row := range subjectTable {
		for _, prefix := range []string{"", "IDCEC-"} {
			subject := pkix.Name{CommonName: "ANA PRUEBA", SerialNumber: prefix + "1710034065",
				Country: []string{"EC"}, Locality: []string{"Quito"},
				Organization:       []string{"EMPRESA DE PRUEBA S.A."},
				OrganizationalUnit: []string{"Ventas"},
				ExtraNames: []pkix.AttributeTypeAndValue{
					{Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "PRUEBA EJEMPLO"},
					{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: "ANA"},
					{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATEC-1790016919001"},
					{Type: asn1.ObjectIdentifier{2, 5, 4, 12}, Value: "Gerente"},
				}}
			got := ec.Holder(made(t, org(row.issuer), subject, row.policy))
			assert.Equal(t, ec.Identity{Authority: row.authority, Generation: ec.Subject, Kind: row.kind,
				Cedula: "1710034065", RUC: "1790016919001", GivenNames: "ANA",
				Surname: "PRUEBA EJEMPLO", CommonName: "ANA PRUEBA",
				Organization: "EMPRESA DE PRUEBA S.A.", Department: "Ventas", Position: "Gerente",
				City: "Quito", Country: "EC"}, got, row.policy)
		}
	}
}

// A serial number in the subject is no cédula when the generation is not known.
func TestHolderUnknownGeneration(t *testing.T) {
	t.Parallel()
	subject := pkix.Name{CommonName: "ANA PRUEBA", SerialNumber: "1710034065"}
	for issuer, policy := range map[string]string{"SECURITY DATA S.A. 2": "1.3.6.1.4.1.37746.2.9",
		"BANCO CENTRAL DEL ECUADOR": "", "CONSEJO DE LA JUDICATURA": "1.3.6.1.4.1.43745.1.2.1.1.2.1",
		"Somebody Else": ""} {
		got := ec.Holder(made(t, org(issuer), subject, policy))
		assert.Empty(t, got.Cedula, issuer)
		assert.Equal(t, "ANA PRUEBA", got.Name())
		assert.Equal(t, issuer == "Somebody Else", got.Authority == "", issuer)
	}
}

func TestHolderKinds(t *testing.T) {
	t.Parallel()
	for policy, kind := range map[string]string{
		"1.3.6.1.4.1.37947.2.1.1": ec.KindNatural, "1.3.6.1.4.1.37947.2.2.1": ec.KindLegal,
		"1.3.6.1.4.1.37947.2.3.1": ec.KindPublicServant, "1.3.6.1.4.1.37947.4.1": ec.KindTimestamp,
		"1.3.6.1.4.1.37746.2.7": ec.KindNatural, "1.3.6.1.4.1.37746.2.8": ec.KindLegal,
		"1.3.6.1.4.1.37746.2.9": ec.KindRepresentative, "1.3.6.1.4.1.37746.2.10": ec.KindMember,
		"1.3.6.1.4.1.37746.2.11": ec.KindPublicServant, "1.3.6.1.4.1.37746.2.15": ec.KindProfessional,
		"1.3.6.1.4.1.43745.1.2.1.1.1.1": ec.KindNatural, "1.3.6.1.4.1.43745.1.2.1.2.1.2": ec.KindLegal,
		"1.3.6.1.4.1.43745.1.2.1.3.2.1": ec.KindLegal, "1.3.6.1.4.1.43745.1.2.1.4.2.1": ec.KindMember,
		"1.3.6.1.4.1.43745.1.2.2.1.1.2": ec.KindSeal, "1.3.6.1.4.1.43745.1.2.3.1.2.1": ec.KindDepartment,
		"1.3.6.1.4.1.43745.1.2.4.1.1.3": ec.KindTimestamp,
	} {
		assert.Equal(t, kind, ec.Holder(made(t, org("X"), pkix.Name{CommonName: "Y"}, policy)).Kind, policy)
	}
	assert.Len(t, ec.Authorities(), 17)
	assert.Contains(t, ec.Policies("CONSEJO DE LA JUDICATURA"),
		ec.CertificatePolicy{OID: "1.3.6.1.4.1.43745.1.2.1.1", Kind: ec.KindNatural})
	assert.Empty(t, ec.Policies("Somebody Else"))
}
