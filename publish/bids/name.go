package bids

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"tacstream/ingest"
	"tacstream/publish"
)

// ErrLabel means that nothing is left of a name once all that BIDS does not
// allow in a label is taken away.
var ErrLabel = errors.New("no label for a file name")

// pseudonymLen is how many characters of a token make a label: 50 bits.
const pseudonymLen = 10

// curvesSuffix ends the name of the table of curves.
const curvesSuffix = "_desc-preproc_tacs.tsv"

// name chooses how every file begins.
func (d *dataset) name() error {
	sub, ses := pseudonym(d.Subject, d.Cause.Series), pseudonym(d.Examination, d.Cause.Series)
	tracer := d.Tracer
	if tracer == "" {
		tracer = publish.TracerUnknown
	}
	seg := d.Segmentation
	if seg == "" {
		seg = DefaultSegmentation
	}
	tracer, seg = label(tracer), label(seg)
	if sub == "" || ses == "" || tracer == "" || seg == "" {
		return ErrLabel
	}
	d.stem = fmt.Sprintf("sub-%s/ses-%s/pet/sub-%s_ses-%s_trc-%s_seg-%s", sub, ses, sub, ses, tracer, seg)
	return nil
}

// pseudonym returns the label of a token, or of another where there is none.
// It is "" for what is no token: a name that slipped through must not leave.
func pseudonym(t, other ingest.Token) string {
	if t == "" {
		t = other
	}
	if s := label(string(t)); len(s) == ingest.TokenLen && len(t) == len(s) {
		return s[:pseudonymLen]
	}
	return ""
}

// label leaves of a name what BIDS allows: ASCII letters and digits.
func label(s string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, s)
}

// modelLabel returns how file names call a model: srtm is SRTM and logan-ref
// is LoganRef.
func modelLabel(name string) string {
	parts := strings.Split(name, "-")
	if len(parts) == 1 {
		return label(strings.ToUpper(name))
	}
	var b strings.Builder
	for _, p := range parts {
		if p = label(p); p != "" {
			b.WriteString(strings.ToUpper(p[:1]) + p[1:])
		}
	}
	return b.String()
}
