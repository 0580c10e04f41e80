package dicom_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tacstream/ingest/dicom"
)

// requireTool skips where a foreign program is absent; in CI that is a
// failure.
func requireTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
}

// noisy is a slice of 33 × 46 pixels of noise about a slope, as PET has.
func noisy(signed uint16) object {
	rng := rand.New(rand.NewPCG(7, 9))
	var words pixelBytes
	for i := range 33 * 46 {
		v := int16(200*rng.NormFloat64()) + int16(i)
		if signed == 0 && v < 0 {
			v = -v
		}
		words = binary.LittleEndian.AppendUint16(words, uint16(v))
	}
	return sample().with(0x00280010, []uint16{46}).with(0x00280011, []uint16{33}).with(0x00280103, []uint16{signed}).
		with(0x00280004, "MONOCHROME2").with(0x7fe00010, words)
}

// Objects that other programs put into another transfer syntax have the
// values that they had.
func TestForeignProgramsWriteTheSameValues(t *testing.T) {
	tests := []struct {
		name    string
		command []string // input and output follow
		off     float64  // by how many stored units values may be off
		signed  bool     // also with negative numbers
	}{
		{"implicit", []string{"dcmconv", "+ti"}, 0, true},
		{"big endian", []string{"dcmconv", "+tb"}, 0, true},
		{"deflated", []string{"dcmconv", "+td"}, 0, true},
		{"sequences without length", []string{"dcmconv", "-e"}, 0, true},
		{"RLE", []string{"dcmcrle"}, 0, true},
		{"RLE in small fragments", []string{"dcmcrle", "+fs", "1"}, 0, true},
		{"JPEG Lossless SV1", []string{"dcmcjpeg", "+e1"}, 0, false},
		{"JPEG Lossless, predictor 6", []string{"dcmcjpeg", "+el", "+sv", "6"}, 0, false},
		{"JPEG Lossless in small fragments", []string{"dcmcjpeg", "+e1", "+fs", "1"}, 0, false},
		{"JPEG-LS", []string{"dcmcjpls"}, 0, true},
		{"JPEG-LS, off by 3 at most", []string{"dcmcjpls", "+en", "+md", "3"}, 3, false},
		{"JPEG 2000", []string{"gdcmconv", "--j2k"}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requireTool(t, tt.command[0])
			convertAndCompare(t, tt.command, noisy(0), tt.off)
			if tt.signed {
				convertAndCompare(t, tt.command, noisy(1), tt.off)
			}
		})
	}
}

// convertAndCompare has a program convert an object and compares the values of
// what comes out.
func convertAndCompare(t *testing.T, command []string, o object, off float64) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.dcm"), filepath.Join(dir, "out.dcm")
	if err := os.WriteFile(in, withMeta(o), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{}, command[1:]...), in, out)
	if text, err := exec.Command(command[0], args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command[0], err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if found := (dicom.Options{}).ReadHeader(data, int64(len(data))); found.Fault.Code != "" {
		t.Fatal(found.Fault)
	}
	want, got := values(t, o.bytes()), values(t, data)
	if len(got) != 1 || len(got[0]) != len(want[0]) {
		t.Fatalf("%d images", len(got))
	}
	for i := range want[0] {
		if math.Abs(got[0][i]-want[0][i]) > off*0.5 {
			t.Fatalf("pixel %d is %g, want %g", i, got[0][i], want[0][i])
		}
	}
}

// withMeta writes the object with the meta information that strict programs
// ask for.
func withMeta(o object) []byte {
	meta := object{elements: map[uint32]any{
		0x00020001: pixelBytes{0, 1}, 0x00020002: o.elements[0x00080016], 0x00020003: o.elements[0x00080018],
		0x00020010: explicitLE, 0x00020012: "1.2.3.9",
	}, vrs: map[uint32]string{0x00020001: "OB", 0x00020002: "UI", 0x00020003: "UI", 0x00020012: "UI"}}
	body := meta.write(nil, meta.elements, explicitLE)
	out := bytes.NewBuffer(append(make([]byte, 128), "DICM"...))
	out.Write(meta.write(nil, map[uint32]any{0x00020000: uint32(len(body))}, explicitLE))
	out.Write(body)
	out.Write(o.write(nil, o.elements, explicitLE))
	return out.Bytes()
}
