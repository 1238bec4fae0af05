package demo

import (
	"embed"
	"strings"
)

//go:embed texts
var textFiles embed.FS

// texts are what the demonstration says, by language and key: the same keys in each.
var texts = map[string]map[string]string{"es": readTexts("es"), "en": readTexts("en")}

func readTexts(language string) map[string]string {
	file, err := textFiles.ReadFile("texts/" + language + ".txt")
	if err != nil {
		panic("demo: " + err.Error()) // not built in
	}
	out := map[string]string{}
	for line := range strings.Lines(string(file)) {
		key, text, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok && !strings.HasPrefix(key, "#") {
			out[key] = text
		}
	}
	return out
}

// commands are what a reader may type in the folder.
const commands = `openssl verify -crl_check -CAfile certificados/raiz.pem \
    -untrusted certificados/subordinada.pem -CRLfile certificados/crl.pem \
    certificados/solicitud-1.pem
openssl verify -crl_check -CAfile certificados/raiz.pem \
    -untrusted certificados/subordinada.pem -CRLfile certificados/crl.pem \
    certificados/solicitud-2.pem
pdfsig contratos/solicitud-1-dos-firmas.pdf
xmlsec1 --verify --trusted-pem certificados/raiz.pem --untrusted-pem certificados/subordinada.pem \
    --id-attr:id factura --id-attr:Id Signature --id-attr:Id KeyInfo --id-attr:Id SignedProperties \
    facturas/solicitud-1-factura-del-suscriptor.xml
rubrica verify --trust certificados/raiz.pem --intermediate certificados/subordinada.pem \
    --crl certificados/crl.pem --crl certificados/crl-raiz.pem \
    contratos/solicitud-1-dos-firmas.pdf facturas/solicitud-1-factura-del-suscriptor.xml`
