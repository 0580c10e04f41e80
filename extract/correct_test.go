package extract_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// rounding is what products of a few doubles may be off.
const rounding = 1e-12

// c11 is the half-life that the generator of the test data uses.
const c11 = 1221660 * time.Millisecond

// decaying returns the first and the last frame of another program's truth and
// what it says of one region: the means as they decayed, and the same corrected
// for decay to the injection, at the start of the scan.
func decaying() (c extract.Curves, corrected []float64) {
	return extract.Curves{
		Frames:   []ingest.Frame{{Duration: 20 * time.Second}, {Start: 2640 * time.Second, Duration: 1200 * time.Second}},
		TACs:     []extract.TAC{{Region: "A", BqPerML: []float64{7477.649221222685, 13024.712151678305}}},
		HalfLife: c11, Units: extract.BqPerML, Decay: extract.Decay{InjectionKnown: true},
	}, []float64{7520.156253656371, 80312.32104446528}
}

func TestCorrectionAgreesWithAnotherProgram(t *testing.T) {
	c, want := decaying()
	for _, to := range []extract.Origin{extract.ToInjection, extract.ToScanStart, extract.AsStored} {
		tacs, err := c.Corrected(to)
		if err != nil {
			t.Fatal(err)
		}
		for f, got := range tacs[0].BqPerML {
			if math.Abs(got/want[f]-1) > rounding {
				t.Errorf("%s, frame %d: %v, want %v", to, f+1, got, want[f])
			}
		}
	}
}

// Moving the origin by one half-life doubles or halves every value.
func TestAHalfLifeIsAFactorOfTwo(t *testing.T) {
	c, _ := decaying()
	c.Decay.Injection, c.Decay.Stored = -c11, c11
	start, _ := c.Corrected(extract.ToScanStart)
	for to, factor := range map[extract.Origin]float64{extract.ToInjection: 2, extract.AsStored: 0.5} {
		got, err := c.Corrected(to)
		if err != nil {
			t.Fatal(err)
		}
		for f, v := range got[0].BqPerML {
			if math.Abs(v/start[0].BqPerML[f]/factor-1) > rounding {
				t.Errorf("%s, frame %d: %v of %v", to, f+1, v, start[0].BqPerML[f])
			}
		}
	}
}

func TestCorrectionLeavesTheCurvesAlone(t *testing.T) {
	c, _ := decaying()
	before := slices.Clone(c.TACs[0].BqPerML)
	tacs, err := c.Corrected(extract.ToInjection)
	if err != nil || !slices.Equal(before, c.TACs[0].BqPerML) {
		t.Errorf("changed to %v, %v", c.TACs[0].BqPerML, err)
	}
	if same, _ := c.Corrected(extract.AsDecayed); !slices.Equal(same[0].BqPerML, before) || slices.Equal(tacs[0].BqPerML, before) {
		t.Error("no correction is a correction")
	}
}

// However the scanner corrected, the same activity comes out.
func TestEveryStoredCorrectionEndsOnTheSameCurve(t *testing.T) {
	for name, decay := range map[string]extract.Decay{
		"to the scan start":  {},
		"to the injection":   {Stored: -5 * time.Minute, Injection: -5 * time.Minute, InjectionKnown: true},
		"to a minute inside": {Stored: time.Minute},
	} {
		c, _ := decaying()
		c.Decay = decay
		tacs, err := c.Corrected(extract.AsStored)
		if err != nil {
			t.Fatal(err)
		}
		back, err := extract.FromCorrected(extract.CorrectedCurves{Frames: c.Frames, TACs: tacs}, c11, decay.Stored)
		if err != nil {
			t.Fatal(err)
		}
		for f, want := range c.TACs[0].BqPerML {
			if got := back.TACs[0].BqPerML[f]; math.Abs(got/want-1) > rounding {
				t.Errorf("%s, frame %d: %v, want %v", name, f+1, got, want)
			}
		}
	}
}

func TestToWhatCurvesAreCorrectedByDefault(t *testing.T) {
	for _, c := range []struct {
		name   string
		curves extract.Curves
		want   extract.Origin
	}{
		{"the injection is known", extract.Curves{HalfLife: c11, Decay: extract.Decay{InjectionKnown: true}}, extract.ToInjection},
		{"it is not", extract.Curves{HalfLife: c11}, extract.ToScanStart},
		{"nothing is known of decay", extract.Curves{Decay: extract.Decay{InjectionKnown: true}}, extract.AsStored},
	} {
		if got := c.curves.DefaultOrigin(); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
		if _, err := c.curves.Corrected(c.curves.DefaultOrigin()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestWhatIsWantedIsComeNearTo(t *testing.T) {
	known := extract.Curves{HalfLife: c11, Decay: extract.Decay{InjectionKnown: true}}
	for _, c := range []struct {
		name         string
		curves       extract.Curves
		wanted, want extract.Origin
	}{
		{"the start is wanted", known, extract.ToScanStart, extract.ToScanStart},
		{"values as they are stored", known, extract.AsStored, extract.AsStored},
		{"values as they decayed", known, extract.AsDecayed, extract.AsDecayed},
		{"the start, but no half-life is known", extract.Curves{}, extract.ToScanStart, extract.AsStored},
	} {
		if got := c.curves.Nearest(c.wanted); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestTheScanMayStartBeforeModelZero(t *testing.T) {
	c, _ := decaying()
	c.Frames[0].Start, c.Decay.InjectionKnown = -time.Minute, true
	at, corrected, err := c.OriginTime(extract.ToScanStart)
	if at != -time.Minute || !corrected || err != nil {
		t.Errorf("%v, %v, %v", at, corrected, err)
	}
}

func TestTimesThatAreNotKnown(t *testing.T) {
	known, _ := decaying()
	unknown := known
	unknown.Decay.InjectionKnown = false
	timeless := known
	timeless.HalfLife = 0
	for _, c := range []struct {
		name   string
		curves extract.Curves
		to     extract.Origin
	}{
		{"no injection", unknown, extract.ToInjection},
		{"no half-life", timeless, extract.ToInjection},
		{"no half-life for the start", timeless, extract.ToScanStart},
		{"no such origin", known, "tomorrow"},
	} {
		if _, err := c.curves.Corrected(c.to); !errors.Is(err, extract.ErrOrigin) || !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, to := range []extract.Origin{extract.AsDecayed, extract.AsStored} {
		if _, err := timeless.Corrected(to); err != nil {
			t.Errorf("%s without a half-life: %v", to, err)
		}
	}
}

func TestATableWithoutAHalfLifeSaysSo(t *testing.T) {
	c := extract.CorrectedCurves{}
	decayed, _ := decaying()
	c.Frames, c.TACs = decayed.Frames, []extract.CorrectedTAC{extract.CorrectedTAC(decayed.TACs[0])}
	with, err := extract.FromCorrected(c, c11, 0)
	if err != nil || len(with.Warnings) != 0 {
		t.Errorf("%v, %v", with.Warnings, err)
	}
	without, err := extract.FromCorrected(c, 0, 0)
	if err != nil || len(without.Warnings) != 1 || without.Warnings[0].Code != ingest.WarnNoDecayKnown {
		t.Errorf("%v, %v", without.Warnings, err)
	}
	if !slices.Equal(without.TACs[0].BqPerML, c.TACs[0].BqPerML) {
		t.Error("values changed though no half-life is known")
	}
	c.Warnings = without.Warnings
	if again, _ := extract.FromCorrected(c, 0, 0); len(again.Warnings) != 1 {
		t.Errorf("said twice: %v", again.Warnings)
	}
}

// An uptake value is what each gram has of the dose, both as they would be at
// the injection.
func TestUptakeIsActivityOverDosePerGram(t *testing.T) {
	c := extract.Curves{
		Frames: []ingest.Frame{{Duration: time.Minute}}, HalfLife: time.Hour, Units: extract.BqPerML,
		TACs: []extract.TAC{{Region: "a", BqPerML: []float64{5000}}}, Decay: extract.Decay{Injection: -time.Hour, InjectionKnown: true},
	}
	got, err := c.AsUptake(2500)
	if err != nil || got.Units != extract.Uptake || got.TACs[0].BqPerML[0] != 2 || c.TACs[0].BqPerML[0] != 5000 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.AsUptake(0); !errors.Is(err, extract.ErrUptake) {
		t.Errorf("without a dose: %v", err)
	}
	c.Units = extract.Arbitrary
	if _, err := c.AsUptake(2500); !errors.Is(err, extract.ErrUptake) {
		t.Errorf("of arbitrary units: %v", err)
	}
}
