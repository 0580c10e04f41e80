package phantom

import (
	"fmt"
	"iter"
	"path"

	"tacstream/ingest"
)

// A File is one file as a facility drops it.
type File struct {
	Name string      // its path below the drop, with slashes
	Slot ingest.Slot // which frame and slice it holds; zero for a file of regions
	Data []byte      // fresh for each file: the caller may keep and change it
}

// Files returns the files of the series: the slices, frame after frame and
// from the lowest slice up, then the regions. It makes them as they are asked
// for.
func (s Series) Files() iter.Seq[File] {
	return func(yield func(File) bool) {
		for f := range s.Slices() {
			if !yield(f) {
				return
			}
		}
		for _, f := range s.Regions() {
			if !yield(f) {
				return
			}
		}
	}
}

// Slices returns the files of the series without its regions.
func (s Series) Slices() iter.Seq[File] {
	return func(yield func(File) bool) {
		scan := s.acquire()
		for frame := range scan.Frames {
			for slice := range scan.Size[2] {
				if !yield(scan.file(frame, slice)) {
					return
				}
			}
		}
	}
}

// Regions returns the region source of the series, as BIDS has it: a label
// image on the grid of the series and its look-up table.
func (s Series) Regions() []File {
	labels := s.Labels()
	stem := ""
	if s.Name != "" {
		stem = path.Base(s.Name) + "_"
	}
	return []File{
		{Name: path.Join(s.Folder, stem+"dseg.nii.gz"), Data: NIfTI(labels)},
		{Name: path.Join(s.Folder, "dseg.tsv"), Data: LookUpTable(labels)},
	}
}

// file makes the file of a slice, counted from 0.
func (a *acquisition) file(frame, slice int) File {
	a.expose(frame, slice)
	slope := a.slope()
	return File{
		Name: path.Join(a.Folder, "pet", fmt.Sprintf("f%03d-s%03d.dcm", frame+1, slice+1)),
		Slot: ingest.Slot{Frame: frame + 1, Slice: slice + 1},
		Data: a.encode(frame, slice, slope),
	}
}
