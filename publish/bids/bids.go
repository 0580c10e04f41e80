package bids

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/publish"
)

// ErrLabel means that nothing is left of a name once all that BIDS does not
// allow in a label is taken away.
var ErrLabel = errors.New("no label for a file name")

// ErrName means that a region's name cannot stand in a table.
var ErrName = fmt.Errorf("a region's name holds a tab or line feed: %w", ingest.ErrRejected)

// A Result is what the files of one series are made of.
type Result struct {
	publish.Result
	Subject      ingest.Token  // of the person; "" where not known: then the series' own
	Study        ingest.Token  // of the study; "" where not known: then the series' own
	Segmentation string        // name of the region source; "" means DefaultSegmentation
	Header       ingest.Header // of the series; of what identifies people nothing is used
}

// DefaultSegmentation is the name of a region source that has none.
const DefaultSegmentation = "regions"

// A File is one file of a dataset.
type File struct {
	Name        string // path within the dataset
	ContentType string
	Data        []byte
}

// The content types of files.
const (
	typeJSON = "application/json"
	typeTSV  = "text/tab-separated-values; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
)

// pseudonymLen is how many characters of a token make a label: 50 bits.
const pseudonymLen = 10

// A dataset is being put together.
type dataset struct {
	Result
	stem   string // of every file that belongs to the scan
	origin extract.Origin
	tacs   []extract.CorrectedTAC // corrected to origin
	files  []File
}

// Files returns the files of a result, the same bytes for the same result.
func Files(r Result) ([]File, error) {
	d := &dataset{Result: r, origin: r.CorrectedTo()}
	for _, step := range []func() error{d.name, d.describe, d.curves, d.morph, d.models} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("series %s: %w", r.Cause.Series, err)
		}
	}
	return d.files, nil
}

// Names returns the names of the files, in their order, and the one of the
// table of curves, as publish.Files wants them.
func Names(files []File) (names []string, curves string) {
	for _, f := range files {
		names = append(names, f.Name)
		if strings.HasSuffix(f.Name, curvesSuffix) {
			curves = f.Name
		}
	}
	return names, curves
}

// curvesSuffix ends the name of the table of curves.
const curvesSuffix = "_desc-preproc_tacs.tsv"

// name chooses how every file begins.
func (d *dataset) name() error {
	sub, ses := pseudonym(d.Subject, d.Cause.Series), pseudonym(d.Study, d.Cause.Series)
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

// bidsIgnore names what validators of the released standard do not know.
const bidsIgnore = "*_tacs.tsv\n*_tacs.json\n*_morph.tsv\n*_morph.json\n*_kinpar.tsv\n*_kinpar.json\n"

// describe adds what every dataset has.
func (d *dataset) describe() error {
	d.add(".bidsignore", typeText, []byte(bidsIgnore))
	return d.json("dataset_description.json", struct {
		Name        string
		BIDSVersion string
		DatasetType string
		GeneratedBy []generator
	}{"tacstream: regional time-activity curves and binding of one PET series", "1.10.0", "derivative", []generator{{"tacstream", d.version()}}})
}

type generator struct{ Name, Version string }

func (d *dataset) version() string {
	if d.Cause.Version == "" {
		return "unknown"
	}
	return d.Cause.Version
}

func (d *dataset) add(name, contentType string, data []byte) {
	d.files = append(d.files, File{Name: name, ContentType: contentType, Data: data})
}

func (d *dataset) json(name string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	d.add(name, typeJSON, b.Bytes())
	return nil
}

// table adds a table, the names of its columns first.
func (d *dataset) table(name string, columns []string, rows [][]string) {
	var b bytes.Buffer
	for _, row := range append([][]string{columns}, rows...) {
		b.WriteString(strings.Join(row, "\t"))
		b.WriteByte('\n')
	}
	d.add(name, typeTSV, b.Bytes())
}

// number writes as many digits as a number needs, and n/a for none.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "n/a"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// known writes a number that is positive where it is known.
func known(x float64) string {
	if !(x > 0) {
		return "n/a"
	}
	return number(x)
}

// seconds returns d in s, the nearest number.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }

// regionName returns a name as a table has it.
func regionName(r extract.Region) (string, error) {
	if r == "" || strings.ContainsFunc(string(r), unicode.IsControl) {
		return "", ErrName
	}
	return string(r), nil
}
