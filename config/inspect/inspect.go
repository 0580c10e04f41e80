package inspect

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
)

// An Inspection is what tacstream sees in a file, a folder or a bucket. It
// holds nothing of a header that could identify a person.
type Inspection struct {
	// Acquisitions are the series as they are fitted: each by itself or with those
	// that go on with it.
	Acquisitions []AcquisitionView `json:"acquisitions,omitempty"`

	Series  []SeriesView `json:"series"`
	Regions []RegionView `json:"region_sources,omitempty"`
	Broken  []BrokenView `json:"objects_at_fault,omitempty"`

	Objects int `json:"-"` // how many there are, without those that tacstream wrote
}

// A BrokenView is an object that serves for nothing, or only some facts of it.
type BrokenView struct {
	Object string        `json:"object"`
	Reason ingest.Reason `json:"reason"`
	Do     string        `json:"do,omitempty"`
}

// A Shelf is where objects lie.
type Shelf interface {
	// Each visits every object.
	Each(ctx context.Context, visit func(ingest.Object) error) error
	// Prefix returns the first n bytes of an object.
	Prefix(ctx context.Context, o ingest.Object, n int64) ([]byte, error)
	// Open begins to read an object, and returns its size.
	Open(ctx context.Context, o ingest.Object) (io.ReadCloser, int64, error)
}

// A FileShelf is a file, or every file under a folder.
type FileShelf string

// Each visits the files in the order of their names.
func (s FileShelf) Each(ctx context.Context, visit func(ingest.Object) error) error {
	return filepath.WalkDir(string(s), func(file string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() {
			return nil // gone meanwhile, or no file
		}
		return visit(ingest.Object{Key: filepath.ToSlash(file), ETag: file, Size: info.Size()})
	})
}

// Prefix reads the beginning of a file.
func (FileShelf) Prefix(_ context.Context, o ingest.Object, n int64) ([]byte, error) {
	return readStart(o.Key, n)
}

// Open begins to read a file.
func (FileShelf) Open(ctx context.Context, o ingest.Object) (io.ReadCloser, int64, error) {
	return openFile(ctx, ingest.Record{Object: o})
}

// A StoreShelf is the objects of a bucket whose keys begin with a prefix.
type StoreShelf struct {
	Store          *s3.Store
	Bucket, Folder string
}

// Each visits the objects in the order of their keys.
func (s StoreShelf) Each(ctx context.Context, visit func(ingest.Object) error) error {
	return s3.Lister{Store: s.Store}.Walk(ctx, s.Bucket, s.Folder, visit)
}

// Prefix reads the beginning of an object.
func (s StoreShelf) Prefix(ctx context.Context, o ingest.Object, n int64) ([]byte, error) {
	data, _, err := s.Store.ReadPrefix(ctx, s.Bucket, o.Key, n)
	return data, err
}

// Open begins to read an object.
func (s StoreShelf) Open(ctx context.Context, o ingest.Object) (io.ReadCloser, int64, error) {
	return s.Store.Open(ctx, s.Bucket, o.Key, o.ETag)
}

// Inspect looks at every object of a shelf. With pixels it reads all of them,
// and says what values they hold.
func Inspect(ctx context.Context, shelf Shelf, protocols config.Config, pixels bool) (Inspection, error) {
	var in Inspection
	records := map[string][]ingest.Record{}
	err := shelf.Each(ctx, func(o ingest.Object) error {
		return in.look(ctx, shelf, o, records)
	})
	if err != nil {
		return in, err
	}
	var found []LocalSeries
	for uid, list := range records {
		if uid == "" && len(records) > 1 {
			continue // too broken to name their series; they are listed as such
		}
		s := LocalSeries{Records: list}
		s.Assembly, s.Outcome = ingest.Assess("local", list, true)
		found = append(found, s)
	}
	sortSeries(found)
	if err := in.describe(ctx, shelf, found, protocols, pixels); err != nil {
		return in, err
	}
	return in, in.place(ctx, shelf, found, protocols)
}

// A relatives says by number which series go with one.
type relatives struct {
	continues    int
	parts, twins []int
}

// relativesOf says how series stand to each other, as the line would.
func relativesOf(found []LocalSeries) []relatives {
	number := map[ingest.Token]int{}
	var whole []ingest.Assembly
	for k, s := range found {
		if s.Outcome.Condition == ingest.Ready {
			a := s.Assembly
			a.Series = ingest.Token(fmt.Sprint(k + 1))
			number[a.Series] = k + 1
			whole = append(whole, a)
		}
	}
	all := make([]relatives, len(found))
	for i, a := range whole {
		relatives := watch.RelativesOf(a, slices.Delete(slices.Clone(whole), i, i+1))
		k := &all[number[a.Series]-1]
		k.continues = number[relatives.Lead]
		for _, p := range relatives.Parts {
			k.parts = append(k.parts, number[p.Series])
		}
		for _, t := range relatives.Twins {
			k.twins = append(k.twins, number[t])
		}
	}
	return all
}

// look sorts one object into what it is.
func (in *Inspection) look(ctx context.Context, shelf Shelf, o ingest.Object, records map[string][]ingest.Record) error {
	if ingest.Ours(o.Key) {
		return nil
	}
	in.Objects++
	if kind := regionKind(o.Key); kind != "" {
		in.Regions = append(in.Regions, RegionView{Object: o.Key, Kind: kind, object: o})
		return nil
	}
	found, err := header(ctx, shelf, o)
	if err != nil {
		return err
	}
	switch {
	case found.PET:
		uid := found.Header.Strict.SeriesInstanceUID
		records[uid] = append(records[uid], ingest.Record{
			Object: o, Kind: ingest.KindSlice, Series: "local", Fault: found.Fault, Instance: &found.Instance, Header: &found.Header,
		})
	case dicom.IsRegions(found.Header.Strict.SOPClassUID) && o.Size <= ingest.DefaultRegionsBytes:
		view, err := regionView(ctx, shelf, o, found)
		in.Regions = append(in.Regions, view)
		return err
	}
	if found.Fault.Code != "" {
		in.Broken = append(in.Broken, BrokenView{Object: o.Key, Reason: found.Fault, Do: found.Fault.Code.Do()})
	}
	return nil
}

// header reads as much of an object as says what it is.
func header(ctx context.Context, shelf Shelf, o ingest.Object) (dicom.Found, error) {
	for want := int64(localPrefix); ; {
		prefix, err := shelf.Prefix(ctx, o, min(want, o.Size))
		if err != nil {
			return dicom.Found{}, err
		}
		found := dicom.Options{}.ReadHeader(prefix, o.Size)
		if found.Need <= int64(len(prefix)) || int64(len(prefix)) >= o.Size {
			return found, nil
		}
		if found.Need > ingest.DefaultHeaderBytes {
			found.Fault = ingest.Reason{Code: ingest.CodeTooLarge, Detail: "the header is longer than the limit allows"}
			return found, nil
		}
		want = found.Need
	}
}

// sortSeries orders series by their first frames, those that are not whole by
// their UIDs before them.
func sortSeries(list []LocalSeries) {
	slices.SortFunc(list, func(a, b LocalSeries) int {
		if c := a.start().Compare(b.start()); c != 0 {
			return c
		}
		return strings.Compare(a.uid(), b.uid())
	})
}

func (s LocalSeries) uid() string {
	for _, r := range s.Records {
		return r.Header.Strict.SeriesInstanceUID
	}
	return ""
}
