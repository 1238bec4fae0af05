package icert_test

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

// The policy of each kind of certificate and container, as ICERT publishes them.
func TestPoliciesAreICERTs(t *testing.T) {
	t.Parallel()
	const arc = "1.3.6.1.4.1.43745.1.2."
	containers := map[icert.Container]string{
		"": "2.1", icert.File: "2.1", icert.Token: "1.1", icert.Remote: "1.2", icert.HSM: "1.3",
	}
	for container, last := range containers {
		want := map[string]string{
			icert.NaturalPerson: arc + "1.1." + last, icert.PublicFunction: arc + "1.3." + last,
			icert.CompanyMember: arc + "1.4." + last, icert.TimeStamp: arc + "4.1.1.3",
		}
		switch container {
		case icert.Remote:
			want[icert.Seal] = arc + "2.1.1.2"
		case "", icert.File:
			want[icert.Seal] = arc + "2.1.2.1"
		}
		data, err := icert.Data(
			icert.Config{Container: container, CPS: "http://ca.example/dpc.pdf"})
		require.NoError(t, err)
		got := map[string]string{}
		for _, p := range data {
			switch p.Name {
			case icert.Root, icert.OCSPResponder:
				require.Empty(t, p.Policies)
			case icert.Subordinate:
				require.Equal(t, "2.5.29.32.0", p.Policies[0].OID)
			default:
				require.Len(t, p.Policies, 1)
				require.Equal(t, "http://ca.example/dpc.pdf", p.Policies[0].CPS)
				got[p.Name] = p.Policies[0].OID
			}
		}
		require.Equal(t, want, got, container)
	}
	_, err := icert.Data(icert.Config{Container: "caja"})
	require.Error(t, err)
	_, err = icert.Profiles(icert.Config{Generation: 9})
	require.Error(t, err)
}

// holder is nobody, with every field filled.
func holder() certificate.Subject {
	return certificate.Subject{
		Document: "0100000009", GivenNames: "NADIE IMAGINARIA", FirstSurname: "ÑANDÚ", SecondSurname: "PÉREZ",
		Title: "DIRECTORA", Institution: "INSTITUCIÓN", Address: "CALLE UNO", Phone: "022000000", City: "QUITO",
		Organization: "COMPAÑÍA S.A.", RUC: "0100000009001", Country: "EC", CertificateType: "PRUEBA",
		Container: "ARCHIVO", RUP: "7", Profession: "ABOGADA", Department: "PRUEBAS", Email: "nadie@example.org",
	}
}

func issue(
	t *testing.T, generation icert.Generation, name string, subject certificate.Subject,
) *x509.Certificate {
	t.Helper()
	profiles, err := icert.Profiles(icert.Config{Generation: generation})
	require.NoError(t, err)
	c := certificate.AuthorityConfig{
		Key: certtest.Key(t, certtest.P256, "icert root"), Ledger: &certificate.MemoryLedger{},
		Profiles: profiles, Clock: time.Now,
	}
	c.Certificate, err = certificate.IssueRoot(t.Context(), c, certificate.Request{
		ID: "root", Profile: icert.Root, Subject: certificate.Subject{CommonName: "PRUEBA", Country: "EC"},
	})
	require.NoError(t, err)
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	planned, err := a.Plan(t.Context(), certificate.Request{
		ID: "x", Profile: name, PublicKey: certtest.Key(t, certtest.RSA2048, "icert holder").Public(), Subject: subject,
	})
	require.NoError(t, err)
	cert, err := a.Issue(t.Context(), planned)
	require.NoError(t, err)
	return cert
}

// otherNames reads the otherNames of UTF8Strings in SubjectAltName with another decoder than ours.
func otherNames(t *testing.T, cert *x509.Certificate) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, e := range cert.Extensions {
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			continue
		}
		var names []asn1.RawValue
		_, err := asn1.Unmarshal(e.Value, &names)
		require.NoError(t, err)
		for _, n := range names {
			if n.Tag != 0 {
				continue
			}
			var other struct {
				OID   asn1.ObjectIdentifier
				Value asn1.RawValue // [0] EXPLICIT
			}
			_, err := asn1.UnmarshalWithParams(n.FullBytes, &other, "tag:0")
			require.NoError(t, err)
			var text asn1.RawValue
			_, err = asn1.Unmarshal(other.Value.Bytes, &text)
			require.NoError(t, err)
			require.Equal(t, asn1.TagUTF8String, text.Tag)
			got[strings.TrimPrefix(other.OID.String(), icert.Arc+".")] = string(text.Bytes)
		}
	}
	return got
}

func TestTheOldGenerationWritesOtherNames(t *testing.T) {
	t.Parallel()
	cert := issue(t, icert.Ext, icert.CompanyMember, holder())
	require.Equal(t, map[string]string{
		"1": "0100000009", "2": "NADIE IMAGINARIA", "3": "ÑANDÚ", "4": "PÉREZ", "5": "DIRECTORA", "6": "INSTITUCIÓN",
		"7": "CALLE UNO", "8": "022000000", "9": "QUITO", "10": "COMPAÑÍA S.A.", "11": "0100000009001", "12": "EC",
		"50": "PRUEBA", "51": "ARCHIVO", "52": "7", "53": "ABOGADA", "54": "PRUEBAS",
	}, otherNames(t, cert))
	require.Equal(t, []string{"nadie@example.org"}, cert.EmailAddresses)
	require.Equal(t, "NADIE IMAGINARIA ÑANDÚ PÉREZ", cert.Subject.CommonName)
	require.Equal(t,
		x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment|x509.KeyUsageKeyEncipherment,
		cert.KeyUsage)
}

func TestTheNewGenerationWritesTheSubject(t *testing.T) {
	t.Parallel()
	cert := issue(t, icert.Subj, icert.CompanyMember, holder())
	require.Empty(t, otherNames(t, cert))
	got := map[string]string{}
	for _, a := range cert.Subject.Names {
		got[a.Type.String()] = a.Value.(string)
	}
	require.Equal(t, map[string]string{
		"2.5.4.3": "NADIE IMAGINARIA ÑANDÚ PÉREZ", "2.5.4.5": "0100000009", "2.5.4.4": "ÑANDÚ PÉREZ",
		"2.5.4.42": "NADIE IMAGINARIA", "2.5.4.6": "EC", "2.5.4.7": "QUITO", "2.5.4.97": "VATEC-0100000009001",
		"2.5.4.10": "COMPAÑÍA S.A.", "2.5.4.11": "PRUEBAS", "2.5.4.12": "DIRECTORA",
	}, got)
}

func TestServiceProfiles(t *testing.T) {
	t.Parallel()
	service := certificate.Subject{CommonName: "SERVICIO", Country: "EC"}
	stamp := issue(t, icert.Ext, icert.TimeStamp, service)
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, stamp.ExtKeyUsage)
	responder := issue(t, icert.Ext, icert.OCSPResponder, service)
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, responder.ExtKeyUsage)
	noCheck := false
	for _, e := range responder.Extensions {
		noCheck = noCheck || e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5})
	}
	require.True(t, noCheck)
	require.WithinDuration(t, time.Now().AddDate(0, 3, 0), responder.NotAfter, 48*time.Hour)
}
