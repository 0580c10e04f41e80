package publish

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDetail bounds a text for people, in bytes.
const maxDetail = 600

// plain makes one printable line of a text and bounds its length.
func plain(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		s = s[:max(len(s)-1, 0)] + "…"
	}
	s = strings.ToValidUTF8(s, "�")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func doubts(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + count(n, "warning")
}
