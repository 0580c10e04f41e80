package ingest

// A Segmentation says where the regions of a series are, in one of three ways:
// exactly one of Labels, Layers and Outlines is set.
type Segmentation struct {
	Labels   *Labels   // a voxel of a grid belongs to one region
	Layers   *Layers   // a voxel of a grid belongs to any number of regions, to each in part
	Outlines *Outlines // closed contours in planes
	// FrameOfReferenceUID is the space in which a DICOM source lies, empty for
	// sources of other kinds.
	FrameOfReferenceUID string
	// Standard names the standard space, such as MNI152, in which the source
	// says it lies, empty for a person's own space.
	Standard string
	Warnings []Warning
}

// Layers are regions that may overlap and whose voxels may belong in part.
type Layers struct {
	Geometry Geometry // of the whole grid
	Regions  []Layer
}

// A Layer is how much of each voxel belongs to one region.
type Layer struct {
	Index int32  // in the source, such as SegmentNumber
	Name  string // empty where the source has none
	// First and Size are the box of voxels of the grid outside which the
	// region has nothing.
	First, Size [3]int
	// Weight holds one value for each voxel of the box, column fastest, then
	// row, then slice, as a fraction of FullWeight.
	Weight []uint16
}

// FullWeight is the weight of a voxel that belongs to a region as a whole.
const FullWeight = 65535

// Outlines are regions that are drawn as contours.
type Outlines struct {
	Regions []Outline
}

// An Outline is a region: the points inside an odd number of its contours of
// a plane, so that a contour within another is a hole.
type Outline struct {
	Index    int32  // in the source, such as ROINumber
	Name     string // empty where the source has none
	Contours []Contour
}

// A Contour is a closed planar polygon in RAS+ mm. Its last point joins its
// first.
type Contour []Vec

// A Run is pixels of a slice, from First up to before End in the order of
// their storage, that all belong to a region by the same weight. Runs may
// overlap.
type Run struct {
	First, End int32
	Region     uint16  // counted from 1
	Weight     float32 // above 0 and at most 1
}
