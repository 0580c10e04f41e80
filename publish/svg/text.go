package svg

import (
	"strings"
	"unicode"
)

// maxName bounds the name of a region, in cells.
const maxName = 56

// plain makes one printable line of a text, without blanks around it.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts the middle out of a text of more than n cells, for names of
// regions differ at either end.
func shorten(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(head(runes, n*2/3-1)) + "…" + string(tail(runes, n/3))
}

// head returns the longest start of a text that has at most n cells.
func head(runes []rune, n int) []rune {
	for i, r := range runes {
		if n -= cell(r); n < 0 {
			return runes[:i]
		}
	}
	return runes
}

// tail returns the longest end of a text that has at most n cells.
func tail(runes []rune, n int) []rune {
	for i := len(runes) - 1; i >= 0; i-- {
		if n -= cell(runes[i]); n < 0 {
			return runes[i+1:]
		}
	}
	return runes
}

// cells returns about how wide a text is: a Latin letter has one cell.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cell(r)
	}
	return n
}

// cell is 2 for the scripts that are set in squares, and those after them.
func cell(r rune) int {
	if r >= 0x1100 && !(r >= 0x2000 && r < 0x2E80) {
		return 2
	}
	return 1
}

// textWidth returns about how wide a text is in a sans-serif font of a size.
// It is rather too much than too little.
func textWidth(s string, size float64) float64 {
	ems := 0.0
	for _, r := range s {
		switch {
		case cell(r) == 2:
			ems += 1.1
		case unicode.IsUpper(r) || strings.ContainsRune("mw%@_±…—", r):
			ems += 0.76
		default:
			ems += 0.58
		}
	}
	return ems * size
}

// wrap puts words of size 10 into as few lines as have room for them. A word
// longer than a line has one of its own.
func wrap(words []string, room float64) []string {
	var lines []string
	for _, w := range words {
		if last := len(lines) - 1; last >= 0 && textWidth(lines[last]+" "+w, 10) <= room {
			lines[last] += " " + w
		} else {
			lines = append(lines, w)
		}
	}
	return lines
}

// symbol parts the symbols of Innis et al. into letter and subscript. Other
// words have no subscript.
func symbol(word string) (letter, sub string) {
	switch word {
	case "BPND", "BPnd":
		return "BP", "ND"
	case "VT", "VS", "VND", "R1", "K1", "Ki", "k2", "k3", "k4", "k2a", "vB":
		return word[:1], word[1:]
	case "k2prime", "k2′":
		return "k′", "2"
	}
	return word, ""
}
