package inspect

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"tacstream/config"
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

// RegionsForSeries are the regions of a source in an acquisition.
type RegionsForSeries struct {
	Objects []string      `json:"objects"` // the images of a set, else one
	Regions []NamedRegion `json:"regions"` // in the order of the source
	// Protocol is the name of the protocol that matches the tracer, empty where none
	// does; Reference is the region that it takes as its reference, and Reason why it
	// takes none.
	Protocol  string        `json:"protocol,omitempty"`
	Reference string        `json:"reference,omitempty"`
	Reason    ingest.Reason `json:"reason,omitzero"`
}

// A NamedRegion is a region by its name, with the voxels of the series that it
// takes, of which some count in part.
type NamedRegion struct {
	Name   string  `json:"name"`
	Voxels float64 `json:"voxels"`
}

// place reads every region source and finds the series in which its regions lie.
func (in *Inspection) place(ctx context.Context, shelf Shelf, found []LocalSeries, protocols config.Config) error {
	if len(found) == 0 {
		return nil
	}
	for _, views := range in.sources() {
		seg, err := in.read(ctx, shelf, views)
		switch {
		case err != nil && !errors.Is(err, ingest.ErrRejected):
			return err
		case err == nil:
			in.lay(views, seg, found, protocols)
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

// lay lays the regions of a source over the acquisitions that are whole. Their
// parts share one grid.
func (in *Inspection) lay(views []*RegionView, seg ingest.Segmentation, found []LocalSeries, protocols config.Config) {
	var shared RegionView
	shared.Doubts = seg.Warnings
	if seg.Labels != nil {
		shared.Doubts = slices.Concat(seg.Warnings, seg.Labels.Warnings)
	}
	for i := range in.Acquisitions {
		a := &in.Acquisitions[i]
		lead := found[a.Series[0]-1]
		if lead.Outcome.Condition != ingest.Ready {
			continue
		}
		mask, geometry, err := lead.mask(seg)
		if err != nil {
			if len(shared.Fits) == 0 {
				shared.Reason = ingest.ReasonOf(err)
			}
			continue
		}
		if len(shared.Fits) == 0 {
			shared.Doubts, shared.Reason = mask.Warnings, ingest.Reason{}
		}
		shared.Fits = append(shared.Fits, a.Series...)
		here := regionsIn(mask)
		for _, r := range views {
			here.Objects = append(here.Objects, r.Object)
		}
		if in.unnamed(views[0]) {
			here.Reason = ingest.Reason{Code: ingest.CodeNoRegions}
			here.Reason.Detail = "no table beside the image names its regions, so that they cannot serve"
		} else if p, ok := lead.protocol(protocols); ok {
			here.refer(p, mask, geometry)
		}
		a.Regions = append(a.Regions, here)
	}
	slices.Sort(shared.Fits)
	for i, r := range views {
		r.Fits, r.Reason = shared.Fits, shared.Reason
		if i == 0 {
			r.Doubts = shared.Doubts
		}
	}
}

// unnamed reports whether nothing says what the regions of an image are called.
func (in *Inspection) unnamed(r *RegionView) bool {
	key := filepath.ToSlash(r.Object)
	f := regions.FormatOf(key)
	return f.Tables != nil && f.OwnNames(key) == nil && in.tableOf(key) < 0
}

// regionsIn names the regions of a mask.
func regionsIn(mask extract.Mask) (r RegionsForSeries) {
	for _, e := range mask.Regions {
		r.Regions = append(r.Regions, NamedRegion{string(e.Region), e.Voxels})
	}
	return r
}

// refer finds the reference region as the line does: among the regions as the
// protocol's rules leave them, those that it merges, and left and right as one.
func (r *RegionsForSeries) refer(p config.Protocol, mask extract.Mask, geometry ingest.Geometry) {
	r.Protocol = p.Name
	ruled, err := mask.Under(p.Rules(), geometry)
	if err == nil {
		var curves extract.Curves // without frames: only their names count
		for _, e := range ruled.Regions {
			curves.TACs = append(curves.TACs, extract.TAC{Region: e.Region, Voxels: e.Voxels, Parts: e.Parts})
		}
		if curves, err = curves.WithMerged(p.Merge); err == nil {
			var reference extract.Region
			reference, err = extract.Reference(p.Reference, curves.WithBilateral().TACs)
			r.Reference = string(reference)
		}
	}
	if err != nil {
		r.Reason = ingest.ReasonOf(err)
	}
}

// mask lays regions over a whole series. The error says why they do not lie in
// it.
func (s LocalSeries) mask(seg ingest.Segmentation) (mask extract.Mask, pet ingest.Geometry, err error) {
	if pet, err = dicom.Geometry(s.Assembly.Header, s.Assembly.Positions); err != nil {
		return mask, pet, err
	}
	placed, err := stream.PlacedRegions{Segmentation: seg}.On(pet, s.Assembly.Header)
	if err != nil {
		return mask, pet, err
	}
	mask, err = extract.NewMask(placed, pet, extract.Options{})
	return mask, pet, err
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
