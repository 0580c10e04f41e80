package inspect

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/regions"
)

// A RegionView is an object that may give regions.
type RegionView struct {
	Object string `json:"object"` // the path or key, as it was found
	Kind   string `json:"kind"`
	// Fits names the series, by number, in which its regions lie: they overlap
	// and, in DICOM, share the frame of reference.
	Fits   []int            `json:"fits,omitempty"`
	Reason ingest.Reason    `json:"reason,omitzero"` // why it can serve none of the series
	Do     string           `json:"do,omitempty"`
	Doubts []ingest.Warning `json:"doubts,omitempty"`

	object    ingest.Object
	reference string
}

// Companion reports whether the object serves another that holds the regions.
func (r RegionView) Companion() bool { return r.Kind == kindTable || r.Kind == kindTransform }

// place reads every region source and finds the series in which its regions lie.
func (in *Inspection) place(ctx context.Context, shelf Shelf, found []LocalSeries) error {
	if len(found) == 0 {
		return nil
	}
	for _, views := range in.sources() {
		seg, err := in.read(ctx, shelf, views)
		switch {
		case err != nil && !errors.Is(err, ingest.ErrRejected):
			return err
		case err == nil:
			lay(views, seg, found)
		}
		for _, r := range views {
			r.Do = r.Reason.Code.Do()
		}
	}
	return nil
}

// sources returns the objects of each region source, as the line takes them:
// images of one region each that differ in nothing but its name are one.
func (in *Inspection) sources() (list [][]*RegionView) {
	at := map[string]int{}
	for i := range in.Regions {
		r := &in.Regions[i]
		key := filepath.ToSlash(r.Object)
		if r.Companion() {
			continue
		}
		if regions.LabelOf(key) == "" || regions.FormatOf(key).OwnNames(key) == nil || in.tableOf(key) >= 0 {
			list = append(list, []*RegionView{r})
			continue
		}
		set := regions.SetName(key)
		if n, known := at[set]; known {
			list[n] = append(list[n], r)
			continue
		}
		at[set] = len(list)
		list = append(list, []*RegionView{r})
	}
	return list
}

// tableOf returns which of the objects is the look-up table of an image, −1 where
// there is none.
func (in *Inspection) tableOf(key string) int {
	if f := regions.FormatOf(key); f.Tables != nil {
		for _, name := range f.Tables(key) {
			if i := slices.IndexFunc(in.Regions, func(o RegionView) bool { return filepath.ToSlash(o.Object) == name }); i >= 0 {
				return i
			}
		}
	}
	return -1
}

// read reads the objects of a region source. One that cannot be read, or gives a
// name a second time, keeps the others from serving too.
func (in *Inspection) read(ctx context.Context, shelf Shelf, views []*RegionView) (ingest.Segmentation, error) {
	var set regions.Set
	for _, r := range views {
		seg, err := in.readOne(ctx, shelf, r)
		if err == nil {
			if err = set.Add(r.Object, seg); err == nil {
				continue
			}
			for _, other := range views {
				other.Reason = ingest.ReasonOf(err)
			}
			return set.Segmentation, err
		}
		for _, other := range views {
			other.Reason = ingest.ReasonOf(err)
			other.Reason.Detail = r.Object + ", of the same set: " + other.Reason.Detail
		}
		r.Reason = ingest.ReasonOf(err)
		return set.Segmentation, err
	}
	return set.Segmentation, nil
}

// readOne reads an object with the table beside it, as the line and 'tacstream
// extract' do; without one every index is called by its number.
func (in *Inspection) readOne(ctx context.Context, shelf Shelf, r *RegionView) (ingest.Segmentation, error) {
	image, _, err := shelf.Open(ctx, r.object)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	defer image.Close()
	key := filepath.ToSlash(r.Object)
	i := in.tableOf(key)
	if i < 0 {
		return regions.ReadUnnamed(key, image)
	}
	table, _, err := shelf.Open(ctx, in.Regions[i].object)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	defer table.Close()
	return regions.Read(key, image, table)
}

// lay lays the regions of a source over the series that are whole.
func lay(views []*RegionView, seg ingest.Segmentation, found []LocalSeries) {
	var shared RegionView
	shared.Doubts = seg.Warnings
	if seg.Labels != nil {
		shared.Doubts = slices.Concat(seg.Warnings, seg.Labels.Warnings)
	}
	for k, s := range found {
		if s.Outcome.Condition != ingest.Ready {
			continue
		}
		mask, err := s.mask(seg)
		switch {
		case err != nil && len(shared.Fits) == 0:
			shared.Reason = ingest.ReasonOf(err)
		case err != nil:
		case len(shared.Fits) == 0:
			shared.Doubts, shared.Reason = mask.Warnings, ingest.Reason{}
			fallthrough
		default:
			shared.Fits = append(shared.Fits, k+1)
		}
	}
	for i, r := range views {
		r.Fits, r.Reason = shared.Fits, shared.Reason
		if i == 0 {
			r.Doubts = shared.Doubts
		}
	}
}

// mask lays regions over a whole series. The error says why they do not lie in
// it.
func (s LocalSeries) mask(seg ingest.Segmentation) (extract.Mask, error) {
	geometry, err := dicom.Geometry(s.Assembly.Header, s.Assembly.Positions)
	if err != nil {
		return extract.Mask{}, err
	}
	placed, err := stream.PlacedRegions{Segmentation: seg}.On(geometry, s.Assembly.Header)
	if err != nil {
		return extract.Mask{}, err
	}
	return extract.NewMask(placed, geometry, extract.Options{})
}

// What belongs to a region source and is none.
const (
	kindTable     = "look-up table"
	kindTransform = "transform"
)

// regionKind says what a region source that is no DICOM holds by its name, or
// what belongs to one; "" for anything else.
func regionKind(key string) string {
	key = filepath.ToSlash(key)
	format, named := regions.Named(key)
	switch {
	case named:
		return format.Name
	case regions.IsTable(key):
		return kindTable
	case regions.IsTransform(key):
		return kindTransform
	}
	return ""
}

// regionView says in which space DICOM regions lie, or why that cannot be read.
func regionView(ctx context.Context, shelf Shelf, o ingest.Object, found dicom.Found) (RegionView, error) {
	view := RegionView{Object: o.Key, Kind: found.Modality, object: o}
	data, err := shelf.Prefix(ctx, o, o.Size)
	if err != nil {
		return view, err
	}
	if view.reference, err = (dicom.Options{}).SpaceOf(data); err != nil {
		view.Kind += ", unreadable: " + ingest.ReasonOf(err).Detail
	}
	return view, nil
}
