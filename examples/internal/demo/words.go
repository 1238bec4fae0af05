package demo

// words are what the command says, by language.
var words = map[string]struct{ already, finished, clock string }{
	"es": {"Esta demostración ya está completa. Abra %s", "Listo. Abra %s", "el reloj"},
	"en": {"This demonstration is complete already. Open %s", "Done. Open %s", "the clock"},
}

// timerTitles say what a timer did.
var timerTitles = map[string]map[string]string{
	"remind": text("Pasaron 72 horas desde el envío del contrato: sale un recordatorio",
		"72 hours since the contract was sent: a reminder leaves"),
	"no-contract": text("Pasaron 120 horas desde la emisión sin contrato firmado: se ordena la revocación",
		"120 hours since the issuance without a signed contract: the revocation is ordered"),
	"lapse": text("Cumplió más de 30 días calendario: la solicitud se cancela sola",
		"More than 30 calendar days: the application lapses"),
}

// systemTitles say what the answer of an effect means.
var systemTitles = map[string]map[string]string{
	"invoiced": text("Factura numerada, firmada con el sello y archivada", "Invoice numbered, sealed and filed"),
	"issued": text("Claves generadas y certificado emitido: planificado, revisado, registrado y firmado",
		"Keys made and certificate issued: planned, linted, recorded and signed"),
	"file-delivered":     text("El archivo PKCS#12 salió en un correo", "The PKCS#12 file left in one mail"),
	"envelope-delivered": text("El Sobre de Credenciales salió en otro; los secretos se destruyen", "The credentials envelope left in another; the secrets are destroyed"),
	"contract-drawn":     text("Contrato generado en PDF", "Contract made as a PDF"),
	"revoked":            text("Certificado revocado; la nueva lista lo dice", "Certificate revoked; the new list says so"),
}

// letterTitles name the mails.
var letterTitles = map[string]map[string]string{
	"request.received":     text("Solicitud recibida", "Application received"),
	"invoice":              text("Factura, con copia al operador", "Invoice, copy to the operator"),
	"appointment":          text("Hora de la videoconferencia", "Hour of the video conference"),
	"certificate.file":     text("Archivo PKCS#12", "PKCS#12 file"),
	"credentials.envelope": text("Sobre de Credenciales", "Credentials envelope"),
	"contract.to-sign":     text("Contrato por firmar", "Contract to be signed"),
	"contract.reminder":    text("Recordatorio del contrato", "Reminder of the contract"),
	"contract.to-director": text("Contrato para la Directora", "Contract for the director"),
	"contract.copy":        text("Copia con las dos firmas", "Copy with both signatures"),
	"revoked.no-contract":  text("Aviso de revocación, con el motivo", "Notice of revocation, with the reason"),
	"request.lapsed":       text("Aviso de cancelación por tiempo", "Notice of lapse"),
}

// actorTitles name the roles in references such as operator/007.
var actorTitles = map[string]map[string]string{
	"applicant": text("solicitante", "applicant"), "operator": text("operador", "operator"),
	"finance": text("área financiera", "finance"), "director": text("Directora Provincial", "provincial director"),
	"system": text("sistema", "system"),
}

// summaries tell each application in a sentence.
var summaries = [3]map[string]string{
	text("Todo sale bien: del depósito al contrato con las dos firmas y a la primera factura electrónica de la suscriptora.",
		"All goes well: from the deposit to the contract with both signatures and the subscriber's first electronic invoice."),
	text("El contrato no llega: recordatorio a las 72 horas y, a las 120 horas de la emisión, revocación, lista y aviso.",
		"The contract does not come: a reminder after 72 hours and, 120 hours after the issuance, revocation, list and notice."),
	text("Con fallas: cada una recibe un mensaje claro y nada se pierde; al final la solicitante no vuelve y a los 30 días la solicitud se cancela.",
		"With faults: each gets a clear message and nothing is lost; in the end the applicant does not return and the application lapses after 30 days."),
}

// pageWords are the page's own texts.
var pageWords = map[string]map[string]string{
	"es": {
		"title":         "Tres solicitudes de firma electrónica",
		"lead":          "El proceso ICERT para persona natural, contado con tres solicitudes que corren a la vez: una que termina con contrato firmado, una que se revoca y una con fallas que se cancela.",
		"how":           "Los días pasaron en el reloj del motor, que termina hoy; todo lo demás es real: el mismo motor, almacén, bandeja de salida y autoridad que en producción. Las personas y sus números son inventados.",
		"applications":  "Las tres solicitudes",
		"timeline":      "Lo que pasó",
		"artefacts":     "Lo que quedó",
		"authority":     "La autoridad",
		"authorityText": "Raíz, autoridad subordinada, sello de la Entidad y certificado de función pública de la Directora. Cada certificado se planificó, se revisó, se registró y solo entonces se firmó.",
		"verify":        "Verifíquelo con programas ajenos",
		"verifyText":    "Desde esta carpeta. El primero acepta el certificado de la solicitud 1; el segundo rechaza el de la 2 por revocado.",
		"folder":        "La carpeta",
		"secrets":       "Las claves de los archivos PKCS#12 existen en un solo lugar de esta carpeta: el mensaje «Sobre de Credenciales». Ni el historial, ni la base de datos, ni esta página las contienen; los datos personales y documentos están sellados con una clave por solicitud.",
		"footer":        "Hecho con Rubrica. Los certificados de esta demostración no valen fuera de ella.",
		"mailFolder":    "Correo (Maildir: ábralo con su programa de correo)",
		"database":      "Base de datos: estados, historial, bandejas y registros sellados",
		"statement":     "Estado de cuenta del banco",
		"documents":     "Documentos sellados, por su SHA-256",
		"archived":      "Contrato archivado", "revoked": "Revocado", "lapsed": "Cancelada",
	},
	"en": {
		"title":         "Three applications for an electronic signature",
		"lead":          "ICERT's process for natural persons, told with three applications side by side: one that ends with a signed contract, one that is revoked, and one with faults that lapses.",
		"how":           "The days passed on the engine's clock, which ends today; everything else is real: the same engine, store, outbox and authority as in production. The people and their numbers are invented.",
		"applications":  "The three applications",
		"timeline":      "What happened",
		"artefacts":     "What is left",
		"authority":     "The authority",
		"authorityText": "Root, subordinate authority, the authority's seal and the director's certificate for public officers. Each certificate was planned, linted, recorded, and only then signed.",
		"verify":        "Check it with other people's programs",
		"verifyText":    "From this folder. The first accepts the certificate of application 1; the second refuses that of application 2 as revoked.",
		"folder":        "The folder",
		"secrets":       "The passwords of the PKCS#12 files exist in one place of this folder: the message with the credentials envelope. Neither history nor database nor this page hold them; personal data and documents are sealed by a key for each application.",
		"footer":        "Made with Rubrica. The certificates of this demonstration are of no value outside of it.",
		"mailFolder":    "Mail (a Maildir: open it with your mail program)",
		"database":      "Database: states, history, outbox, inbox and sealed records",
		"statement":     "The bank's statement",
		"documents":     "Sealed documents, by their SHA-256",
		"archived":      "Contract archived", "revoked": "Revoked", "lapsed": "Lapsed",
	},
}

// commands are what a reader may type in the folder.
const commands = `openssl verify -crl_check -CAfile certificados/raiz.pem -untrusted certificados/subordinada.pem \
    -CRLfile certificados/crl.pem certificados/solicitud-1.pem
openssl verify -crl_check -CAfile certificados/raiz.pem -untrusted certificados/subordinada.pem \
    -CRLfile certificados/crl.pem certificados/solicitud-2.pem
pdfsig contratos/solicitud-1-dos-firmas.pdf
xmlsec1 --verify --trusted-pem certificados/raiz.pem --untrusted-pem certificados/subordinada.pem \
    --id-attr:id factura --id-attr:Id Signature --id-attr:Id KeyInfo --id-attr:Id SignedProperties \
    facturas/solicitud-1-factura-del-suscriptor.xml
rubrica verify --trust certificados/raiz.pem --intermediate certificados/subordinada.pem \
    --crl certificados/crl.pem --crl certificados/crl-raiz.pem \
    contratos/solicitud-1-dos-firmas.pdf facturas/solicitud-1-factura-del-suscriptor.xml`
