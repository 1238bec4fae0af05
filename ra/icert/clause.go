package icert

import (
	"github.com/rubrica/rubrica/ra"
)

var ordinals = []string{"Primera", "Segunda", "Tercera", "Cuarta", "Quinta", "Sexta", "Séptima",
	"Octava", "Novena", "Décima"}

// clauses are heading and text of each clause.
func clauses(d ra.ContractData) [][2]string {
	deadline := ra.LongDate(d.Deadline, "es") + " a las " + d.Deadline.Format("15:04")
	return [][2]string{
		{"Antecedentes", "El Suscriptor solicitó a la Entidad un certificado de firma electrónica de persona " +
			"natural, pagó su valor y acreditó su identidad en videoconferencia ante un operador de la Entidad. " +
			"La Ley de Comercio Electrónico, Firmas Electrónicas y Mensajes de Datos y su reglamento rigen este " +
			"contrato."},
		{"Objeto", "La Entidad emite a favor del Suscriptor el certificado que se identifica arriba y presta los " +
			"servicios de certificación relacionados: publicación de su estado, suspensión, revocación y atención " +
			"de consultas, según su declaración de prácticas de certificación, que el Suscriptor declara conocer."},
		{"Entrega", "El certificado y su clave privada se entregan en un archivo PKCS#12 enviado al correo " +
			"electrónico del Suscriptor; la clave de ese archivo consta en el Sobre de Credenciales n.º " + d.Envelope +
			", enviado en un mensaje distinto. La Entidad no conserva copia del archivo ni de su clave."},
		{"Obligaciones del Suscriptor", "El Suscriptor se obliga a usar el certificado conforme a la ley; a " +
			"custodiar con diligencia el archivo y su clave y no entregarlos a terceros; a comunicar de inmediato su " +
			"pérdida o cualquier riesgo de uso indebido para que el certificado sea revocado; y a responder por la " +
			"exactitud de los datos que declaró. Responde por los actos firmados con su clave privada mientras el " +
			"certificado no haya sido revocado."},
		{"Obligaciones de la Entidad", "La Entidad se obliga a verificar la identidad del Suscriptor; a emitir el " +
			"certificado con datos que correspondan a los acreditados; a mantener actualizada y accesible la lista " +
			"de certificados revocados; a atender sin demora los pedidos de revocación; y a proteger los datos " +
			"personales del Suscriptor, que usa solo para prestar este servicio."},
		{"Efectos de la firma", "La firma electrónica tiene igual validez y se le reconocen los mismos efectos " +
			"jurídicos que a una firma manuscrita en relación con los datos consignados en documentos escritos, y es " +
			"admitida como prueba en juicio."},
		{"Plazo y terminación", "El contrato dura lo que la vigencia del certificado. Termina antes por revocación " +
			"del certificado, a pedido del Suscriptor, por su fallecimiento o incapacidad, por cese de la Entidad o " +
			"por incumplimiento de las obligaciones aquí previstas."},
		{"Firma de este contrato", "El Suscriptor firma este contrato electrónicamente con el certificado emitido y " +
			"lo devuelve a la Entidad dentro de las 120 horas posteriores a la emisión, esto es, hasta el " + deadline +
			". Si no lo hace, la Entidad revoca el certificado y el Suscriptor debe pagar y solicitar uno nuevo. " +
			"Firma luego el Director Provincial."},
		{"Controversias", "Las partes procuran resolver sus diferencias de forma directa y, si no lo logran, se " +
			"someten a mediación y, en su falta, a los jueces competentes del domicilio de la Entidad."},
		{"Aceptación", "Las partes leyeron este contrato, lo entienden y lo aceptan en todas sus cláusulas; en " +
			"constancia lo firman electrónicamente."},
	}
}
