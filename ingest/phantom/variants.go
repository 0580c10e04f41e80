package phantom

import (
	"iter"
	"path"
	"slices"

	"tacstream/ingest"
)

// Without returns the files but the one in a slot, as when a scanner's export
// lost it.
func Without(files iter.Seq[File], slot ingest.Slot) iter.Seq[File] {
	return func(yield func(File) bool) {
		for f := range files {
			if f.Slot != slot && !yield(f) {
				return
			}
		}
	}
}

// Truncated returns a copy of a file that broke off: the last quarter is
// missing.
func Truncated(data []byte) []byte { return slices.Clone(data[:len(data)-len(data)/4]) }

// CT returns a slice of computed tomography of the same animal on the same
// axes, as PET/CT scanners drop them beside a series. It is a series of its
// own.
func (s Series) CT() File {
	s = s.filled()
	o := object{Series: s, class: ctClass, series: s.uid("ct " + s.Name), instance: s.uid("ct instance " + s.Name)}
	e := newFile(o.class, o.instance, o.ImplicitVR)
	o.identify(e, "CT")
	o.patient(e)
	o.acquisition(e)
	o.place(e)
	o.image(e)
	o.rescale(e, newDecimal(1))
	n := 2 * s.Size[0] * s.Size[1]
	e.head(0x7FE0_0010, "OW", n)
	e.buf = append(e.buf, make([]byte, n)...)
	return File{Name: path.Join(s.Folder, "ct", "s001.dcm"), Data: e.buf}
}
