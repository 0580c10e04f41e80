package phantom_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// Another generator states the decay factor and the mean time of each frame of
// its studies. The scanner's headers say the same.
func TestFrameTimesAgreeWithAnotherGenerator(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/dicom/*/truth.json")
	if err != nil || len(files) == 0 {
		t.Skip("the shared data are not here")
	}
	for _, name := range files {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) { agree(t, name) })
	}
}

func agree(t *testing.T, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		HalfLife float64 `json:"half_life_s"`
		Frames   []struct {
			Start    float64                        `json:"start_s"`
			Duration float64                        `json:"duration_s"`
			Average  float64                        `json:"average_time_s"`
			Injected float64                        `json:"start_after_injection_s"`
			Decay    struct{ START, ADMIN float64 } `json:"decay_factor"`
		}
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	s := phantom.Series{Size: [3]int{4, 4, 1}, HalfLife: seconds(truth.HalfLife)}
	for _, f := range truth.Frames {
		s.Frames = append(s.Frames, ingest.Frame{Start: seconds(f.Start), Duration: seconds(f.Duration)})
	}
	s.Injection = seconds(truth.Frames[0].Start - truth.Frames[0].Injected)
	admin := s
	admin.Decay = phantom.ToInjection
	for i, f := range truth.Frames {
		slot := ingest.Slot{Frame: i + 1, Slice: 1}
		start, injection := read(t, only(t, s, slot).Data), read(t, only(t, admin, slot).Data)
		// A decimal string holds 14 digits or more.
		near(t, "START", start.number(t, tag.DecayFactor), f.Decay.START, 1e-12*f.Decay.START)
		near(t, "ADMIN", injection.number(t, tag.DecayFactor), f.Decay.ADMIN, 1e-12*f.Decay.ADMIN)
		near(t, "mean time in ms", start.number(t, tag.FrameReferenceTime), 1000*f.Average, 1e-5)
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
