package bids

import (
	"bytes"
	"encoding/json"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/publish"
)

// A Result is what the files of one series are made of.
type Result struct {
	publish.Result
	Subject      ingest.Token  // of the person; "" where not known: then the series' own
	Examination  ingest.Token  // of the examination, which DICOM calls study; "" where not known: then the series' own
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

// A dataset is being put together.
type dataset struct {
	Result
	stem   string // of every file that belongs to the scan
	origin extract.Origin
	tacs   []extract.CorrectedTAC // corrected to origin
	files  []File
}

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
