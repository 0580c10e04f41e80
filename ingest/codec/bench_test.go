package codec_test

import (
	"testing"

	"tacstream/config/figures"
	"tacstream/ingest/codec"
)

// A slice of PET as scanners make them: 256 x 256 pixels of 16 bits, noisy.
func benchmarkPicture() picture {
	p := codec.Params{Rows: 256, Columns: 256, SamplesPerPixel: 1, BitsAllocated: 16, BitsStored: 16}
	return picture{"slice", p, [][]byte{draw("counts", p)}}
}

func BenchmarkDecode(b *testing.B) {
	p := benchmarkPicture()
	for _, e := range []struct{ name, what, command string }{
		{"rle", "RLE", "dcmcrle"}, {"jpeg-lossless", "JPEG Lossless", "dcmcjpeg +e1"},
		{"jpeg-ls", "JPEG-LS", "dcmcjpls"}, {"jpeg-2000", "JPEG 2000", "gdcmconv --j2k"},
	} {
		rate := figures.Speed(b, e.what, 1).Median("# MB/s")
		b.Run(e.name, func(b *testing.B) {
			need(b, e.command)
			frames, syntax := encode(b, p, e.command)
			if len(frames) != 1 {
				b.Fatalf("%d frames", len(frames))
			}
			var d codec.Decoder
			defer d.Close()
			pixels, err := d.Decode(nil, syntax, frames[0], p.Params)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(pixels)))
			b.ReportAllocs()
			for b.Loop() {
				if pixels, err = d.Decode(pixels, syntax, frames[0], p.Params); err != nil {
					b.Fatal(err)
				}
			}
			rate.Add(float64(len(pixels)) * float64(b.N) / b.Elapsed().Seconds() / 1e6)
		})
	}
}
