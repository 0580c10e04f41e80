package codec_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

const shared = "../../../shared/data/"

// sharedFiles lists objects beside the project.
func sharedFiles(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(shared + pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no %s here", pattern)
	}
	return files
}

// paramsOf reads what the header of an object in explicit VR says.
func paramsOf(t *testing.T, data []byte) codec.Params {
	t.Helper()
	short := func(tag string) int {
		i := bytes.LastIndex(data[:bytes.LastIndex(data, []byte("\xe0\x7f\x10\x00"))], []byte(tag+"US\x02\x00"))
		if i < 0 {
			t.Fatalf("no %x", tag)
		}
		return int(binary.LittleEndian.Uint16(data[i+8:]))
	}
	return codec.Params{
		Rows: short("\x28\x00\x10\x00"), Columns: short("\x28\x00\x11\x00"), SamplesPerPixel: short("\x28\x00\x02\x00"),
		BitsAllocated: short("\x28\x00\x00\x01"), BitsStored: short("\x28\x00\x01\x01"), Signed: short("\x28\x00\x03\x01") == 1,
	}
}

func TestSharedSeriesDecodeAsDCMTKDecodesThem(t *testing.T) {
	for folder, program := range map[string]string{"ts-rle": "dcmdrle", "ts-jpeg-lossless": "dcmdjpeg"} {
		t.Run(folder, func(t *testing.T) {
			files := sharedFiles(t, "dicom/"+folder+"/pet/*")
			need(t, program)
			var d codec.Decoder
			defer d.Close()
			var pixels []byte
			compared := 0
			for i := 0; i < len(files); i += 8 {
				compared++
				file := files[i]
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				frames, syntax := encapsulated(data)
				pixels, err = d.Decode(pixels, syntax, frames[0], paramsOf(t, data))
				if err != nil {
					t.Fatalf("%s: %v", filepath.Base(file), err)
				}
				native := filepath.Join(t.TempDir(), "native.dcm")
				if out, err := exec.Command(program, file, native).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", program, err, out)
				}
				want, err := os.ReadFile(native)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasSuffix(want, pixels) {
					t.Errorf("%s: the pixels differ from those of %s", filepath.Base(file), program)
				}
			}
			t.Logf("%d frames are compared", compared)
		})
	}
}

func TestTheRLEBombIsRejected(t *testing.T) {
	var d codec.Decoder
	rejected := 0
	for _, file := range sharedFiles(t, "bad/rle-bomb/pet/*") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		frames, syntax := encapsulated(data)
		if frames == nil {
			continue
		}
		_, err = d.Decode(nil, syntax, frames[0], paramsOf(t, data))
		if ingest.ReasonOf(err).Code == ingest.CodePixelLength {
			rejected++
		} else if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	if rejected != 1 {
		t.Errorf("%d objects were rejected, want 1", rejected)
	}
}
