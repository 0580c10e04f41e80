package codec_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

var update = flag.Bool("update", false, "encode the frames in testdata anew, with the programs installed here")

// A keptFrame is one frame in testdata, see its README.
type keptFrame struct {
	File    string
	Program string
	Syntax  string
	Params  codec.Params
	SHA256  string // of the pixels
}

// keptCommands are the encoders, and the decoders where the encoder is lossy.
var keptCommands = []struct{ encoder, decoder string }{
	{"dcmcrle", ""}, {"gdcmconv --rle", ""},
	{"dcmcjpeg +e1", ""}, {"gdcmconv --jpeg", ""},
	{"dcmcjpeg +el +sv 1", ""}, {"dcmcjpeg +el +sv 2", ""}, {"dcmcjpeg +el +sv 3", ""}, {"dcmcjpeg +el +sv 4", ""},
	{"dcmcjpeg +el +sv 5", ""}, {"dcmcjpeg +el +sv 6", ""}, {"dcmcjpeg +el +sv 7", ""},
	{"dcmcjpeg +el +sv 4 +pt 2", "dcmdjpeg"},
	{"dcmcjpls", ""}, {"gdcmconv --jpegls", ""}, {"dcmcjpls +en +md 3", "dcmdjpls"},
	{"gdcmconv --j2k -n 4", ""}, {"gdcmconv --lossy --j2k --irreversible -n 3 -r 5", "gdcmconv --raw"},
}

// keep encodes one picture by one command.
func keep(t *testing.T, p picture, encoder, decoder string) {
	t.Helper()
	object := transcode(t, p.dicom(), encoder)
	if object == nil {
		t.Logf("%s refuses %s", encoder, p.name)
		return
	}
	frames, syntax := encapsulated(object)
	pixels := p.frames[0]
	if decoder != "" {
		native := transcode(t, object, decoder)
		pixels = native[len(native)-(len(pixels)+1)/2*2:][:len(pixels)]
	}
	name := strings.NewReplacer(" ", "_", "+", "", "-", "").Replace(encoder) + "-" + p.name
	kept := keptFrame{name + ".frame", encoder, syntax, p.Params, fmt.Sprintf("%x", sha256.Sum256(pixels))}
	about, err := json.MarshalIndent(kept, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{kept.File: frames[0], name + ".json": append(about, '\n')} {
		if err := os.WriteFile(filepath.Join("testdata", file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// keepAll encodes every kept frame anew.
func keepAll(t *testing.T) {
	t.Helper()
	for _, p := range []picture{
		{name: "u8", Params: codec.Params{Rows: 17, Columns: 34, SamplesPerPixel: 1, BitsAllocated: 8, BitsStored: 8}},
		{name: "s12", Params: codec.Params{Rows: 17, Columns: 33, SamplesPerPixel: 1, BitsAllocated: 16, BitsStored: 12, Signed: true}},
		{name: "u16", Params: codec.Params{Rows: 40, Columns: 48, SamplesPerPixel: 1, BitsAllocated: 16, BitsStored: 16}},
	} {
		p.frames = [][]byte{draw("counts", p.Params)}
		for _, c := range keptCommands {
			keep(t, p, c.encoder, c.decoder)
		}
	}
}

// keptFrames reads testdata.
func keptFrames(t testing.TB) (list []keptFrame, data [][]byte) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no frames in testdata: %v", err)
	}
	for _, file := range files {
		about, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var k keptFrame
		if err := json.Unmarshal(about, &k); err != nil {
			t.Fatal(err)
		}
		frame, err := os.ReadFile(filepath.Join("testdata", k.File))
		if err != nil {
			t.Fatal(err)
		}
		list, data = append(list, k), append(data, frame)
	}
	return list, data
}

func TestKeptFramesDecodeToWhatWasEncoded(t *testing.T) {
	if *update {
		keepAll(t)
	}
	var d codec.Decoder
	defer d.Close()
	list, data := keptFrames(t)
	var pixels []byte
	for i, k := range list {
		var err error
		pixels, err = d.Decode(pixels, k.Syntax, data[i], k.Params)
		if sum := fmt.Sprintf("%x", sha256.Sum256(pixels)); err != nil || sum != k.SHA256 {
			t.Errorf("%s: %v, digest %s", k.File, err, sum)
		}
	}
	if len(list) < 50 {
		t.Errorf("only %d frames", len(list))
	}
}

// A frame that is cut short is an error, or only its end of image is missing.
func TestCutFramesAreRejected(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	list, data := keptFrames(t)
	for i, k := range list {
		whole, err := d.Decode(nil, k.Syntax, data[i], k.Params)
		if err != nil {
			t.Fatal(err)
		}
		step := 7
		if strings.Contains(k.File, "j2k") {
			step = 101
		}
		for n := 0; n < len(data[i]); n += step {
			got, err := d.Decode(nil, k.Syntax, data[i][:n], k.Params)
			switch {
			case err == nil && (!bytes.Equal(got, whole) || n < len(data[i])-8):
				t.Fatalf("%s cut after %d of %d bytes: decoded", k.File, n, len(data[i]))
			case err != nil && ingest.ReasonOf(err).Code == ingest.CodeInternal:
				t.Fatalf("%s cut after %d bytes: %v", k.File, n, err)
			}
		}
	}
}

// Whatever the header says that the frame does not, is an error.
func TestFramesThatContradictTheirHeaderAreRejected(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	list, data := keptFrames(t)
	for i, k := range list {
		for name, change := range map[string]func(*codec.Params){
			"wider":        func(p *codec.Params) { p.Columns++ },
			"narrower":     func(p *codec.Params) { p.Columns-- },
			"higher":       func(p *codec.Params) { p.Rows++ },
			"lower":        func(p *codec.Params) { p.Rows -= 4 },
			"vast":         func(p *codec.Params) { p.Rows, p.Columns = 65535, 65535 },
			"of no size":   func(p *codec.Params) { p.Rows = 0 },
			"in colour":    func(p *codec.Params) { p.SamplesPerPixel = 3 },
			"of one bit":   func(p *codec.Params) { p.BitsAllocated, p.BitsStored = 1, 1 },
			"of more bits": func(p *codec.Params) { p.BitsStored = 33 },
		} {
			p := k.Params
			change(&p)
			if _, err := d.Decode(nil, k.Syntax, data[i], p); err == nil {
				t.Errorf("%s decodes though the header says it is %s", k.File, name)
			}
		}
		p := k.Params
		if p.BitsAllocated == 16 {
			p.BitsAllocated, p.BitsStored = 8, 8
			if _, err := d.Decode(nil, k.Syntax, data[i], p); err == nil {
				t.Errorf("%s decodes though the header says 8 bits", k.File)
			}
		}
	}
	for _, syntax := range []string{"", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.201"} {
		_, err := d.Decode(nil, syntax, nil, codec.Params{})
		if codec.Supported(syntax) || ingest.ReasonOf(err).Code != ingest.CodeSyntax {
			t.Errorf("%q: %v", syntax, err)
		}
	}
}

// An image of two restart intervals is made of the same image twice: what
// follows the marker must be decoded as if nothing went before it.
func TestRestartMarkersBeginAnew(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	list, data := keptFrames(t)
	twice := 0
	for i, k := range list {
		if !bytes.HasPrefix(data[i], []byte("\xff\xd8")) {
			continue
		}
		once, err := d.Decode(nil, k.Syntax, data[i], k.Params)
		if err != nil {
			t.Fatal(err)
		}
		p := k.Params
		p.Rows *= 2
		got, err := d.Decode(nil, k.Syntax, restarted(t, data[i], k.Params), p)
		if want := append(once, once...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v; %s", k.File, err, difference(got, want))
		}
		twice++
	}
	if twice < 30 {
		t.Errorf("only %d frames", twice)
	}
}

// restarted puts the scan of a JPEG image twice into an image of twice the
// rows.
func restarted(t *testing.T, image []byte, p codec.Params) []byte {
	t.Helper()
	scan := bytes.Index(image, []byte("\xff\xda"))
	end := bytes.LastIndex(image, []byte("\xff\xd9"))
	header := bytes.Clone(image[:scan])
	interval := p.Rows // rows in JPEG-LS
	size := bytes.Index(header, []byte("\xff\xf7"))
	if size < 0 {
		size = bytes.Index(header, []byte("\xff\xc3"))
		interval = p.Rows * p.Columns // samples in JPEG Lossless
	}
	if scan < 0 || end < 0 || size < 0 {
		t.Fatal("no JPEG image")
	}
	header[size+6] *= 2
	data := image[scan+10 : end]
	out := append(header, 0xff, 0xdd, 0, 4, byte(interval>>8), byte(interval))
	out = append(append(out, image[scan:scan+10]...), data...)
	out = append(append(out, 0xff, 0xd0), data...)
	return append(out, 0xff, 0xd9)
}

// A frame of a few bytes that says, as its header does, that it is a large
// image takes no memory for it.
func TestClaimsTakeNoMemory(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	list, data := keptFrames(t)
	for i, k := range list {
		if k.Params.BitsAllocated != 16 {
			continue
		}
		p := k.Params
		p.Rows, p.Columns = 4096, 8000
		frame := enlarged(data[i], p)
		if _, err := d.Decode(nil, k.Syntax, data[i], k.Params); err != nil { // takes what is taken once
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.Decode(nil, k.Syntax, frame, p)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err == nil || took > 8<<20 {
			t.Errorf("%s as 4096 x 8000: %v; %d bytes", k.File, err, took)
		}
	}
}

// enlarged writes another size into the header of a JPEG or JPEG 2000 image.
func enlarged(image []byte, p codec.Params) []byte {
	image = bytes.Clone(image)
	for _, marker := range []string{"\xff\xc3", "\xff\xf7"} {
		if at := bytes.Index(image, []byte(marker)); at > 0 && bytes.HasPrefix(image, []byte("\xff\xd8")) {
			binary.BigEndian.PutUint16(image[at+5:], uint16(p.Rows))
			binary.BigEndian.PutUint16(image[at+7:], uint16(p.Columns))
			return image
		}
	}
	if bytes.HasPrefix(image, []byte("\xff\x4f\xff\x51")) {
		for at, v := range map[int]int{8: p.Columns, 12: p.Rows, 24: p.Columns, 28: p.Rows} {
			binary.BigEndian.PutUint32(image[at:], uint32(v))
		}
	}
	return image
}
