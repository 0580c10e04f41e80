package ingest

import (
	"fmt"
	"slices"
	"time"
)

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
	Joined       Condition = "joined"       // whole, and part of an acquisition that began with another series
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
	Relatives
	// Since is when it came to this, zero where that is not known.
	Since time.Time
}

// LacksRegions reports whether a series is whole and waits for regions alone.
func (o Outcome) LacksRegions() bool {
	return o.Condition == Waiting && o.Reason.Code == CodeNoRegions
}

// Relatives names the series that go with one.
type Relatives struct {
	Lead  Token   `json:"lead,omitempty"`  // the series that this one continues
	Parts []Token `json:"parts,omitempty"` // those that continue this one
	Twins []Token `json:"twins,omitempty"` // other reconstructions of the same acquisition
}

// Names reports whether a series is among them.
func (f Relatives) Names(series Token) bool {
	return f.Lead == series || slices.Contains(f.Parts, series) || slices.Contains(f.Twins, series)
}

// Equal reports whether both families name the same series.
func (f Relatives) Equal(g Relatives) bool {
	return f.Lead == g.Lead && slices.Equal(f.Parts, g.Parts) && slices.Equal(f.Twins, g.Twins)
}

// MaxMissing bounds Outcome.Missing.
const MaxMissing = 20
