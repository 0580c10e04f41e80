package codec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tacstream/config/figures"
	"tacstream/ingest/codec"
)

// A picture is an image of several frames and what a header says of it.
type picture struct {
	name string
	codec.Params
	frames [][]byte
}

// picturesOf draws pictures of every kind: noise, ramps and constants, of
// 8 to 16 bits, signed and not, large and as small as they come.
func picturesOf() []picture {
	var list []picture
	depths := []struct {
		allocated, stored int
		signed            bool
	}{{8, 8, false}, {16, 8, false}, {16, 10, false}, {16, 12, false}, {16, 12, true}, {16, 16, false}, {16, 16, true}}
	shapes := []struct{ columns, rows int }{{1, 1}, {1, 40}, {40, 1}, {33, 17}, {128, 128}}
	for _, d := range depths {
		for _, s := range shapes {
			p := codec.Params{
				Rows: s.rows, Columns: s.columns, SamplesPerPixel: 1,
				BitsAllocated: d.allocated, BitsStored: d.stored, Signed: d.signed,
			}
			sign := map[bool]string{true: "signed"}[d.signed]
			one := picture{fmt.Sprintf("%dx%d-%d-of-%d%s", s.columns, s.rows, d.stored, d.allocated, sign), p, nil}
			for _, kind := range kinds {
				one.frames = append(one.frames, draw(kind, p))
			}
			list = append(list, one)
		}
	}
	return list
}

// kinds are what the frames of a picture show.
var kinds = []string{"noise", "ramp", "constant", "counts"}

// draw makes the pixels of one frame. Counts are as PET has them: much near
// nothing, a bright disc and noise over both.
func draw(kind string, p codec.Params) []byte {
	random := rand.New(rand.NewPCG(uint64(p.Rows), uint64(p.BitsStored)))
	full := 1<<p.BitsStored - 1
	var pixels []byte
	for y := range p.Rows {
		for x := range p.Columns {
			var v int
			switch dx, dy := x-p.Columns/2, y-p.Rows/2; kind {
			case "noise":
				v = random.IntN(full + 1)
			case "ramp":
				v = (x*37 + y*101) & full
			case "constant":
				v = full / 3
			case "counts":
				mean := float64(full) / 100
				if dx*dx+dy*dy < p.Columns*p.Columns/9 {
					mean = float64(full) / 3
				}
				v = min(full, max(0, int(mean*(1+0.2*random.NormFloat64()))))
			}
			if p.Signed {
				v -= full/2 + 1
			}
			pixels = append(pixels, byte(v), byte(v>>8))
			if p.BitsAllocated == 8 {
				pixels = pixels[:len(pixels)-1]
			}
		}
	}
	return pixels
}

// dicom writes the picture as an object that other programs read.
func (p picture) dicom() []byte {
	var set bytes.Buffer
	element := func(group, number uint16, vr, value string) {
		if len(value)%2 == 1 {
			value += map[bool]string{true: "\x00", false: " "}[vr == "UI" || vr == "OB"]
		}
		binary.Write(&set, binary.LittleEndian, [2]uint16{group, number})
		set.WriteString(vr)
		if vr == "OB" || vr == "OW" {
			binary.Write(&set, binary.LittleEndian, uint16(0))
			binary.Write(&set, binary.LittleEndian, uint32(len(value)))
		} else {
			binary.Write(&set, binary.LittleEndian, uint16(len(value)))
		}
		set.WriteString(value)
	}
	short := func(number uint16, v int) {
		element(0x0028, number, "US", string([]byte{byte(v), byte(v >> 8)}))
	}
	element(0x0002, 0x0001, "OB", "\x00\x01")
	element(0x0002, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.130")
	element(0x0002, 0x0003, "UI", "1.2.3.4")
	element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")
	meta := bytes.Clone(set.Bytes())
	set.Reset()
	element(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.130")
	element(0x0008, 0x0018, "UI", "1.2.3.4")
	element(0x0020, 0x000d, "UI", "1.2.3.5")
	element(0x0020, 0x000e, "UI", "1.2.3.6")
	short(0x0002, p.SamplesPerPixel)
	element(0x0028, 0x0004, "CS", "MONOCHROME2")
	element(0x0028, 0x0008, "IS", strconv.Itoa(len(p.frames)))
	short(0x0010, p.Rows)
	short(0x0011, p.Columns)
	short(0x0100, p.BitsAllocated)
	short(0x0101, p.BitsStored)
	short(0x0102, p.BitsStored-1)
	short(0x0103, map[bool]int{true: 1}[p.Signed])
	vr := "OW"
	if p.BitsAllocated == 8 {
		vr = "OB"
	}
	element(0x7fe0, 0x0010, vr, string(bytes.Join(p.frames, nil)))
	head := append(make([]byte, 128), "DICM\x02\x00\x00\x00UL\x04\x00"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(meta)))
	return append(append(head, meta...), set.Bytes()...)
}

// need skips the test where a program is not installed, and fails it where all
// of them must be.
func need(t testing.TB, commands ...string) {
	t.Helper()
	for _, command := range commands {
		if _, err := exec.LookPath(strings.Fields(command)[0]); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// encode runs a program on the picture and returns its frames and the transfer
// syntax, or no frames where the program refuses.
func encode(t testing.TB, p picture, command string) (frames [][]byte, syntax string) {
	t.Helper()
	data := transcode(t, p.dicom(), command)
	if data == nil {
		return nil, ""
	}
	return encapsulated(data)
}

// transcode runs a program on an object and returns what it writes, nil where
// it refuses.
func transcode(t testing.TB, object []byte, command string) []byte {
	t.Helper()
	folder := t.TempDir()
	in, out := filepath.Join(folder, "in.dcm"), filepath.Join(folder, "out.dcm")
	if err := os.WriteFile(in, object, 0o600); err != nil {
		t.Fatal(err)
	}
	words := append(strings.Fields(command), in, out)
	if exec.Command(words[0], words[1:]...).Run() != nil {
		return nil
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return nil
	}
	return data
}

// encapsulated returns the frames and the transfer syntax of an object that
// has one fragment for each frame; no frames if its pixels are native.
func encapsulated(data []byte) (frames [][]byte, syntax string) {
	i := bytes.Index(data, []byte("\x02\x00\x10\x00UI"))
	length := int(binary.LittleEndian.Uint16(data[i+6:]))
	syntax = strings.TrimRight(string(data[i+8:i+8+length]), "\x00 ")
	_, items, _ := bytes.Cut(data, []byte("\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"))
	for n := 0; bytes.HasPrefix(items, []byte("\xfe\xff\x00\xe0")); n++ {
		length := binary.LittleEndian.Uint32(items[4:])
		if n > 0 { // the first is the offset table
			frames = append(frames, items[8:8+length])
		}
		items = items[8+length:]
	}
	return frames, syntax
}

// lossless holds what each program's encoder made against the picture, and adds
// the number of frames that differ to the row.
func lossless(t *testing.T, row *figures.Row, commands ...string) {
	differ := row.AtMost("# frames differ")
	for _, command := range commands {
		t.Run(strings.ReplaceAll(command, " ", "_"), func(t *testing.T) {
			need(t, command)
			var d codec.Decoder
			defer d.Close()
			right, wrong, refused := 0, 0, 0
			for _, p := range picturesOf() {
				frames, syntax := encode(t, p, command)
				if len(frames) != len(p.frames) {
					refused++
					continue
				}
				for i, frame := range frames {
					got, err := d.Decode(nil, syntax, frame, p.Params)
					if err != nil || !bytes.Equal(got, p.frames[i]) {
						t.Errorf("%s %s in %s: %v; %s", p.name, kinds[i], syntax, err, difference(got, p.frames[i]))
						wrong++
						continue
					}
					right++
				}
			}
			t.Logf("%d frames right, %d pictures refused by the encoder", right, refused)
			differ.Add(float64(wrong))
			if right < 56 {
				t.Errorf("only %d frames were compared", right)
			}
		})
	}
}

// difference says where two images differ first.
func difference(got, want []byte) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d bytes, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("byte %d is %#x, want %#x", i, got[i], want[i])
		}
	}
	return "equal"
}

func TestRLEGivesBackWhatWasEncoded(t *testing.T) {
	row := figures.Accuracy(t, "RLE frames as dcmtk and gdcm encode them", 2)
	lossless(t, row, "dcmcrle", "gdcmconv --rle")
}

func TestJPEGLosslessGivesBackWhatWasEncoded(t *testing.T) {
	commands := []string{"dcmcjpeg +e1", "gdcmconv --jpeg"}
	for predictor := 1; predictor <= 7; predictor++ {
		commands = append(commands, fmt.Sprintf("dcmcjpeg +el +sv %d", predictor))
	}
	row := figures.Accuracy(t, "JPEG Lossless frames as dcmtk and gdcm encode them", 9)
	lossless(t, row, commands...)
}

func TestJPEGLSGivesBackWhatWasEncoded(t *testing.T) {
	row := figures.Accuracy(t, "JPEG-LS frames as dcmtk and gdcm encode them", 2)
	lossless(t, row, "dcmcjpls", "gdcmconv --jpegls")
}

func TestJPEG2000GivesBackWhatWasEncoded(t *testing.T) {
	row := figures.Accuracy(t, "JPEG 2000 frames as gdcm encodes them", 2)
	lossless(t, row, "gdcmconv --j2k -n 1", "gdcmconv --j2k -n 4")
}

// lossy holds what encoder made of the pictures, decoded here, against what
// another program decodes, sample by sample.
func lossy(t *testing.T, encoder, decoder string, tolerance int) {
	t.Run(strings.ReplaceAll(encoder, " ", "_"), func(t *testing.T) {
		need(t, encoder, decoder)
		var d codec.Decoder
		defer d.Close()
		compared, changed, worst := 0, 0, 0
		for _, p := range picturesOf() {
			object := transcode(t, p.dicom(), encoder)
			if object == nil {
				continue
			}
			frames, syntax := encapsulated(object)
			native := transcode(t, object, decoder)
			if len(frames) != len(p.frames) || native == nil {
				continue
			}
			params := paramsOf(t, native) // encoders may allocate less
			size := params.Rows * params.Columns * params.BitsAllocated / 8
			for i, frame := range frames {
				want := native[len(native)-(len(frames)-i)*size:][:size]
				got, err := d.Decode(nil, syntax, frame, params)
				if err != nil {
					t.Errorf("%s %s: %v", p.name, kinds[i], err)
					continue
				}
				if off := farthest(params, got, want); off > worst {
					worst = off
					t.Logf("%s %s: %d off", p.name, kinds[i], off)
				}
				if len(want) == len(p.frames[i]) && !bytes.Equal(want, p.frames[i]) {
					changed++
				}
				compared++
			}
		}
		t.Logf("%d frames compared, %d of them changed by the encoder; at most %d apart", compared, changed, worst)
		if worst > tolerance || compared < 16 || changed < 10 {
			t.Error("that is not as it should be")
		}
	})
}

// farthest returns how far two images are apart where they differ most.
func farthest(p codec.Params, a, b []byte) int {
	at := func(pixels []byte, i int) int {
		switch {
		case p.BitsAllocated == 8:
			return int(pixels[i])
		case p.Signed:
			return int(int16(binary.LittleEndian.Uint16(pixels[2*i:]))) << (16 - p.BitsStored) >> (16 - p.BitsStored)
		}
		return int(binary.LittleEndian.Uint16(pixels[2*i:]))
	}
	far := 0
	for i := range p.Rows * p.Columns {
		far = max(far, at(a, i)-at(b, i), at(b, i)-at(a, i))
	}
	return far
}

func TestNearLosslessJPEGLSIsDecodedAsByOthers(t *testing.T) {
	for _, near := range []int{1, 3, 10} {
		lossy(t, fmt.Sprintf("dcmcjpls +en +md %d", near), "dcmdjpls", 0)
	}
}

func TestLossyJPEG2000IsDecodedAsByOthers(t *testing.T) {
	lossy(t, "gdcmconv --lossy --j2k -n 3 -r 5", "gdcmconv --raw", 0)
	lossy(t, "gdcmconv --lossy --j2k --irreversible -n 3 -r 5", "gdcmconv --raw", 1)
}

func TestPointTransformsAreDecodedAsByOthers(t *testing.T) {
	lossy(t, "dcmcjpeg +el +sv 1 +pt 1", "dcmdjpeg", 0)
	lossy(t, "dcmcjpeg +el +sv 5 +pt 3", "dcmdjpeg", 0)
}

func TestJPEGBaselineIsDecodedNearlyAsByOthers(t *testing.T) {
	lossy(t, "dcmcjpeg +eb", "dcmdjpeg", 2)
}
