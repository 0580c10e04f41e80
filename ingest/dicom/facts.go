package dicom

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"tacstream/ingest"
)

// A facts reads fields and keeps the first fault that it meets.
type facts struct {
	*values
	names   *names
	tracers int  // items of RadiopharmaceuticalInformationSequence
	zone    zone // of the header's times that state none
	fault   ingest.Reason
}

func (f *facts) fail(code ingest.Code, format string, args ...any) {
	if f.fault.Code == "" {
		f.fault = ingest.Reason{Code: code, Detail: fmt.Sprintf(format, args...)}
	}
}

func (f *facts) bytes(x field) []byte { return trim(f.values[x]) }

func (f *facts) has(x field) bool { return len(f.bytes(x)) > 0 }

// code returns the first value of a coded string.
func (f *facts) code(x field) string {
	first, _, _ := bytes.Cut(f.bytes(x), []byte(`\`))
	return f.names.of(clean(trim(first)))
}

// uid returns a UID, empty where it is absent. Something else in its place is
// a fault and counts as absent.
func (f *facts) uid(x field) string {
	if !isUID(f.bytes(x)) {
		f.fail(ingest.CodeMalformed, "an element that should hold a UID does not")
		return ""
	}
	if x == sopInstanceUID { // no two slices share it
		return string(f.bytes(x))
	}
	return f.names.of(f.bytes(x))
}

// text returns free text as valid UTF-8 without control characters.
func (f *facts) text(x field) string { return string(clean(f.bytes(x))) }

// texts returns the values of a field that holds several.
func (f *facts) texts(x field) []string {
	if !f.has(x) {
		return nil
	}
	list := strings.Split(f.text(x), `\`)
	for i, s := range list {
		list[i] = strings.TrimSpace(s)
	}
	return list
}

// count returns an unsigned number, 0 where it is absent.
func (f *facts) count(x field) int {
	if v := f.values[x]; len(v) == 2 {
		return int(v[0]) | int(v[1])<<8
	}
	return 0
}

// real returns a decimal number; ok is false where it is absent. One that is
// not finite is a fault of the given code and counts as absent.
func (f *facts) real(x field, code ingest.Code, name string) (v float64, ok bool) {
	if !f.has(x) {
		return 0, false
	}
	v, ok = decimal(f.bytes(x))
	if !ok {
		f.fail(code, "%s is not a finite number", name)
	}
	return v, ok
}

// soft returns a decimal number that nothing depends on: 0 unless it is there,
// finite and positive.
func (f *facts) soft(x field) float64 {
	v, ok := decimal(f.bytes(x))
	if !ok || v < 0 {
		return 0
	}
	return v
}

// reals fills dst from a field that holds exactly as many decimal numbers.
// Otherwise dst is zero.
func (f *facts) reals(x field, dst []float64, name string) bool {
	if !decimals(f.bytes(x), dst) {
		f.fail(ingest.CodeGeometry, "%s is missing or not finite", name)
		return false
	}
	return true
}

// maxMillis bounds times given in ms: a hundred days.
const maxMillis = 100 * 24 * 3600 * 1000

// millis returns a time that the header gives in ms, to the nanosecond.
func (f *facts) millis(x field, name string) (time.Duration, bool) {
	ms, ok := f.real(x, ingest.CodeTiming, name)
	if ok && math.Abs(ms) > maxMillis {
		f.fail(ingest.CodeTiming, "%s is beyond a hundred days", name)
		return 0, false
	}
	return time.Duration(math.Round(ms * 1e6)), ok
}

// Names makes equal strings share their memory, so that the slices of a series
// do not bring their own. A nil *names makes each string anew.
type names struct{ known map[string]string }

// maxNames bounds how many are remembered.
const maxNames = 64

func (n *names) of(v []byte) string {
	if n == nil {
		return string(v)
	}
	if s, ok := n.known[string(v)]; ok {
		return s
	}
	if n.known == nil || len(n.known) >= maxNames {
		n.known = make(map[string]string, maxNames)
	}
	s := string(v)
	n.known[s] = s
	return s
}
