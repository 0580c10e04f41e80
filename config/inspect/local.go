package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/regions"
)

// localPrefix is enough for the header of nearly every object.
const localPrefix = 64 << 10

// A LocalSeries is one PET series in a folder of files.
type LocalSeries struct {
	Records  []ingest.Record
	Assembly ingest.Assembly
	Outcome  ingest.Outcome
}

// ExtractDir makes the curves of a PET series in a folder of DICOM files, by
// the same code as the line. Files that serve for nothing are named by say,
// with their reason.
//
// Where the folder holds several series, number, from 1, chooses one; with 0
// they must be parts of one acquisition, one after the other, which are joined.
// The assembly is that of the first part.
func ExtractDir(ctx context.Context, dir string, regions stream.PlacedRegions, number int, say func(file string, why ingest.Reason)) (extract.Curves, ingest.Assembly, error) {
	series, err := ReadSeries(ctx, dir, say)
	if err != nil {
		return extract.Curves{}, ingest.Assembly{}, err
	}
	parts, err := choose(dir, series, number)
	if err != nil {
		return extract.Curves{}, ingest.Assembly{}, err
	}
	assemblies := make([]ingest.Assembly, len(parts))
	for k, part := range parts {
		assemblies[k] = part.Assembly
	}
	curves, _, err := stream.Curves(ctx, assemblies, regions, stream.Options{Open: openFile, Readers: config.DefaultReaders})
	curves.Warnings = append(curves.Warnings, togetherness(parts)...)
	return curves, assemblies[0], err
}

// ReadSeries reads the header of every file under a folder and puts its PET
// series together, in order of their first frames.
func ReadSeries(ctx context.Context, dir string, say func(string, ingest.Reason)) ([]LocalSeries, error) {
	records := map[string][]ingest.Record{}
	shelf := FileShelf(dir)
	err := shelf.Each(ctx, func(o ingest.Object) error {
		if ingest.Ours(o.Key) {
			return nil
		}
		found, err := header(ctx, shelf, o)
		if err != nil {
			return err
		}
		if found.Fault.Code != "" && !holdsRegions(o.Key, found) {
			say(o.Key, found.Fault)
		}
		if !found.PET {
			return nil
		}
		uid := found.Header.Strict.SeriesInstanceUID
		records[uid] = append(records[uid], ingest.Record{
			Object: o, Kind: ingest.KindSlice, Series: "local",
			Fault: found.Fault, Instance: &found.Instance, Header: &found.Header,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(records) > 1 {
		delete(records, "") // objects too broken to name their series
	}
	var series []LocalSeries
	for _, list := range records {
		s := LocalSeries{Records: list}
		s.Assembly, s.Outcome = ingest.Assess("local", s.Records, true)
		series = append(series, s)
	}
	sortSeries(series)
	return series, ctx.Err()
}

// holdsRegions reports whether a file is a region source, or belongs to one: no
// slice, and no surprise beside a series.
func holdsRegions(file string, found dicom.Found) bool {
	return regionKind(file) != "" || dicom.IsRegions(found.Header.Strict.SOPClassUID)
}

// start returns when the first frame began, zero for a series that is not
// whole.
func (s LocalSeries) start() time.Time {
	if len(s.Assembly.Starts) == 0 {
		return time.Time{}
	}
	return s.Assembly.Starts[0]
}

// choose returns the series of that number, or the parts of the one
// acquisition that all of them are.
func choose(dir string, series []LocalSeries, number int) ([]LocalSeries, error) {
	switch {
	case len(series) == 0:
		return nil, fmt.Errorf("%s holds no PET series", dir)
	case number < 0 || number > len(series):
		return nil, fmt.Errorf("%s holds %d PET series: there is no series %d", dir, len(series), number)
	case number > 0:
		series = series[number-1 : number]
	}
	if len(series) > 1 {
		if why := apart(series); why != "" {
			return nil, fmt.Errorf("%s holds %d PET series, which are not joined: %s; choose one with --series, of\n%s", dir, len(series), why, listing(series))
		}
	}
	for _, s := range series {
		if o := s.Outcome; o.Condition != ingest.Ready {
			return nil, fmt.Errorf("the series in %s is %s: %w", dir, o.Condition, &ingest.Rejection{Reason: o.Reason})
		}
	}
	return series, nil
}

// togetherness says what cannot be known of whether the parts of an acquisition
// are all there and belong together.
func togetherness(parts []LocalSeries) []ingest.Warning {
	var list []ingest.Warning
	for _, p := range parts {
		if p.Outcome.Unverified {
			list = append(list, stream.Unverified(p.Outcome))
		}
	}
	if len(parts) == 1 {
		return list
	}
	w := stream.Joined(len(parts))
	noInjection := func(p LocalSeries) bool { return p.Assembly.Header.Soft.Injection.IsZero() }
	if slices.ContainsFunc(parts, noInjection) {
		w.Level = ingest.LevelWarn
		w.Detail += " Not every header gives the injection, so nothing proves that it was one."
	}
	return append(list, w)
}

// readStart reads the first n bytes of a file, or all of it if it is shorter.
func readStart(file string, n int64) ([]byte, error) {
	f, err := config.OpenFile(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}

// openFile begins to read a file.
func openFile(_ context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
	f, err := config.OpenFile(r.Key)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > ingest.DefaultObjectBytes {
		err = ingest.Reject(ingest.CodeTooLarge, "the file has %d bytes, more than the limit allows", info.Size())
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// ReadRegionsFile reads regions of any kind: a label image or probabilities in
// NIfTI with their look-up table, or a DICOM SEG or RTSTRUCT. The table is the
// one that is named, else the one of the same stem, else the one beside the
// image that all images share.
func ReadRegionsFile(image, table string) (ingest.Segmentation, error) {
	if err := notAnImage(image); err != nil {
		return ingest.Segmentation{}, err
	}
	if table == "" {
		table = tableOf(image)
	}
	f, err := config.OpenFile(image)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	defer f.Close()
	var names io.Reader
	if table != "" {
		t, err := config.OpenFile(table)
		if err != nil {
			return ingest.Segmentation{}, err
		}
		defer t.Close()
		names = t
	}
	s, err := regions.Read(filepath.ToSlash(image), f, names)
	switch {
	case errors.Is(err, regions.ErrNoTable):
		return s, fmt.Errorf("%s has no look-up table beside it; name one with --lut", image)
	case err != nil:
		return s, fmt.Errorf("%s: %w", image, err)
	}
	return s, nil
}

// notAnImage says what a file is that belongs to regions and holds none.
func notAnImage(file string) error {
	name := filepath.ToSlash(file)
	switch {
	case regions.IsTable(name) || strings.EqualFold(filepath.Ext(file), ".tsv"):
		return fmt.Errorf("%s is a look-up table: give the image (%s) or a DICOM object", file, regions.Images())
	case regions.IsTransform(name):
		return fmt.Errorf("%s is a transform: give the image (%s) or a DICOM object", file, regions.Images())
	}
	return nil
}

// tableOf returns the look-up table that lies beside an image, empty where
// there is none.
func tableOf(image string) string {
	image = filepath.ToSlash(image)
	format := regions.FormatOf(image)
	if format.Tables == nil {
		return ""
	}
	for _, name := range format.Tables(image) {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}
