package ingest

import "time"

// An Assembly is a series put together: one object, or one plane of a
// multi-frame object, in every slot.
type Assembly struct {
	Series Token
	Site   Site
	Header Header
	// Starts holds the acquisition time of each frame, in order.
	Starts []time.Time
	// ByReference means that Starts are frame reference times, after a zero of
	// their own: acquisition times do not tell the frames apart.
	ByReference bool
	// Positions holds ImagePositionPatient (LPS mm) of each slice, in order
	// along the normal of the planes, the cross product of row and column
	// directions.
	Positions [][3]float64
	// Slots holds one record per slot, slice fastest: frame f, slice s is
	// Slots[f*len(Positions)+s].
	Slots []Record
	// Doubles holds further objects of instances in Slots whose ETag differs.
	// They are the same instance only if their content is.
	Doubles []Record
	// Folders holds the folders in which the series' objects lie, sorted.
	Folders []string
	Bucket  string
	// Split names the soft facts of the header in which instances disagree.
	Split []string
	// Ignored counts faulty objects whose slot a sound one fills.
	Ignored int
	// Torso is what is there of a series that lacks images; nil for a whole one.
	Torso *Torso
}

// A Torso shows the frames of a series that lacks images.
type Torso struct {
	// Frames has a single slice, filled by one image of each frame of which there
	// is any.
	Frames Assembly
	// At holds, for each frame that the series should have, which of those it is, −1
	// for one of which no image is there.
	At []int
}
