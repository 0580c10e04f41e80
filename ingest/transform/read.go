package transform

import (
	"bytes"
	"path"
	"strings"
)

// MaxBytes bounds a file. Affine transforms take a few hundred bytes.
const MaxBytes = 1 << 20

// Read reads a transform. The name tells text formats apart that do not say
// what they are: FSL's .mat and AFNI's .1D.
func Read(name string, data []byte) (Transform, error) {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	switch {
	case len(data) > MaxBytes:
		return Transform{}, reject("the file has more than %d bytes", MaxBytes)
	case bytes.HasPrefix(data, []byte("#Insight Transform File")):
		return readITK(data)
	case strings.HasSuffix(name, ".lta"):
		return readLTA(data)
	case strings.HasSuffix(name, ".1d"):
		return readAFNI(data)
	case strings.HasSuffix(name, ".mat") && bytes.IndexByte(data, 0) >= 0:
		return readMATLAB(data)
	case strings.HasSuffix(name, ".mat"):
		return readFSL(data)
	}
	return Transform{}, reject("by its name and beginning it is not an ITK, ANTs, FSL, AFNI or FreeSurfer affine")
}
