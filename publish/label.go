package publish

import (
	"errors"
	"strings"

	"tacstream/ingest"
)

// ErrLabel means that something cannot be part of a subject. The error does
// not repeat it: it may be what must not leave.
var ErrLabel = errors.New("no label for a subject")

// maxLabel bounds a label that the configuration gives.
const maxLabel = 32

// isLabel reports whether s is a label as the configuration gives them: lower
// case letters, digits and inner hyphens.
func isLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && s[0] != '-' && s[len(s)-1] != '-' && only(s, "abcdefghijklmnopqrstuvwxyz0123456789-")
}

// isToken reports whether t looks like what ingest.Key makes: whatever slipped
// through in the clear does not.
func isToken(t ingest.Token) bool {
	return len(t) == ingest.TokenLen && only(string(t), "abcdefghijklmnopqrstuvwxyz234567")
}

// isDigest reports whether s is a keyed digest, which looks like a token, or one
// of release 0.1.0: in hex, or several such joined by plus signs.
func isDigest(s string) bool { return isToken(ingest.Token(s)) || isHex(s) }

func isHex(s string) bool { return len(s) <= 4*64+3 && only(s, "0123456789abcdef+") }

func only(s, chars string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(chars, r) })
}
