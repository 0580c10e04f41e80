package ingest

import "fmt"

// A Condition says what became of a series' input.
type Condition string

// The conditions of a series.
const (
	Receiving    Condition = "receiving"    // slots are missing and may still come
	Ready        Condition = "ready"        // whole, with regions: a job exists
	Waiting      Condition = "waiting"      // whole, without regions
	Incomplete   Condition = "incomplete"   // slots are missing and nothing came for the quiet time
	Inconsistent Condition = "inconsistent" // instances contradict each other
	Rejected     Condition = "rejected"     // an instance is at fault
	Absent       Condition = "absent"       // every object is gone
)

// A Slot is one place in a series: a slice in a frame, both counted from 1.
type Slot struct {
	Frame int `json:"frame"`
	Slice int `json:"slice"`
}

// String returns the slot in words.
func (s Slot) String() string { return fmt.Sprintf("frame %d slice %d", s.Frame, s.Slice) }

// An Outcome is what ingest states about a series.
type Outcome struct {
	Series    Token
	Site      Site
	Condition Condition
	Reason    Reason
	Have      int    // slots filled by sound objects
	Want      int    // slots of the series; 0 where the header leaves the counts out
	Frames    int    // 0 where not known
	Slices    int    // 0 where not known
	Missing   []Slot // the first MaxMissing of them
	// Multiframe means that an object may fill many slots, so that counting
	// objects says nothing of them.
	Multiframe bool
	// Unverified means that the series is taken as whole although its header
	// leaves the counts out.
	Unverified bool
}

// MaxMissing bounds Outcome.Missing.
const MaxMissing = 20
