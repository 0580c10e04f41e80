package watch_test

import (
	"fmt"
	"time"

	"tacstream/ingest"
)

var firstFrame = time.Date(2024, 3, 12, 10, 31, 7, 0, time.UTC)

// wholeSeries returns the records of a whole series of 2 mm slices and one-minute
// frames.
func wholeSeries(frames, slices int) []ingest.Record {
	head := &ingest.Header{Strict: ingest.Strict{
		SeriesInstanceUID: "1.2.3", SOPClassUID: "1.2.840.10008.5.1.4.1.1.128", SeriesType: "DYNAMIC",
		Units: "BQML", DecayCorrection: "START", NumberOfSlices: slices, NumberOfTimeSlices: frames,
		Rows: 4, Columns: 4, Orientation: [6]float64{1, 0, 0, 0, 1, 0}, PixelSpacing: [2]float64{2, 2}, HalfLife: 1221.66,
	}, Soft: ingest.Soft{SeriesStart: firstFrame}}
	var records []ingest.Record
	for f := range frames {
		for s := range slices {
			records = append(records, ingest.Record{
				Object: ingest.Object{Bucket: "inbox", Key: fmt.Sprintf("a/pet/%d-%d.dcm", f, s), ETag: fmt.Sprintf("e%d-%d", f, s), Size: 100},
				Kind:   ingest.KindSlice, Site: "local", Series: "tok", Header: head,
				Instance: &ingest.Instance{
					SOPInstanceUID: fmt.Sprintf("1.2.3.%d.%d", f, s), Position: [3]float64{0, 0, 2 * float64(s)},
					AcquisitionTime: firstFrame.Add(time.Duration(f) * time.Minute), Duration: time.Minute,
				},
			})
		}
	}
	return records
}

// edited changes a copy of one record.
func edited(i int, change func(*ingest.Record)) func([]ingest.Record) []ingest.Record {
	return func(rs []ingest.Record) []ingest.Record {
		inst, head := *rs[i].Instance, *rs[i].Header
		rs[i].Instance, rs[i].Header = &inst, &head
		change(&rs[i])
		return rs
	}
}
