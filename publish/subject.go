package publish

import (
	"errors"
	"fmt"
	"strings"

	"tacstream/ingest"
)

// ErrLabel means that something cannot be part of a subject. The error does
// not repeat it: it may be what must not leave.
var ErrLabel = errors.New("no label for a subject")

// Prefix begins every public subject. The number changes only if subjects do.
const Prefix = "pet.v1."

// TracerUnknown is the tracer in subjects and events of series of which the
// configuration knows no protocol.
const TracerUnknown = "unknown"

// maxLabel bounds a label that the configuration gives.
const maxLabel = 32

// SeriesSubject returns where it is stated what became of a series' input.
func SeriesSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "series", series)
}

// TACsSubject returns where the curves of a series go.
func TACsSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "tacs", series)
}

// ProgressSubject returns where the progress of a series goes. No stream keeps
// it.
func ProgressSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "progress", series)
}

// BindingSubject returns where the results of a series go. Estimates, failures
// and withdrawals share it, so that their order is kept.
func BindingSubject(site ingest.Site, tracer string, series ingest.Token) (string, error) {
	if !isLabel(tracer) {
		return "", fmt.Errorf("tracer: %w", ErrLabel)
	}
	return seriesSubject(site, "binding."+tracer, series)
}

// AnyBindingSubject matches the results of a series under whichever tracer.
func AnyBindingSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "binding.*", series)
}

// DeadSubject returns where a stage states what no retry could cure.
func DeadSubject(site ingest.Site, stage Stage) (string, error) {
	switch {
	case !isLabel(string(site)):
		return "", fmt.Errorf("site: %w", ErrLabel)
	case deadType(stage) == "":
		return "", fmt.Errorf("stage: %w", ErrLabel)
	}
	return Prefix + string(site) + ".dead." + string(stage), nil
}

func seriesSubject(site ingest.Site, kind string, series ingest.Token) (string, error) {
	switch {
	case !isLabel(string(site)):
		return "", fmt.Errorf("site: %w", ErrLabel)
	case !isToken(series):
		return "", fmt.Errorf("series: %w", ErrLabel)
	}
	return Prefix + string(site) + "." + kind + "." + string(series), nil
}

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
