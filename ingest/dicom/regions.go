package dicom

import (
	"errors"

	"tacstream/ingest"
)

// UIDs of the classes that hold regions (PS3.4, B.5).
const (
	classSegmentation = "1.2.840.10008.5.1.4.1.1.66.4"
	classLabelMap     = "1.2.840.10008.5.1.4.1.1.66.7"
	classStructureSet = "1.2.840.10008.5.1.4.1.1.481.3"
)

// IsRegions reports whether objects of a class hold regions that ReadRegions
// reads.
func IsRegions(sopClassUID string) bool {
	switch sopClassUID {
	case classSegmentation, classLabelMap, classStructureSet:
		return true
	}
	return false
}

// HoldsRegions is IsRegions for watch.Door.
func (Options) HoldsRegions(sopClassUID string) bool { return IsRegions(sopClassUID) }

// ReadRegions reads the regions of a DICOM segmentation, a label map or an RT
// structure set: Layers, Labels or Outlines. Every error is an
// ingest.Rejection that says what is wrong with the regions.
//
// What it allocates grows with what the object holds, not with what its
// header claims.
func (o Options) ReadRegions(data []byte) (ingest.Segmentation, error) {
	s, err := o.readRegions(data)
	if err != nil {
		return ingest.Segmentation{}, unreadable(err)
	}
	return s, nil
}

// unreadable says that a fault is one of a region source.
func unreadable(err error) error {
	var need needError
	if errors.As(err, &need) {
		err = ingest.Reject(ingest.CodeTruncated, "shorter than its header says")
	}
	why := ingest.ReasonOf(err)
	return ingest.Reject(ingest.CodeRegionsUnreadable, "DICOM regions: %s", why.Detail)
}

func (o Options) readRegions(data []byte) (ingest.Segmentation, error) {
	set, syntax, err := openWhole(data)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	if set.big {
		return ingest.Segmentation{}, errRegionsSyntax(syntax)
	}
	found, err := set.pick(tagSOPClass, tagFrameOfReference, tagCharset)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	text := scriptOf(set.value(found[2]))
	var s ingest.Segmentation
	switch class := string(set.value(found[0])); class {
	case classSegmentation, classLabelMap:
		s, err = o.readSegmentation(set, syntax, text)
	case classStructureSet:
		s, err = readStructureSet(set, text)
	default:
		return s, ingest.Reject(ingest.CodeNotDICOM, "the object has a class without regions (%s)", nameOf(class))
	}
	if own := set.value(found[1]); s.FrameOfReferenceUID == "" && isUID(own) {
		s.FrameOfReferenceUID = string(own)
	}
	return s, err
}

// SpaceOf returns the FrameOfReferenceUID in which the regions of a whole
// object lie, as ReadRegions does, at the price of its header. An object
// without one is rejected: nothing says where its regions are.
func (Options) SpaceOf(data []byte) (string, error) {
	space, err := spaceOf(data)
	if err == nil && space == "" {
		err = ingest.Reject(ingest.CodeGeometry, "FrameOfReferenceUID is missing, so nothing says which images they belong to")
	}
	if err != nil {
		return "", unreadable(err)
	}
	return space, nil
}

// GridOf returns the columns and rows of a segmentation, 0 where it has none;
// its slices are not counted.
func (Options) GridOf(data []byte) (grid [3]int) {
	set, _, err := openWhole(data)
	if err != nil || set.big {
		return grid
	}
	found, err := set.pick(keys[columns].tag, keys[rows].tag)
	if err != nil {
		return grid
	}
	for i := range found {
		grid[i], _ = set.short(found[i])
	}
	return grid
}

func spaceOf(data []byte) (string, error) {
	set, _, err := openWhole(data)
	if err != nil {
		return "", err
	}
	found, err := set.pick(tagSOPClass, tagFrameOfReference, tagStructureSetROIs, tagReferencedFrames)
	if err != nil {
		return "", err
	}
	if string(set.value(found[0])) == classStructureSet {
		space, err := structureSpace(set, found[2], found[3])
		if err != nil || space != "" {
			return space, err
		}
	}
	if own := set.value(found[1]); isUID(own) {
		return string(own), nil
	}
	return "", nil
}
