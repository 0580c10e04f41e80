package ingest_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"tacstream/ingest"
)

const zirconium = 282276 * time.Second // 78.4 h

// The moment of the injection and the origin of a correction to it are one.
// Where the header leaves its day open and the half-life makes it matter, it is
// not guessed.
func TestTheDayOfTheInjection(t *testing.T) {
	fourDays := -(4*24*time.Hour + 400*time.Second)
	for _, tt := range []struct {
		name      string
		correct   string
		halfLife  time.Duration
		factors   time.Duration // what they count from; 0 for none
		injection time.Duration // as the header has it
		clock     bool          // of which only the time of day is known
		want      time.Duration
		known     bool
		warns     bool
	}{
		{"Zr-89, ADMIN with factors: they tell the day", "ADMIN", zirconium, fourDays, -400 * time.Second, true, fourDays, true, false},
		{"Zr-89, ADMIN with factors and no time", "ADMIN", zirconium, fourDays, 0, false, fourDays, true, false},
		{"Zr-89, ADMIN without factors: a guess that is said", "ADMIN", zirconium, 0, -400 * time.Second, true, -400 * time.Second, true, true},
		{"Zr-89, START: the day is open", "START", zirconium, 0, -400 * time.Second, true, 0, false, true},
		{"Zr-89, START with the date", "START", zirconium, 0, fourDays, false, fourDays, true, false},
		{"C-11, START: nobody scans it a day later", "START", carbon, 0, -400 * time.Second, true, -400 * time.Second, true, false},
		{"F-18, ADMIN", "ADMIN", 6586 * time.Second, -time.Hour, -time.Hour, true, -time.Hour, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := scanned(func(_ int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
				h.Strict.DecayCorrection, h.Strict.HalfLife = tt.correct, tt.halfLife.Seconds()
				if tt.factors != 0 {
					in.DecayFactor = math.Round(1e6*fr.DecayFactor(tt.halfLife, tt.factors)) / 1e6
				}
				if tt.injection != 0 {
					h.Soft.Injection, h.Soft.InjectionClock = scanStart.Add(tt.injection), tt.clock
				}
			})
			a, _ := ingest.Assess("tok", records, true)
			got, err := a.Timing()
			if err != nil {
				t.Fatal(err)
			}
			if got.InjectionKnown != tt.known || (got.Injection-tt.want).Abs() > 5*time.Second {
				t.Errorf("injection %v (known: %v), want %v (%v)", got.Injection, got.InjectionKnown, tt.want, tt.known)
			}
			if tt.correct == "ADMIN" && got.Stored != got.Injection {
				t.Errorf("corrected to %v, injected at %v", got.Stored, got.Injection)
			}
			if warns := slices.ContainsFunc(got.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnInjection }); warns != tt.warns {
				t.Errorf("warns of the injection: %v, %v", warns, got.Warnings)
			}
		})
	}
}

// FrameReferenceTime says which start a correction to START means, however long
// before the first frame the series began.
func TestTheStartThatFrameReferenceTimeTells(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before time.Duration // of SeriesTime before the first frame
		from   time.Duration // from which FrameReferenceTime counts, after the first frame
		want   time.Duration
		doubts bool
	}{
		{"a window 90 min into the acquisition", 90 * time.Minute, -90 * time.Minute, -90 * time.Minute, false},
		{"the same, counted from the first frame", 90 * time.Minute, 0, 0, false},
		{"counted from neither", 90 * time.Minute, -20 * time.Minute, 0, true},
		{"half an hour", 30 * time.Minute, -30 * time.Minute, -30 * time.Minute, false},
		{"half an hour, counted from the first frame", 30 * time.Minute, 0, 0, false},
	} {
		records := scanned(func(_ int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(-tt.before)
			in.FrameReferenceTime, in.HasReferenceTime = fr.Mid()-tt.from, true
		})
		a, _ := ingest.Assess("tok", records, true)
		got, err := a.Timing()
		if err != nil {
			t.Fatal(err)
		}
		doubts := slices.ContainsFunc(got.Warnings, func(w ingest.Warning) bool {
			return w.Code == ingest.WarnTimeAssumed && w.Level == ingest.LevelDoubt
		})
		if got.Stored != tt.want || doubts != tt.doubts {
			t.Errorf("%s: corrected to %v, want %v; %v", tt.name, got.Stored, tt.want, got.Warnings)
		}
	}
}

// Two facts against DecayCorrection refuse the series; one is a doubt.
func TestFactsOfTheDecayCorrectionThatContradict(t *testing.T) {
	for _, tt := range []struct {
		correct string
		listed  []string
		factors bool
		refused bool
	}{
		{"NONE", []string{"DECY", "ATTN"}, true, true}, // of two decimals
		{"NONE", []string{"DECY", "ATTN"}, false, false},
		{"NONE", []string{"ATTN"}, true, false},
		{"NONE", nil, true, false},
		{"START", []string{"ATTN"}, true, false},
	} {
		records := scanned(func(_ int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Strict.DecayCorrection, h.Soft.CorrectedImage = tt.correct, tt.listed
			if tt.factors {
				in.DecayFactor = math.Round(100*fr.DecayFactor(carbon, 0)) / 100
			}
		})
		a, _ := ingest.Assess("tok", records, true)
		got, err := a.Timing()
		if code := ingest.ReasonOf(err).Code; (code == ingest.CodeDecay) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%+v: %v", tt, err)
		}
		if err == nil && !slices.ContainsFunc(got.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnDecayRef }) {
			t.Errorf("%+v: no word: %v", tt, got.Warnings)
		}
	}
}

// A vendor's factor for uptake is checked where Bq/mL, dose and weight are there
// too, and a dose or weight that cannot be is named with its value.
func TestUptakeThatDoesNotAgree(t *testing.T) {
	const dose, weight = 185e6, 6.2
	for _, tt := range []struct {
		stated, weight float64
		code           ingest.Code
	}{
		{1000 * weight / dose, weight, ""}, {2 * 1000 * weight / dose, weight, ingest.WarnSUVFactor}, {0, weight, ""}, {0, 6200, ingest.WarnDose}, {1, 0, ""},
	} {
		records := scanned(func(_ int, _ ingest.Frame, h *ingest.Header, _ *ingest.Instance) {
			h.Soft.Injection, h.Soft.DoseBq, h.Soft.WeightKg, h.Soft.SUVStated, h.Soft.BqPerMLPerUnit = scanStart, dose, tt.weight, tt.stated, 1
		})
		a, _ := ingest.Assess("tok", records, true)
		timing, err := a.Timing()
		if err != nil {
			t.Fatal(err)
		}
		_, list := a.BqPerMLPerUnit(timing)
		list = append(list, a.Doubts()...)
		for _, code := range []ingest.Code{ingest.WarnSUVFactor, ingest.WarnDose} {
			if has := slices.ContainsFunc(list, func(w ingest.Warning) bool { return w.Code == code }); has != (code == tt.code) {
				t.Errorf("%+v: %s: %v", tt, code, list)
			}
		}
	}
}

// Frames shorter than the clock's second are told apart by FrameReferenceTime.
func TestFramesShorterThanTheClocksSecond(t *testing.T) {
	records := aSeries(8, 3)
	for i := range records {
		in := *records[i].Instance
		start := time.Duration(i/3) * 500 * time.Millisecond
		in.Duration, in.AcquisitionTime = 500*time.Millisecond, scanStart.Add(start.Truncate(time.Second))
		in.FrameReferenceTime, in.HasReferenceTime = start+250*time.Millisecond, true
		records[i].Instance = &in
	}
	a, out := ingest.Assess("tok", records, true)
	if out.Condition != ingest.Ready {
		t.Fatalf("%s: %v", out.Condition, out.Reason)
	}
	timing, err := a.Timing()
	if err != nil {
		t.Fatal(err)
	}
	for f, fr := range timing.Frames {
		if want := time.Duration(f) * 500 * time.Millisecond; fr.Start != want {
			t.Errorf("frame %d starts at %v, want %v", f+1, fr.Start, want)
		}
	}
}
