package cli

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
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
	return fmt.Sprintf(rigConfig, keptQuiet) + "protocols:" + protocols + "\n"
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

// states returns the state of every series.
func (r *rig) states() (list []ingest.State) {
	r.t.Helper()
	if err := r.connect().Ledger.States(r.t.Context(), func(s ingest.State) error { list = append(list, s); return nil }); err != nil {
		r.t.Fatal(err)
	}
	return list
}

// command runs one of the operator's commands and returns what it prints.
func (r *rig) command(args ...string) string {
	r.t.Helper()
	p := r.launch(append(args, r.flags()...))
	r.eventually(time.Minute, p.ended, strings.Join(args, " ")+" does not end")
	if code := p.ProcessState.ExitCode(); code != 0 {
		r.t.Fatalf("%v exits %d: %s", args, code, p.out)
	}
	return p.out.String()
}

// results returns the events of the series of a tracer that state a result.
func (r *rig) resultsOf(tracer string) (list []publish.Event) {
	r.t.Helper()
	for _, e := range r.events("pet.v1.*.binding." + tracer + ".*") {
		decoded, err := publish.Decode(e.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, decoded)
	}
	return list
}
