package cli

import (
	"bytes"
	"fmt"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest/phantom"
)

// keptQuiet is the quiet time of the kept line.
const keptQuiet = 2 * time.Second

// keptConfig is the configuration of the kept line.
func keptConfig() string {
	protocols := ""
	for _, tracer := range []string{"az10419369", "dasb"} {
		protocols += "\n  - {tracer: " + tracer + ", name: " + tracer + ", match: " + tracer +
			", reference: '*cerebell*', models: [srtm, mrtm, logan-ref], atlas: atlases/mine/a_dseg.nii.gz}"
	}
	return rig.Configuration(keptQuiet) + "protocols:" + protocols + "\n"
}

// keptScan is a series that is small in files.
func keptScan(n int) phantom.Series {
	tracer := phantom.DASB
	if n%2 == 1 {
		tracer = phantom.AZ10419369
	}
	name := fmt.Sprintf("kept-%d", n)
	return phantom.Series{
		Name: name, Folder: name, Seed: uint64(n), Size: [3]int{32, 32, 8}, NoNoise: true, Tracer: tracer,
		Frames: phantom.EvenFrames(scanFrames, 90*time.Minute/scanFrames),
	}
}

// withTracer returns files whose header names another tracer.
func withTracer(files []phantom.File, from, to string) []phantom.File {
	for i := range files {
		files[i].Data = bytes.ReplaceAll(files[i].Data, []byte(from), []byte(to))
	}
	return files
}
