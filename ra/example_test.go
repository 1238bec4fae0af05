package ra_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/rubrica/rubrica/ra"
)

// Judge an upload while it arrives, and tell the applicant in his language.
func ExampleInspect() {
	want := ra.Requirement{Kind: "cedula", MaxBytes: 2 << 20, Types: []ra.MediaType{ra.TypePDF}}
	upload := ra.Submission{Name: "cedula.pdf", Content: strings.NewReader("\x89PNG\r\n\x1a\n…")}
	_, _, err := ra.Inspect(upload, want, time.Now())
	for _, sentence := range ra.NewCatalogue("es", nil).Explain(err) {
		fmt.Println(sentence)
	}
	// Output:
	// El archivo «copia de la cédula» no sirve: su nombre termina en «.pdf» pero por su contenido es PNG. Se acepta: PDF. Guárdelo o expórtelo en ese formato; cambiar el nombre no basta.
}
