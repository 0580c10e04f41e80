package dicom

import (
	"bytes"
	"compress/gzip"
	"io"
)

// A format is how a kind of file begins that people take for a scan.
type format struct {
	at      int
	magic   string
	name    string
	archive bool
}

var formats = [...]format{
	{344, "n+1\x00", "a NIfTI-1 image", false},
	{344, "ni1\x00", "the header of a NIfTI-1 image", false},
	{4, "n+2\x00", "a NIfTI-2 image", false},
	{4, "ni2\x00", "the header of a NIfTI-2 image", false},
	{0, "MATRIX7", "an ECAT 7 image", false},
	{0, "\x89HDF\r\n", "an HDF5 file, such as a MINC 2 image", false},
	{0, "CDF\x01", "a NetCDF file, such as a MINC 1 image", false},
	{0, "CDF\x02", "a NetCDF file, such as a MINC 1 image", false},
	{0, "!INTERFILE", "an Interfile header", false},
	{0, "NRRD", "an NRRD image", false},
	{0, "ObjectType = Image", "the header of a MetaImage", false},
	{0, "\x00\x00\x01\x5c", "the header of an Analyze image", false},
	{0, "\x5c\x01\x00\x00", "the header of an Analyze image", false},
	{0, "PK\x03\x04", "a ZIP archive", true},
	{257, "ustar", "a tar archive", true},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive", true},
	{0, "Rar!\x1a\x07", "a RAR archive", true},
	{0, "BZh", "a file compressed by bzip2", true},
	{0, "\xfd7zXZ", "a file compressed by xz", true},
	{0, "\x28\xb5\x2f\xfd", "a file compressed by Zstandard", true},
}

// deepest is how much of a file is looked at: the magic of tar lies farthest
// behind.
const deepest = 512

// formatOf names the format of a file by its first bytes; archive means that
// something has to be unpacked. Compressed images count as images.
func formatOf(prefix []byte) (name string, archive bool) {
	if len(prefix) > 2 && prefix[0] == 0x1f && prefix[1] == 0x8b {
		if name, archive := formatOf(gunzipped(prefix)); name != "" {
			return name + ", compressed by gzip", archive
		}
		return "a file compressed by gzip", true
	}
	for _, f := range formats {
		if len(prefix) >= f.at && bytes.HasPrefix(prefix[f.at:], []byte(f.magic)) {
			return f.name, f.archive
		}
	}
	return "", false
}

// gunzipped returns the first bytes of what a file holds that begins so.
func gunzipped(prefix []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(prefix))
	if err != nil {
		return nil
	}
	plain := make([]byte, deepest)
	n, _ := io.ReadFull(z, plain) // the rest is not at hand
	if n > 1 && plain[0] == 0x1f && plain[1] == 0x8b {
		return nil
	}
	return plain[:n]
}
