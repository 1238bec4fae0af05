package demo

// words are what the command says, by language.
var words = map[string]struct{ already, finished string }{
	"es": {"Esta demostración ya está completa. Abra %s", "Listo. Abra %s"},
	"en": {"This demonstration is complete already. Open %s", "Done. Open %s"},
}
