package pades

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A sentence is said in both languages.
type sentence struct{ english, spanish string }

// A phrase is a part of a sentence that is translated too.
type phrase string

// say makes a sentence of an English format, whose translation is in words.
func say(format string, args ...any) sentence {
	args = slices.Clone(args)
	translated := make([]any, len(args))
	for i, a := range args {
		args[i] = shortened(a)
		translated[i] = args[i]
		if p, ok := a.(phrase); ok {
			translated[i] = translate(string(p))
		}
	}
	return sentence{fmt.Sprintf(format, args...), fmt.Sprintf(translate(format), translated...)}
}

const maxWord = 200 // octets of a name that is told: people give short ones

// shortened cuts names of fields and the like, which a hostile file makes as long as it wants.
func shortened(a any) any {
	cut := func(s string) string {
		if len(s) <= maxWord {
			return s
		}
		return strings.ToValidUTF8(s[:maxWord], "") + "…"
	}
	switch v := a.(type) {
	case string:
		return cut(v)
	case pdf.Name:
		return cut(string(v))
	case error:
		return cut(v.Error())
	}
	return a
}

func translate(english string) string {
	if s, ok := spanish[english]; ok {
		return s
	}
	return english
}

// and joins two sentences; an empty one adds nothing.
func (s sentence) and(more sentence) sentence {
	if more.english == "" {
		return s
	}
	return sentence{s.english + "; " + more.english, s.spanish + "; " + more.spanish}
}

// spanish is what is said about changes, in the words of a notary, by the English format.
var spanish = dictionary([][2]string{
	{"%s", "%s"},
	{"%d more changes of this kind", "otros %d cambios de esta clase"},
	{"%s in the catalog was changed: %s", "se cambió %s en el catálogo: %s"},
	{"Version in the catalog is not a version of PDF",
		"la versión que declara el catálogo no es una versión de PDF"},
	{"Version in the catalog was lowered", "se rebajó la versión que declara el catálogo"},
	{"Version in the catalog was raised", "se elevó la versión que declara el catálogo"},
	{"a revision that adds no signature or time stamp has no reason to",
		"una revisión que no añade firma ni sello de tiempo no tiene motivo para ello"},
	{"a dictionary was removed or replaced by something else",
		"se quitó un diccionario o se lo reemplazó por otra cosa"},
	{"a form field or its place on a page was removed",
		"se quitó un campo del formulario o su lugar en una página"},
	{"a form field was added that stands in no object of its own",
		"se añadió un campo de formulario que no tiene objeto propio"},
	{"a group of form fields was changed (%s)",
		"se cambió un grupo de campos del formulario (%s)"},
	{"a key stands twice in a dictionary: readers differ on what it means",
		"una clave figura dos veces en un diccionario: los programas difieren en lo que significa"},
	{"a key stands twice in the trailer: readers differ on what it means",
		"una clave figura dos veces en el final del archivo: los programas difieren en lo que significa"},
	{"a list of annotations or fields has an entry that leads to nothing",
		"una lista de anotaciones o campos tiene una entrada que no lleva a nada"},
	{"a list of annotations or fields was replaced by something else",
		"una lista de anotaciones o campos fue reemplazada por otra cosa"},
	{"a part of the document that signatures protect was changed",
		"se cambió una parte del documento que las firmas protegen"},
	{"a picture was changed that belongs to no annotation",
		"se cambió una imagen que no pertenece a ninguna anotación"},
	{"a signature was added in the field %q", "se añadió una firma en el campo %q"},
	{"a signature was changed after it was made", "se cambió una firma después de hecha"},
	{"a value cannot be read: %v", "un valor no se puede leer: %v"},
	{"a value was changed that belongs to no field of the form",
		"se cambió un valor que no pertenece a ningún campo del formulario"},
	{"a widget was added that belongs to no field of the form",
		"se añadió un recuadro que no pertenece a ningún campo del formulario"},
	{"a document time stamp was added in %q", "se añadió un sello de tiempo del documento en %q"},
	{"an action of a page was changed", "se cambió una acción de una página"},
	{"an action of the field %q was changed", "se cambió una acción del campo %q"},
	{"an action or script was changed", "se cambió una acción o un guion"},
	{"an annotation of kind %q was added", "se añadió una anotación de tipo %q"},
	{"an annotation of kind %q was added, which may cover what was signed",
		"se añadió una anotación de tipo %q, que puede tapar lo que se firmó"},
	{"an annotation of kind %q was changed", "se cambió una anotación de tipo %q"},
	{"an annotation was removed", "se quitó una anotación"},
	{"an annotation was turned into a form field",
		"una anotación fue convertida en campo de formulario"},
	{"an annotation with an action was added", "se añadió una anotación con una acción"},
	{"an empty signature field %q was added", "se añadió un campo de firma vacío %q"},
	{"annotations are not permitted", "no se permiten anotaciones"},
	{"annotations were put in another order", "se puso las anotaciones en otro orden"},
	{"attachments, scripts or other named things",
		"archivos adjuntos, guiones u otras cosas con nombre"},
	{"comments behind the end of the document, which mean nothing",
		"comentarios después del final del documento, que no significan nada"},
	{"developer extensions in the catalog were changed or removed",
		"se cambiaron o quitaron extensiones declaradas en el catálogo"},
	{"developer extensions were added to the catalog", "se declararon extensiones en el catálogo"},
	{"evidence was added for long-term validation",
		"se añadieron pruebas para la validación a largo plazo"},
	{"evidence was removed", "se quitaron pruebas"},
	{"evidence was replaced by something else", "se reemplazaron pruebas por otra cosa"},
	{"how the fields are drawn was changed (%s)", "se cambió cómo se dibujan los campos (%s)"},
	{"how the fields are drawn was changed (NeedAppearances)",
		"se cambió cómo se dibujan los campos (NeedAppearances)"},
	{"it is part of what was signed", "es parte de lo firmado"},
	{"layers can be shown or hidden", "hay capas que se pueden mostrar u ocultar"},
	{"octets at offset %d belong to no object of the document",
		"los octetos en la posición %d no pertenecen a ningún objeto del documento"},
	{"octets behind the end of the document, at offset %d",
		"hay octetos después del final del documento, en la posición %d"},
	{"pages were added, removed or moved (%s)", "se añadieron, quitaron o movieron páginas (%s)"},
	{"resources for filling in forms were added",
		"se añadieron recursos para llenar el formulario"},
	{"resources for filling in forms were changed",
		"se cambiaron recursos para llenar el formulario"},
	{"resources for pictures of signatures were replaced, which no earlier picture uses",
		"se reemplazaron recursos para las imágenes de firmas, que ninguna imagen anterior usa"},
	{"something runs when the document is opened", "algo se ejecuta al abrir el documento"},
	{"the certification permits no changes", "la certificación no permite cambios"},
	{"the cross-references give two places for the object: readers differ on which counts",
		"las referencias cruzadas dan dos lugares para el objeto: los programas difieren en cuál vale"},
	{"the date of a page was changed", "se cambió la fecha de una página"},
	{"the document got another catalog", "el documento recibió otro catálogo"},
	{"the document got another information dictionary",
		"el documento recibió otros datos de título, autor o fechas"},
	{"the document got other pages", "el documento recibió otras páginas"},
	{"the encryption of the document was changed", "se cambió el cifrado del documento"},
	{"the end of the document cannot be read: %v", "el final del documento no se puede leer: %v"},
	{"the field %q shows a signature that was there before",
		"el campo %q muestra una firma que ya estaba"},
	{"the field %q was changed (%s)", "se cambió el campo %q (%s)"},
	{"the field %q was filled in", "se llenó el campo %q"},
	{"the field %q was given a value that is no signature",
		"el campo %q recibió un valor que no es una firma"},
	{"the field %q was given something that it cannot have (%s)",
		"el campo %q recibió algo que no puede tener (%s)"},
	{"the picture of the field %q was removed", "se quitó la imagen del campo %q"},
	{"an annotation of kind %q was added whose picture is none",
		"se añadió una anotación de tipo %q cuya imagen no es tal"},
	{"the field %q was made read-only", "el campo %q quedó como solo de lectura"},
	{"the field %q was added with an action or layer",
		"se añadió el campo %q con una acción o una capa"},
	{"the signature field %q has a picture, which may cover what was signed",
		"el campo de firma %q tiene una imagen, que puede tapar lo que se firmó"},
	{"the fields are to be drawn anew, and the field %q would show something else",
		"los campos se dibujarán de nuevo, y el campo %q mostraría otra cosa"},
	{"the field %q was moved", "se movió el campo %q"},
	{"the fields below a new field cannot be read",
		"no se pueden leer los campos que contiene un campo nuevo"},
	{"the flags of the form were changed (SigFlags)",
		"se cambiaron las marcas del formulario (SigFlags)"},
	{"the form field %q was added", "se añadió el campo %q al formulario"},
	{"the form field %q was renamed, moved or removed",
		"el campo %q fue renombrado, movido o quitado"},
	{"the form was changed (%s)", "se cambió el formulario (%s)"},
	{"the identifier of the document was changed", "se cambió el identificador del documento"},
	{"the information dictionary was removed", "se quitaron los datos de título, autor y fechas"},
	{"the logical structure", "la estructura lógica"},
	{"the logical structure of the document was changed",
		"se cambió la estructura lógica del documento"},
	{"the look of the signature in %q was changed", "se cambió el aspecto de la firma en %q"},
	{"the metadata of the document was changed", "se cambiaron los metadatos del documento"},
	{"the metadata was removed", "se quitaron los metadatos"},
	{"the metadata was replaced by something else", "se reemplazaron los metadatos por otra cosa"},
	{"the object cannot be read: %v", "el objeto no se puede leer: %v"},
	{"the object could not be read before: %v", "el objeto no se podía leer antes: %v"},
	{"the object was replaced under another generation number",
		"se reemplazó el objeto con otro número de generación"},
	{"the order of the fields of a page was changed",
		"se cambió el orden de los campos de una página"},
	{"the permissions of the document", "los permisos del documento"},
	{"the picture of an annotation was changed", "se cambió la imagen de una anotación"},
	{"the picture of an annotation was removed", "se quitó la imagen de una anotación"},
	{"the picture of the field %q was changed", "se cambió la imagen del campo %q"},
	{"the picture of the field %q was changed, its value was not",
		"se cambió la imagen del campo %q, pero no su valor"},
	{"the revision cannot be read as a whole: %v",
		"la revisión no se puede leer por completo: %v"},
	{"the Size in the trailer hides objects that there are, or shows such as were hidden",
		"el tamaño (Size) declarado al final del archivo oculta objetos que existen, o muestra otros que estaban ocultos"},
	{"the object was changed, and what leads to it cannot be told: other objects cannot be read",
		"se cambió el objeto, y no se puede saber qué conduce a él: otros objetos no se pueden leer"},
	{"the marks of the field %q were changed, which say nothing about what it shows",
		"se cambiaron las marcas del campo %q, que no dicen nada de lo que muestra"},
	{"the fields of the form were put in another order",
		"se puso los campos del formulario en otro orden"},
	{"the signature field %q has a picture, although nobody has signed in it",
		"el campo de firma %q muestra una imagen, aunque nadie ha firmado en él"},
	{"the picture of the empty signature field %q was changed",
		"se cambió la imagen del campo de firma vacío %q"},
	{"the signature field %q was put on a page", "el campo de firma %q fue puesto en una página"},
	{"the signature in %q was removed or replaced", "la firma en %q fue quitada o reemplazada"},
	{"the signature locks the field %q", "la firma bloquea el campo %q"},
	{"the value of the signature field %q was changed",
		"se cambió el valor del campo de firma %q"},
	{"title, author or dates of the document were changed",
		"se cambiaron el título, el autor o las fechas del documento"},
	{"what a page shows was changed (%s)", "se cambió lo que muestra una página (%s)"},
	{"what an annotation of kind %q does was changed",
		"se cambió lo que hace una anotación de tipo %q"},
	{"what the pages show was changed", "se cambió lo que muestran las páginas"},
	{"what the signature permits cannot be read", "no se puede leer lo que la firma permite"},
})

func dictionary(pairs [][2]string) map[string]string {
	out := make(map[string]string, len(pairs))
	for _, p := range pairs {
		out[p[0]] = p[1]
	}
	return out
}
