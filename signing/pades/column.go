package pades

import (
	"fmt"
	"slices"
	"strings"
)

// Wrap breaks a line at spaces into as many as the width of the canvas needs, and a word that is
// wider than the canvas wherever it must be broken.
func (c *Canvas) Wrap(l Line) []Line {
	var out []Line
	for _, text := range strings.Split(l.Text, "\n") {
		for _, part := range c.wrap(l, text) {
			out = append(out, Line{l.Face, l.Size, part})
		}
	}
	return out
}

func (c *Canvas) wrap(l Line, text string) []string {
	fits := func(s string) bool { return c.Width(Line{l.Face, l.Size, s}) <= c.area.width() }
	if fits(text) {
		return []string{text}
	}
	var out []string
	current := ""
	for _, word := range strings.Fields(text) {
		if current != "" && fits(current+" "+word) {
			current += " " + word
			continue
		}
		if current != "" {
			out = append(out, current)
		}
		for word != "" && !fits(word) { // nothing fits an area without width
			head := breakWord(word, fits)
			out, word = append(out, head), word[len(head):]
		}
		current = word
	}
	return append(out, current)
}

// breakWord returns as much of a word as fits, one character at least.
func breakWord(word string, fits func(string) bool) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && !fits(word[:next]) {
			break
		}
		end = next
	}
	return word[:end]
}

// Column draws lines below each other, wrapped, flush left and in the middle of the canvas's
// height. leading is the distance of baselines in multiples of the size. It returns false, and
// draws nothing, when the canvas is not high enough.
func (c *Canvas) Column(leading float64, lines ...Line) bool {
	if tooLong(lines) {
		return false
	}
	var wrapped []Line
	height := 0.0
	for _, l := range lines {
		for _, part := range c.Wrap(l) {
			wrapped = append(wrapped, part)
			height += leading * part.Size
		}
	}
	if height > c.area.height() {
		return false
	}
	// The letters stand in the middle of their line: they reach from a fifth of the size below the
	// baseline to three quarters above it.
	const middle = (0.75 - 0.2) / 2
	y := (c.area.height() + height) / 2
	for _, l := range wrapped {
		y -= leading * l.Size
		c.Text(0, y+(leading/2-middle)*l.Size, l)
	}
	return true
}

// reasonRoom is the word of a stamp that is too small for what it must show.
const reasonRoom = "no-room"

// Sizes that text is set in where a look leaves it open.
const (
	largestText = 10.0
	plainText   = 6.0 // below this, breaking lines is better than smaller letters
	leastText   = 2.0 // below this nobody reads it
	sizeStep    = 0.25
)

// maxText bounds the text of a stamp in octets: a page of print has as many, and setting it takes
// many attempts.
const maxText = 8 << 10

func tooLong(lines []Line) bool {
	n := 0
	for _, l := range lines {
		n += len(l.Text)
	}
	return n > maxText
}

// breaking says where lines may be broken to make text fit.
type breaking uint8

const (
	nowhere breaking = iota
	atSpaces
	anywhere
)

// fitted draws lines in the largest size at which they have room, whatever sizes they name.
func (c *Canvas) fitted(leading float64, lines []Line) error {
	if c.area.empty() {
		return refuse(reasonRoom, "the stamp has no room for text")
	}
	if tooLong(lines) {
		return refuse(reasonRoom, fmt.Sprintf("the stamp's text has more than %d octets", maxText))
	}
	for _, phase := range []struct {
		breaks breaking
		least  float64
	}{{nowhere, plainText}, {atSpaces, leastText}, {anywhere, leastText}} {
		for size := largestText; size >= phase.least; size -= sizeStep {
			resized := slices.Clone(lines)
			for i := range resized {
				resized[i].Size = size
			}
			if c.breakable(resized, phase.breaks) && c.Column(leading, resized...) {
				return nil
			}
		}
	}
	return refuse(reasonRoom, "the stamp is too small for its text")
}

// breakable reports whether lines fit the width of the canvas with those breaks.
func (c *Canvas) breakable(lines []Line, at breaking) bool {
	for _, l := range lines {
		parts := []string{l.Text}
		if at == atSpaces {
			parts = strings.Fields(l.Text)
		}
		for _, part := range parts {
			if at != anywhere && c.Width(Line{l.Face, l.Size, part}) > c.area.width() {
				return false
			}
		}
	}
	return true
}
