package dicom

import (
	"bytes"
	"strings"
	"unicode"

	"tacstream/ingest"
)

// trim removes the padding of a value.
func trim(v []byte) []byte { return bytes.Trim(v, " \x00") }

// isUID reports whether v can pass for a UID. Real ones break the standard's
// grammar, so only its length and plain ASCII are asked for.
func isUID(v []byte) bool {
	return len(v) <= 64 && bytes.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// maxText bounds texts, in bytes; the standard allows 64 characters.
const maxText = 256

// clean returns v itself where it is short printable ASCII, else without control
// characters. Of what is no text it returns nothing: a length that is wrong makes
// a text of the elements behind it, those that say who was scanned among them.
func clean(v []byte) []byte {
	plain := len(v) <= maxText
	for _, c := range v {
		plain = plain && c >= ' ' && c <= '~'
	}
	if plain {
		return v
	}
	if len(v) > maxText || bytes.ContainsFunc(v, inNoText) {
		return nil
	}
	return bytes.Map(func(r rune) rune { // makes invalid bytes U+FFFD as well
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, v)
}

// inNoText reports whether a character is in no text, not even among those that
// break lines or change the character set.
func inNoText(r rune) bool {
	const escape = 0x1b
	return r < ' ' && !strings.ContainsRune("\t\n\f\r", r) && r != escape
}

// decimals fills dst from a value of exactly as many decimal numbers, else
// with zeros, and reports whether it is one.
func decimals(v []byte, dst []float64) bool {
	for i := range dst {
		number, rest, more := bytes.Cut(v, []byte(`\`))
		x, ok := decimal(trim(number))
		if !ok || more != (i < len(dst)-1) {
			clear(dst)
			return false
		}
		dst[i], v = x, rest
	}
	return true
}

// decimal reads a DS or IS value.
func decimal(v []byte) (float64, bool) {
	if len(v) == 0 || len(v) > 32 { // the standard allows 16
		return 0, false
	}
	return ingest.Decimal(string(v))
}

// maxValueUnits bounds the values of pixels, so that sums stay finite.
const maxValueUnits = 1e30
