package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
	"tacstream/ingest/transform"
)

// errNoTable means that nothing says what the regions of an image are called.
var errNoTable = errors.New("no look-up table")

// readRegions reads a region source by what its name says it is: a label image
// or probabilities in NIfTI, with the look-up table that names their regions,
// else DICOM, which needs none. Table may be nil.
func readRegions(name string, image, table io.Reader) (ingest.Segmentation, error) {
	if !isNIfTI(name) {
		data, err := io.ReadAll(io.LimitReader(image, ingest.DefaultRegionsBytes+1))
		switch {
		case err != nil:
			return ingest.Segmentation{}, err
		case len(data) > ingest.DefaultRegionsBytes:
			return ingest.Segmentation{}, ingest.Reject(ingest.CodeTooLarge, "DICOM regions of more than %d bytes", ingest.DefaultRegionsBytes)
		}
		return readDICOM(data)
	}
	names, err := regionNames(name, table)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	if ingest.IsProbabilities(filepath.ToSlash(name)) {
		s, err := nifti.ReadProbabilities(image, names, nifti.Options{})
		s.Standard = cmp.Or(standardSpace(name), s.Standard)
		return s, err
	}
	labels, err := nifti.ReadLabels(image, nifti.Options{})
	if err != nil {
		return ingest.Segmentation{}, err
	}
	labels.Names = names
	return ingest.Segmentation{Labels: &labels, Standard: cmp.Or(standardSpace(name), labels.Standard)}, nil
}

// gridOf returns the columns, rows and slices of a region source, as far as they
// are known.
func gridOf(key string, data []byte) [3]int {
	if isNIfTI(key) {
		return nifti.GridOf(data)
	}
	return dicom.Options{}.GridOf(data)
}

// readDICOM reads regions in DICOM. The line lets none in that name no frame of
// reference; by hand they are taken, with a warning.
func readDICOM(data []byte) (ingest.Segmentation, error) {
	s, err := dicom.Options{}.ReadRegions(data)
	if err == nil && s.FrameOfReferenceUID == "" {
		s.Warnings = append(s.Warnings, ingest.Warning{
			Code: ingest.WarnLabels, Level: ingest.LevelDoubt,
			Detail: "the regions name no frame of reference, so nothing says that they belong to this series",
		})
	}
	return s, err
}

func isNIfTI(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".nii") || strings.HasSuffix(name, ".nii.gz")
}

// standardSpace names the standard space that a file's name has as BIDS writes
// it, space-MNI152NLin6Asym, "" where it has none or a person's own.
func standardSpace(name string) string {
	for entity := range strings.SplitSeq(path.Base(filepath.ToSlash(name)), "_") {
		space, found := strings.CutPrefix(entity, "space-")
		for _, known := range []string{"MNI", "Talairach", "fsaverage", "fsLR", "NMT", "D99", "INIA19"} {
			if found && strings.HasPrefix(strings.ToLower(space), strings.ToLower(known)) {
				return known
			}
		}
	}
	return ""
}

// regionNames returns what the regions of an image are called: what the table
// says or, without one, what the image's own name says of its only region.
func regionNames(image string, table io.Reader) (map[int32]string, error) {
	if table != nil {
		return nifti.ReadLUT(table)
	}
	if name := ingest.LabelOf(filepath.ToSlash(image)); name != "" && ingest.IsProbabilities(filepath.ToSlash(image)) {
		return map[int32]string{1: name}, nil
	}
	return nil, errNoTable
}

// maxLayerVoxels bounds the voxels that the regions of a set of images keep, in
// their boxes.
const maxLayerVoxels = 1 << 26

// addLayers adds the regions of another image of probabilities, which must lie
// on the same grid. They are numbered on.
func addLayers(s *ingest.Segmentation, more ingest.Segmentation) error {
	if s.Layers == nil || more.Layers == nil {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "only probabilities can be put together of several images")
	}
	if !sameGrid(s.Layers.Geometry, more.Layers.Geometry) {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "images of probabilities that belong together lie on different grids")
	}
	kept := 0
	for _, l := range slices.Concat(s.Layers.Regions, more.Layers.Regions) {
		kept += len(l.Weight)
	}
	if kept > maxLayerVoxels {
		return ingest.Reject(ingest.CodeTooLarge, "regions that span more than %d voxels together", maxLayerVoxels)
	}
	for _, l := range more.Layers.Regions {
		l.Index = int32(len(s.Layers.Regions) + 1)
		s.Layers.Regions = append(s.Layers.Regions, l)
	}
	s.Warnings = append(s.Warnings, more.Warnings...)
	return nil
}

// sameGrid reports whether two grids are one but for the rounding of their
// headers, which hold 32 bits.
func sameGrid(a, b ingest.Geometry) bool {
	const rounding = 1e-4 // mm
	for r := range a.Affine {
		for c := range a.Affine[r] {
			if !(math.Abs(a.Affine[r][c]-b.Affine[r][c]) <= rounding) {
				return false
			}
		}
	}
	return a.Size == b.Size
}

// ReadRegionsFiles reads regions, or a set of images of probabilities with a
// region each.
func ReadRegionsFiles(images []string, table string) (ingest.Segmentation, error) {
	s, err := ReadRegionsFile(images[0], table)
	for _, image := range images[1:] {
		if err != nil {
			return s, err
		}
		var more ingest.Segmentation
		if more, err = ReadRegionsFile(image, table); err == nil {
			if err = addLayers(&s, more); err != nil {
				err = fmt.Errorf("%s: %w", image, err)
			}
		}
	}
	return s, err
}

// Regions are where the regions of a series are, and what brings them into its
// space.
type Regions struct {
	ingest.Segmentation
	Transform *transform.Transform // nil where they lie in the series' space
	Invert    bool                 // the transform goes from the series to the regions
	Rules     extract.Rules        // what to make of them
}

// on returns the regions in the space of a series.
func (r Regions) on(pet ingest.Geometry, h ingest.Header) (ingest.Segmentation, error) {
	if r.Transform != nil {
		return r.Transform.Apply(r.Segmentation, pet, r.Invert)
	}
	if r.Standard != "" {
		r.Warnings = append(slices.Clone(r.Warnings), ingest.Warning{
			Code: ingest.WarnLabels, Level: ingest.LevelDoubt, Value: 1,
			Detail: fmt.Sprintf("the regions say that they lie in the standard space %s, and no transform brings them into that of the series", r.Standard),
		})
	}
	if r.FrameOfReferenceUID != "" && r.FrameOfReferenceUID != h.Strict.FrameOfReferenceUID {
		return r.Segmentation, ingest.Reject(ingest.CodeRegionsElsewhere, "the regions are in another frame of reference than the series, and no transform is given")
	}
	return r.Segmentation, nil
}

// ReadTransformFile reads a transform that brings regions into the space of a
// series.
func ReadTransformFile(file string) (*transform.Transform, error) {
	f, err := OpenFile(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, transform.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	t, err := transform.Read(file, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &t, nil
}

// maxRulesBytes bounds a file of rules.
const maxRulesBytes = 64 << 10

// deepestRules bounds how deep lists and maps of rules lie in each other.
const deepestRules = 8

// ReadRulesFile reads a file of rules: each name with the list of regions that
// it is made of and, under erode, regions with the depth in mm to take off.
func ReadRulesFile(file string) (extract.Rules, error) {
	data, err := ReadFile(file, maxRulesBytes)
	if err != nil {
		return extract.Rules{}, err
	}
	rules, err := parseRules(data)
	if err != nil {
		return rules, fmt.Errorf("%s: %w", file, err)
	}
	return rules, nil
}

// parseRules reads rules in YAML, such as
//
//	nucleus_accumbens: [Left-Accumbens-area, Right-Accumbens-area]
//	erode:
//	  Cerebellum: 4
func parseRules(data []byte) (extract.Rules, error) {
	rules := extract.Rules{Merge: map[string][]string{}}
	if err := tame(data); err != nil {
		return rules, err
	}
	var file map[string]any
	if err := yaml.Unmarshal(data, &file); err != nil {
		return rules, fmt.Errorf("no YAML of names and lists: %s", yaml.FormatError(err, false, false))
	}
	for _, name := range slices.Sorted(maps.Keys(file)) {
		value := file[name]
		var err error
		switch list := value.(type) {
		case []any:
			rules.Merge[name], err = namesIn(list)
		case map[string]any:
			if name != "erode" {
				return rules, fmt.Errorf("%q is made of no list of regions; write %s: [A, B]", name, name)
			}
			rules.Erode, err = depthsIn(list)
		default:
			err = fmt.Errorf("write %s: [A, B]", name)
		}
		if err != nil {
			return rules, fmt.Errorf("rule for %q: %w", name, err)
		}
	}
	return rules, nil
}

// tame refuses YAML of which a little text would take much memory: aliases, and
// lists in lists.
func tame(data []byte) error {
	depth, entries, line := 0, 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			entries, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.AliasType, token.AnchorType:
			return fmt.Errorf("line %d: rules have no aliases; put a name that begins with * or & in quotes", line)
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			entries++
		}
		if depth+entries > deepestRules {
			return fmt.Errorf("line %d: lists in lists; rules are names and lists of names", line)
		}
	}
	return nil
}

func namesIn(list []any) ([]string, error) {
	var names []string
	for _, x := range list {
		name, ok := x.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no name; put it in quotes", x)
		}
		names = append(names, name)
	}
	return names, nil
}

func depthsIn(list map[string]any) (map[string]float64, error) {
	depths := map[string]float64{}
	for name, x := range list {
		switch mm := x.(type) {
		case float64:
			depths[name] = mm
		case uint64:
			depths[name] = float64(mm)
		default:
			return nil, fmt.Errorf("%s: %v is no depth in mm", name, x)
		}
	}
	return depths, nil
}
