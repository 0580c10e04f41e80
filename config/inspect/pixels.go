package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// A ValuesView sums up the values of all sound slices, in series units, without
// padding.
type ValuesView struct {
	Voxels   int     `json:"voxels"`
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Mean     float64 `json:"mean"`
	Sum      float64 `json:"sum"`
	Negative int     `json:"negative_voxels"`
	// NotFinite counts voxels that are no number, which count for nothing else.
	NotFinite int `json:"not_finite_voxels,omitempty"`
	// Padding counts voxels that hold PixelPaddingValue, where nothing was
	// measured; they too count for nothing else.
	Padding int `json:"padding_voxels,omitempty"`
}

// readPixels reads every sound object of the series.
func (v *SeriesView) readPixels(ctx context.Context, shelf Shelf, s LocalSeries) error {
	var decoder dicom.Decoder
	defer decoder.Close()
	values := ValuesView{Min: math.Inf(1), Max: math.Inf(-1)}
	perFrame := max(len(s.Assembly.Positions), 1)
	v.holds = make([]bool, len(v.Timing))
	for _, c := range contentsIn(s) {
		r, size, err := shelf.Open(ctx, c.Record.Object)
		if err != nil {
			return err
		}
		err = decoder.Read(r, size, func(slice *dicom.Slice) error {
			blank := values.add(slice)
			if slice.Plane < len(c.Slots) && c.Slots[slice.Plane]/perFrame < len(v.Timing) {
				frame := c.Slots[slice.Plane] / perFrame
				v.Timing[frame].slope(slice.Slope())
				v.holds[frame] = v.holds[frame] || !blank
			}
			return nil
		})
		r.Close()
		switch {
		case errors.Is(err, ingest.ErrRejected):
			why := ingest.ReasonOf(err)
			v.spoil(ingest.Rejected, why.Code, "%s: %s", c.Record.Key, why.Detail)
		case err != nil:
			return err
		}
	}
	if err := v.compare(ctx, shelf, s); err != nil {
		return err
	}
	if values.Voxels > 0 {
		values.Mean = values.Sum / float64(values.Voxels)
		v.Values = &values
	}
	return nil
}

// emptyFrames names the frames without a voxel that is not 0, behind one that has
// some: before, nothing may have arrived.
func emptyFrames(holds []bool) []ingest.Warning {
	var empty []string
	first := slices.Index(holds, true)
	for f := first + 1; first >= 0 && f < len(holds); f++ {
		if !holds[f] {
			empty = append(empty, fmt.Sprint(f+1))
		}
	}
	if len(empty) == 0 {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnFrameEmpty, ingest.LevelDoubt, float64(len(empty)), 0,
		"Every voxel is 0 in %s: %s. Fits leave them out.", ingest.Count(len(empty), "frame"), strings.Join(empty, ", "))}
}

// spoil says that a series that looked whole by its headers is not.
func (v *SeriesView) spoil(c ingest.Condition, code ingest.Code, format string, args ...any) {
	if v.Condition == ingest.Ready {
		v.Condition, v.Reason, v.Do = c, ingest.Reason{Code: code, Detail: fmt.Sprintf(format, args...)}, code.Do()
	}
}

// compare reads the objects that hold an instance a second time.
func (v *SeriesView) compare(ctx context.Context, shelf Shelf, s LocalSeries) error {
	get := func(ctx context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
		return shelf.Open(ctx, r.Object)
	}
	for _, double := range s.Assembly.Doubles {
		i := slices.IndexFunc(s.Assembly.Slots, func(r ingest.Record) bool {
			return r.Instance.SOPInstanceUID == double.Instance.SOPInstanceUID
		})
		if i < 0 {
			continue
		}
		first, err := stream.DigestOf(ctx, s.Assembly.Slots[i], get)
		if err != nil {
			return err
		}
		second, err := stream.DigestOf(ctx, double, get)
		if err != nil {
			return err
		}
		if first != second {
			slot := ingest.Slot{Frame: i/len(s.Assembly.Positions) + 1, Slice: i%len(s.Assembly.Positions) + 1}
			v.spoil(ingest.Inconsistent, ingest.CodeConflict, "two objects with one SOPInstanceUID differ in content, at %s: %s and %s", slot, s.Assembly.Slots[i].Key, double.Key)
		}
	}
	return nil
}

// contentsIn returns the sound objects of a series. Those of one that could not
// be put together fill no slots.
func contentsIn(s LocalSeries) []stream.Content {
	if len(s.Assembly.Slots) > 0 {
		return stream.ContentsOf(s.Assembly)
	}
	var list []stream.Content
	for i := range s.Records {
		if r := &s.Records[i]; r.Fault.Code == "" {
			list = append(list, stream.Content{Record: r})
		}
	}
	return list
}

// add counts the values of a slice, and reports whether none but 0 was measured.
func (v *ValuesView) add(s *dicom.Slice) (blank bool) {
	blank = true
	padded := s.Padded()
	for i := range s.Pixels() {
		if padded && s.IsPadding(i) {
			v.Padding++
			continue
		}
		x := s.Value(i)
		blank = blank && x == 0
		if math.IsNaN(x) || math.IsInf(x, 0) {
			v.NotFinite++
			continue
		}
		v.Voxels++
		v.Min, v.Max, v.Sum = min(v.Min, x), max(v.Max, x), v.Sum+x
		if x < 0 {
			v.Negative++
		}
	}
	return blank
}

func (f *FrameView) slope(x float64) {
	if f.SlopeMax == 0 {
		f.SlopeMin, f.SlopeMax = x, x
	}
	f.SlopeMin, f.SlopeMax = min(f.SlopeMin, x), max(f.SlopeMax, x)
}
