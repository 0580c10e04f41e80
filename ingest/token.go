package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A Token stands for something that must not leave in the clear: the first
// 26 characters of a keyed hash in base32, lower case.
type Token string

// Valid reports whether t has the form of a Token.
func (t Token) Valid() bool {
	return len(t) == TokenLen && strings.Trim(string(t), "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// A Key is a site's secret. Tokens of different keys have nothing in common.
type Key []byte

// TokenLen is the length of a Token: 130 bits.
const TokenLen = 26

var tokenEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Token returns the token of a name within a scope, such as "series". The
// same name has unrelated tokens in different scopes.
func (k Key) Token(scope, name string) Token {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(scope))
	mac.Write([]byte{0}) // "a"+"bc" and "ab"+"c" must differ
	mac.Write([]byte(name))
	return Token(strings.ToLower(tokenEncoding.EncodeToString(mac.Sum(nil)))[:TokenLen])
}

// SeriesToken returns the token by which a series is known outside.
func (k Key) SeriesToken(seriesInstanceUID string) Token {
	return k.Token("series", seriesInstanceUID)
}
