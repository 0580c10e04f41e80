// Package mgh reads label images as FreeSurfer writes them, in MGH files that
// may be gzipped (.mgz).
//
// Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat.
package mgh

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"tacstream/ingest"
)

// segmentation is the name of a label image, as FreeSurfer or BIDS names it.
// Other images of a FreeSurfer folder, such as T1.mgz, hold no labels.
var segmentation = regexp.MustCompile(`(?:^|[_.])(?:aseg|aparc(?:\.[a-z0-9]+)?\+aseg|wmparc|.*dseg)\.mg(?:z|h|h\.gz)$`)

// standard is the name of a label image whose indices are those of table.
var standard = regexp.MustCompile(`(?:^|[_.])(?:aseg|aparc\+aseg|aparc\.dktatlas\+aseg)\.mg(?:z|h|h\.gz)$`)

// extension is how the name of an MGH file ends.
var extension = regexp.MustCompile(`(?i)\.mg(?:z|h|h\.gz)$`)

// Named reports whether an object is a label image by its key.
func Named(key string) bool { return segmentation.MatchString(strings.ToLower(path.Base(key))) }

// Order orders the label images that FreeSurfer leaves side by side, so that all
// subjects of a study get the same one: what was named a dseg on purpose, the
// Desikan-Killiany cortex with the subcortical regions, these alone, then others.
func Order(key string) int {
	name := strings.ToLower(extension.ReplaceAllString(path.Base(key), ""))
	switch {
	case strings.HasSuffix(name, "dseg"):
		return 0
	case strings.HasSuffix(name, "aparc+aseg"):
		return 1
	case strings.HasSuffix(name, "wmparc"), strings.Contains(name, "+aseg"):
		return 3
	}
	return 2
}

// Extension reports whether a file is an MGH file by its name.
func Extension(key string) bool { return extension.MatchString(key) }

// IsTable reports whether an object is the look-up table of a label image that
// FreeSurfer named, by its key.
func IsTable(key string) bool {
	stem, found := strings.CutSuffix(key, ".tsv")
	return found && Named(stem+".mgz")
}

// Tables returns the keys of the look-up tables that may name the regions of an
// image, the first one first: that of the same stem, and for *dseg.mgz the one
// that all of a folder share.
func Tables(key string) []string {
	stem := extension.ReplaceAllString(key, "")
	list := []string{stem + ".tsv"}
	if folder, name := path.Split(stem); strings.HasSuffix(strings.ToLower(name), "dseg") {
		list = append(list, folder+"dseg.tsv")
	}
	return list
}

// table has the names of the indices of aseg and aparc+aseg.
//
// Source: FreeSurferColorLUT.txt of FreeSurfer 7,
// https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/AnatomicalROI/FreeSurferColorLUT.
//
//go:embed aparc+aseg.tsv
var table string

// Names returns what the regions of an image are called that FreeSurfer made
// with its standard numbers, nil for any other image.
func Names(key string) map[int32]string {
	if !standard.MatchString(strings.ToLower(path.Base(key))) {
		return nil
	}
	names := map[int32]string{}
	for line := range strings.Lines(table) {
		index, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if i, err := strconv.ParseInt(index, 10, 32); err == nil {
			names[int32(i)] = name
		}
	}
	return names
}

// Read reads a label image, and calls its regions by names.
func Read(image io.Reader, names map[int32]string) (ingest.Segmentation, error) {
	labels, err := ReadLabels(image)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	labels.Names = names
	return ingest.Segmentation{Labels: &labels}, nil
}

// MaxVoxels is the number of voxels above which an image is refused.
const MaxVoxels = 512 * 512 * 256

const (
	headerBytes = 284      // the voxels follow
	maxTrailing = 16 << 20 // what may follow the voxels: scan parameters, colours
	maxMM       = 1e6      // bounds every number of an affine
)

// wholeTolerance is how far a label that is kept as a float may be off a whole
// number.
const wholeTolerance = 1e-3

// The types of voxels. FreeSurfer numbers more, none of which it keeps labels in.
const (
	typeUint8   = 0
	typeInt32   = 1
	typeFloat32 = 3
	typeInt16   = 4
	typeUint16  = 10
)

// ReadLabels reads a label image, gzipped or not. Voxels that are not a number
// or are negative become background, with ingest.WarnLabels. Names is left empty.
// What it allocates grows with what comes, not with what the header claims.
func ReadLabels(r io.Reader) (ingest.Labels, error) {
	src := &source{r: r}
	labels, err := readLabels(src)
	if src.err != nil {
		return ingest.Labels{}, src.err
	}
	return labels, err
}

// GridOf returns the columns, rows and slices of an image, 0 where it is none
// that can be read.
func GridOf(data []byte) [3]int {
	_, h, err := open(bytes.NewReader(data))
	if err != nil {
		return [3]int{}
	}
	return h.size
}

// A source remembers the error of a reader, so that a broken connection is not
// taken for a broken file.
type source struct {
	r   io.Reader
	err error // never io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// A header says how large an image is and where it lies.
type header struct {
	size     [3]int
	datatype int32
	placed   bool          // the rest is there
	delta    [3]float64    // sides of a voxel, mm
	axes     [3][3]float64 // unit vectors along columns, rows and slices, RAS+
	centre   [3]float64    // of the volume, RAS+ mm
}

// open reads the header and returns what reads the voxels behind it.
func open(src io.Reader) (io.Reader, header, error) {
	r := bufio.NewReaderSize(src, 64<<10)
	if magic, err := r.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, header{}, reject("its gzip header is damaged")
		}
		r = bufio.NewReaderSize(z, 64<<10)
	}
	raw := make([]byte, headerBytes)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, header{}, reject("it is shorter than the header of an MGH file")
	}
	h, err := parse(raw)
	return r, h, err
}

// parse reads a header. All numbers are big-endian.
func parse(raw []byte) (header, error) {
	whole := func(i int) int32 { return int32(binary.BigEndian.Uint32(raw[4*i:])) }
	if whole(0) != 1 {
		return header{}, reject("it is not an MGH file of version 1")
	}
	var h header
	voxels := 1
	for axis := range h.size {
		n := int(whole(1 + axis))
		if n < 1 || n > MaxVoxels/voxels {
			return h, reject("it has an impossible size, or more than %d voxels", MaxVoxels)
		}
		h.size[axis], voxels = n, voxels*n
	}
	if whole(4) != 1 {
		return h, reject("it has %d frames; labels are one volume of whole numbers", whole(4))
	}
	h.datatype = whole(5)
	h.placed = binary.BigEndian.Uint16(raw[28:]) == 1
	real := func(i int) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(raw[30+4*i:]))) }
	for i := range 3 {
		h.delta[i], h.centre[i] = real(i), real(12+i)
		for j := range 3 {
			h.axes[i][j] = real(3 + 3*i + j)
		}
	}
	return h, nil
}

// unplaced is where FreeSurfer takes an image to lie that does not say so:
// voxels of 1 mm in coronal slices around zero.
func (h header) unplaced() header {
	h.delta, h.centre = [3]float64{1, 1, 1}, [3]float64{}
	h.axes = [3][3]float64{{-1, 0, 0}, {0, 0, -1}, {0, 1, 0}}
	return h
}

// affine returns where the voxels are. With the unit vectors along the axes of
// the volume as the columns of Mdc, the voxel's sides on the diagonal of D, the
// size N and the centre c, voxel v lies at
//
//	Mdc·D·v + c − Mdc·D·(N/2)
//
// Source: load_mgh.m of FreeSurfer.
func (h header) affine() (ingest.Affine, []ingest.Warning, error) {
	var warnings []ingest.Warning
	if !h.placed {
		h = h.unplaced()
		warnings = []ingest.Warning{ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, 0, 1,
			"The label image does not state its position (goodRASFlag is not 1): its position is a guess.")}
	}
	var a ingest.Affine
	for r := range a {
		a[r][3] = h.centre[r]
		for c := range h.axes {
			a[r][c] = h.axes[c][r] * h.delta[c]
			a[r][3] -= a[r][c] * float64(h.size[c]) / 2
		}
		for _, x := range a[r] {
			if !(math.Abs(x) <= maxMM) {
				return a, nil, reject("its voxels have impossible positions")
			}
		}
	}
	if _, err := a.Inverse(); err != nil {
		return a, nil, reject("its voxels have no volume")
	}
	return a, warnings, nil
}

func readLabels(src io.Reader) (ingest.Labels, error) {
	r, h, err := open(src)
	if err != nil {
		return ingest.Labels{}, err
	}
	affine, warnings, err := h.affine()
	if err != nil {
		return ingest.Labels{}, err
	}
	labels := ingest.Labels{Geometry: ingest.Geometry{Size: h.size, Affine: affine}, Warnings: warnings}
	odd := 0
	if labels.Index, odd, err = h.readIndex(r, labels.Geometry.Voxels()); err != nil {
		return ingest.Labels{}, err
	}
	if odd > 0 {
		labels.Warnings = append(labels.Warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(odd), 0,
			"The label image has %s below 0 or without a number; such voxels are background.", ingest.Count(odd, "voxel")))
	}
	n, err := io.CopyN(io.Discard, r, maxTrailing+1)
	switch {
	case n > maxTrailing:
		return ingest.Labels{}, reject("it goes on far beyond its voxels")
	case !errors.Is(err, io.EOF):
		return ingest.Labels{}, reject("it is damaged: its checksum or its end is wrong")
	}
	return labels, nil
}

// readIndex reads n voxels, and counts those that were taken as background.
func (h header) readIndex(r io.Reader, n int) (index []int32, odd int, err error) {
	width, value := decoder(h.datatype)
	if width == 0 {
		return nil, 0, reject("its voxels have type %d, which is not used for labels", h.datatype)
	}
	const chunk = 32 << 10 // voxels
	buf := make([]byte, min(n, chunk)*width)
	index = make([]int32, 0, min(n, 32*chunk))
	for len(index) < n {
		part := buf[:min(n-len(index), chunk)*width]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, 0, reject("it is damaged, or shorter than its header says")
		}
		for at := 0; at < len(part); at += width {
			v := value(part[at:])
			label := math.Round(v)
			switch {
			case math.IsNaN(v), label < 0 && !math.IsInf(v, 0):
				label, odd = 0, odd+1
			case !(math.Abs(v-label) <= wholeTolerance && label <= math.MaxInt32):
				return nil, 0, reject("it has a voxel that is not a whole number of at most 31 bits")
			}
			index = append(index, int32(label))
		}
	}
	return index, odd, nil
}

// decoder returns the width of a type of voxels in bytes and what reads one from
// the beginning of a slice. The width of an unknown type is 0.
func decoder(datatype int32) (width int, value func(b []byte) float64) {
	order := binary.BigEndian
	switch datatype {
	case typeUint8:
		return 1, func(b []byte) float64 { return float64(b[0]) }
	case typeInt16:
		return 2, func(b []byte) float64 { return float64(int16(order.Uint16(b))) }
	case typeUint16:
		return 2, func(b []byte) float64 { return float64(order.Uint16(b)) }
	case typeInt32:
		return 4, func(b []byte) float64 { return float64(int32(order.Uint32(b))) }
	case typeFloat32:
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }
	}
	return 0, nil
}

func reject(format string, args ...any) error {
	return ingest.Reject(ingest.CodeRegionsUnreadable, "FreeSurfer label image: "+format, args...)
}
