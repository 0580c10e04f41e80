package dicom

import (
	"bytes"

	"tacstream/ingest"
)

// Tags of RT structure sets (PS3.3, C.8.8.5 and C.8.8.6).
const (
	tagReferencedFrames    = 0x30060010
	tagStructureSetROIs    = 0x30060020
	tagROINumber           = 0x30060022
	tagROIFrameOfReference = 0x30060024
	tagROIName             = 0x30060026
	tagROIContours         = 0x30060039
	tagContours            = 0x30060040
	tagContourType         = 0x30060042
	tagContourPoints       = 0x30060046
	tagContourData         = 0x30060050
	tagReferencedROI       = 0x30060084
)

// maxPoints bounds the points of all contours. Drawn regions have thousands,
// dense ones made by programs a few hundred thousand.
const maxPoints = 1 << 22

// An roi is what a structure set says of a region besides its contours.
type roi struct {
	name  string
	space string // frame of reference, empty where it is not named
}

// A structureSet is read region by region.
type structureSet struct {
	rois     map[int]roi
	outlines ingest.Outlines
	space    string
	points   int // of all contours
	open     int // contours that enclose nothing
	empty    int // regions without closed contours
}

// readStructureSet reads closed contours. Points and open contours enclose
// nothing and are left out, with a warning. Contours of a region that overlap
// exclude each other, as the standard says of CLOSEDPLANAR_XOR and as holes
// are commonly drawn with CLOSED_PLANAR.
func readStructureSet(set dataset, text script) (ingest.Segmentation, error) {
	found, err := set.pick(tagStructureSetROIs, tagROIContours, tagReferencedFrames)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	s := structureSet{rois: map[int]roi{}}
	if err := set.each(found[0], func(item dataset) error { return s.describe(item, text) }); err != nil {
		return ingest.Segmentation{}, err
	}
	if err := set.each(found[1], s.outline); err != nil {
		return ingest.Segmentation{}, err
	}
	if len(s.outlines.Regions) == 0 {
		return ingest.Segmentation{}, ingest.Reject(ingest.CodeMalformed, "no region has a closed contour")
	}
	if s.space == "" {
		if s.space, err = structureSpace(set, element{}, found[2]); err != nil {
			return ingest.Segmentation{}, err
		}
	}
	return ingest.Segmentation{Outlines: &s.outlines, FrameOfReferenceUID: s.space, Warnings: s.warnings()}, nil
}

// structureSpace returns the frame of reference of the first region that names
// one, else the first that the structure set refers to.
func structureSpace(set dataset, rois, frames element) (space string, err error) {
	for _, in := range []struct {
		seq element
		tag uint32
	}{{rois, tagROIFrameOfReference}, {frames, tagFrameOfReference}} {
		err = set.each(in.seq, func(item dataset) error {
			found, err := item.pick(in.tag)
			if err != nil {
				return err
			}
			if uid := item.value(found[0]); space == "" && isUID(uid) {
				space = string(uid)
			}
			return nil
		})
		if err != nil || space != "" {
			break
		}
	}
	return space, err
}

// describe reads the number, name and space of a region.
func (s *structureSet) describe(item dataset, text script) error {
	found, err := item.pick(tagROINumber, tagROIName, tagROIFrameOfReference)
	if err != nil {
		return err
	}
	number, ok := item.whole(found[0])
	_, had := s.rois[number]
	switch {
	case !ok:
		return ingest.Reject(ingest.CodeMalformed, "a region has no ROINumber")
	case had:
		return ingest.Reject(ingest.CodeMalformed, "two regions have the number %d", number)
	case len(s.rois) == maxSegments:
		return ingest.Reject(ingest.CodeTooLarge, "the object has more than %d regions", maxSegments)
	}
	r := roi{name: text.name(item.value(found[1]))}
	if space := item.value(found[2]); isUID(space) {
		r.space = string(space)
	}
	s.rois[number] = r
	return nil
}

// outline reads the contours of a region.
func (s *structureSet) outline(item dataset) error {
	found, err := item.pick(tagReferencedROI, tagContours)
	if err != nil {
		return err
	}
	number, ok := item.whole(found[0])
	r, known := s.rois[number]
	if !ok || !known {
		return ingest.Reject(ingest.CodeMalformed, "contours belong to a region that is not described")
	}
	o := ingest.Outline{Index: int32(number), Name: r.name}
	err = item.each(found[1], func(item dataset) error {
		c, err := s.contour(item)
		if len(c) > 0 {
			o.Contours = append(o.Contours, c)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case len(o.Contours) == 0:
		s.empty++
		return nil
	case s.space != "" && r.space != "" && r.space != s.space:
		return ingest.Reject(ingest.CodeGeometry, "the regions have more than one frame of reference")
	case r.space != "":
		s.space = r.space
	}
	s.outlines.Regions = append(s.outlines.Regions, o)
	return nil
}

// contour reads one contour, nil where it encloses nothing.
func (s *structureSet) contour(item dataset) (ingest.Contour, error) {
	found, err := item.pick(tagContourType, tagContourPoints, tagContourData)
	if err != nil {
		return nil, err
	}
	switch string(item.value(found[0])) {
	case "CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR":
	case "POINT", "OPEN_PLANAR", "OPEN_NONPLANAR":
		s.open++
		return nil, nil
	default:
		return nil, ingest.Reject(ingest.CodeMalformed, "a contour has an unknown ContourGeometricType")
	}
	data := item.value(found[2])
	if s.points += bytes.Count(data, []byte(`\`))/3 + 1; s.points > maxPoints {
		return nil, ingest.Reject(ingest.CodeTooLarge, "the contours have more than %d points together", maxPoints)
	}
	c, err := points(data)
	if err != nil {
		return nil, err
	}
	if n, ok := item.whole(found[1]); ok && n != len(c) {
		return nil, ingest.Reject(ingest.CodeMalformed, "a contour has %d points instead of %d", len(c), n)
	}
	if len(c) < 3 {
		s.open++
		return nil, nil
	}
	return c, nil
}

// points reads triplets in LPS and returns them in RAS+.
func points(data []byte) (ingest.Contour, error) {
	if len(data) == 0 {
		return nil, nil
	}
	n := bytes.Count(data, []byte(`\`)) + 1
	if n%3 != 0 {
		return nil, ingest.Reject(ingest.CodeMalformed, "a contour has %d coordinates, which is not a multiple of 3", n)
	}
	c := make(ingest.Contour, n/3) // 6 bytes or more were read for each 24 here
	for i := range n {
		var v []byte
		v, data, _ = bytes.Cut(data, []byte(`\`))
		mm, ok := decimal(trim(v))
		if !ok || !(mm >= -maxPosition && mm <= maxPosition) {
			return nil, ingest.Reject(ingest.CodeGeometry, "a contour has a coordinate that is no number or is beyond %g mm", float64(maxPosition))
		}
		if i%3 < 2 {
			mm = -mm
		}
		c[i/3][i%3] = mm
	}
	return c, nil
}

func (s *structureSet) warnings() []ingest.Warning {
	var list []ingest.Warning
	if n := s.open; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(n), 0,
			"The structure set has %s without area; points, open contours and contours of less than three points are left out.", ingest.Count(n, "contour")))
	}
	if n := s.empty; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(n), 0,
			"The structure set has %s without a closed contour; such regions are left out.", ingest.Count(n, "region")))
	}
	return list
}
