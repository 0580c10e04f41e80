package fit_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// The golden vector of closed forms: R1 1.1, k2 0.0715, BPND 1.9, k2′ 0.065,
// without decay. Frame means over 30 to 90 min come from the exact integrals.
var golden = struct {
	ref phantom.Curve
	k   phantom.Kinetics
}{phantom.Curve{{BqPerML: 57, PerMin: 0.0155}, {BqPerML: -2.2, PerMin: 2.4}, {BqPerML: -54.8, PerMin: 0.081}}, phantom.Kinetics{R1: 1.1, K2PerMin: 0.0715, BPND: 1.9}}

func goldenScan(frames []ingest.Frame, halfLife time.Duration) fit.Scan {
	return fit.Scan{Frames: frames, HalfLife: halfLife, Reference: "r", TACs: []extract.TAC{
		{Region: "r", BqPerML: golden.ref.FrameMeans(frames, halfLife)},
		{Region: "t", BqPerML: golden.k.FrameMeans(golden.ref, frames, halfLife)},
	}}
}

// The points of the golden vector that were worked out by hand are those of
// phantom's closed forms: t in min, C_R, C_T, ∫C_R, ∫C_T. The models are then
// judged by frame means of the same forms.
func TestGoldenVector(t *testing.T) {
	for _, p := range [][5]float64{
		{1, 5.3875181, 6.0620936, 3.08768528, 3.44535408},
		{5, 16.1989976, 19.8554725, 48.01486545, 56.64076188},
		{20, 30.9616278, 50.1217678, 436.65446684, 614.75202486},
		{45, 26.9447610, 62.9677554, 1186.90824077, 2090.24784128},
		{85, 15.2087653, 51.4744896, 2015.82406933, 4436.65821457},
	} {
		got := [5]float64{p[0], golden.ref.At(p[0]), golden.k.At(golden.ref, p[0]), golden.ref.Integral(p[0]), golden.k.Integral(golden.ref, p[0])}
		for i := range p {
			if math.Abs(got[i]-p[i]) > 6e-8*math.Max(1, p[i]/10) { // the digits that are given
				t.Errorf("at %g min, column %d: %.8f, want %.8f", p[0], i, got[i], p[i])
			}
		}
	}
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{K2PrimePerMin: 0.065}, fit.LoganRef{TStar: 30 * time.Minute, K2PrimePerMin: 0.065}} {
		estimates, err := m.Fit(goldenScan(hrrt(), 0))
		if err != nil {
			t.Fatal(err)
		}
		if bpnd, _ := estimates[0].Get(fit.BPND); math.Abs(bpnd-1.9) > 1.9e-5 { // 0.001 %
			t.Errorf("%+v: BPND %.7f, want 1.9", m, bpnd)
		}
	}
}

func warned(e fit.Estimate, code ingest.Code) bool {
	for _, w := range e.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

// The classical mistake, negative test: without the k2′ term the slope of the
// golden vector is 2.55491, BPND 18 % low. A huge k2′ would be the plot without
// it, so it is refused.
func TestLoganWithoutK2PrimeIsLow(t *testing.T) {
	frames := schedule(30, 60, 60, 60)
	for _, k2Prime := range []float64{1e9, 7, 1e-5, -1, math.NaN()} {
		if _, err := (fit.LoganRef{TStar: 30 * time.Minute, K2PrimePerMin: k2Prime}).Fit(goldenScan(frames, 0)); !errors.Is(err, fit.ErrK2Prime) {
			t.Errorf("k2′ of %g: %v", k2Prime, err)
		}
	}
	estimates, err := fit.LoganRefNoK2P{TStar: 30 * time.Minute}.Fit(goldenScan(frames, 0))
	if err != nil {
		t.Fatal(err)
	}
	if dvr, _ := estimates[0].Get(fit.DVR); math.Abs(dvr-2.55491) > 0.01 {
		t.Errorf("slope %.5f, want 2.555 within the weights' choice of points", dvr)
	}
}

func TestTheUnitOfActivityDoesNotMatter(t *testing.T) {
	frames := phantom.DefaultFrames()
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{}} {
		base, err := m.Fit(goldenScan(frames, phantom.CarbonHalfLife))
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []float64{1e-9, 1e-3, 1e6} {
			s := goldenScan(frames, phantom.CarbonHalfLife)
			for _, tac := range s.TACs {
				for f := range tac.BqPerML {
					tac.BqPerML[f] *= scale
				}
			}
			got, err := m.Fit(s)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range got[0].Parameters {
				if w := base[0].Parameters[i].Value; math.Abs(p.Value-w) > 1e-8*math.Abs(w) {
					t.Errorf("%s × %g: %s = %v, want %v", m.Name(), scale, p.Symbol, p.Value, w)
				}
			}
		}
	}
}

func TestTimeScalesRates(t *testing.T) {
	frames := phantom.DefaultFrames()
	slow := make([]ingest.Frame, len(frames))
	for i, f := range frames {
		slow[i] = ingest.Frame{Start: 2 * f.Start, Duration: 2 * f.Duration}
	}
	a, b := goldenScan(frames, 0), goldenScan(frames, 0)
	b.Frames = slow
	ea, err := fit.SRTM{}.Fit(a)
	if err != nil {
		t.Fatal(err)
	}
	eb, err := fit.SRTM{}.Fit(b)
	if err != nil {
		t.Fatal(err)
	}
	for symbol, factor := range map[fit.Symbol]float64{fit.BPND: 1, fit.R1: 1, fit.K2: 0.5} {
		va, _ := ea[0].Get(symbol)
		vb, _ := eb[0].Get(symbol)
		if math.Abs(vb-factor*va) > 1e-6*va {
			t.Errorf("%s: %v in time twice as slow, %v before", symbol, vb, va)
		}
	}
}

func TestBadInputHasAName(t *testing.T) {
	frames := phantom.DefaultFrames()
	tests := []struct {
		name   string
		change func(*fit.Scan)
		want   error
	}{
		{"too few frames", func(s *fit.Scan) { s.Frames = s.Frames[:3] }, fit.ErrTooFewFrames},
		{"values for other frames", func(s *fit.Scan) { s.TACs[1].BqPerML = s.TACs[1].BqPerML[1:] }, fit.ErrFrames},
		{"NaN", func(s *fit.Scan) { s.TACs[1].BqPerML[4] = math.NaN() }, fit.ErrValues},
		{"infinite", func(s *fit.Scan) { s.TACs[1].BqPerML[4] = math.Inf(1) }, fit.ErrValues},
		{"negative duration", func(s *fit.Scan) { s.Frames[4].Duration *= -1 }, fit.ErrFrames},
		{"overlap", func(s *fit.Scan) { s.Frames[4].Start -= time.Minute }, fit.ErrFrames},
		{"no reference", func(s *fit.Scan) { s.Reference = "nowhere" }, fit.ErrReference},
		{"empty reference", func(s *fit.Scan) { clear(s.TACs[0].BqPerML) }, fit.ErrReference},
		{"two references", func(s *fit.Scan) { s.TACs[1].Region = s.Reference }, fit.ErrReference},
		{"beyond any scale", func(s *fit.Scan) { s.TACs[1].BqPerML[4] = 1e200 }, fit.ErrValues},
		{"no frames", func(s *fit.Scan) { s.Frames = nil }, fit.ErrTooFewFrames},
		{"frames before the injection", func(s *fit.Scan) {
			for i := range s.Frames {
				s.Frames[i].Start -= 3 * time.Hour
			}
		}, fit.ErrTooFewFrames},
		{"a frame that lasts a year", func(s *fit.Scan) { s.Frames[len(s.Frames)-1].Duration = 365 * 24 * time.Hour }, fit.ErrFrames},
		{"a hundred half-lives", func(s *fit.Scan) { s.HalfLife = 2 * time.Second }, fit.ErrHalfLife},
		{"negative half-life", func(s *fit.Scan) { s.HalfLife = -time.Hour }, fit.ErrHalfLife},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := goldenScan(append([]ingest.Frame{}, frames...), phantom.CarbonHalfLife)
			test.change(&s)
			for _, m := range fit.ReferenceModels() {
				if _, err := m.Fit(s); !errors.Is(err, test.want) || !errors.Is(err, ingest.ErrRejected) {
					t.Errorf("%s: %v, want %v", m.Name(), err, test.want)
				}
			}
		})
	}
}

func TestBadSettingsHaveAName(t *testing.T) {
	unbound := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	unbound.TACs[1].BqPerML = unbound.TACs[0].BqPerML
	scan := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	tests := []struct {
		name  string
		model fit.Model
		scan  fit.Scan
		want  error
	}{
		{"k2′ negative", fit.LoganRef{K2PrimePerMin: -1}, scan, fit.ErrK2Prime},
		{"k2′ no number", fit.LoganRef{K2PrimePerMin: math.NaN()}, scan, fit.ErrK2Prime},
		{"k2′ of nothing that binds", fit.LoganRef{}, unbound, fit.ErrK2Prime},
		{"t* before model zero", fit.LoganRef{TStar: -time.Minute}, scan, fit.ErrFrames},
		{"t* after the scan", fit.LoganRef{TStar: 3 * time.Hour}, scan, fit.ErrTooFewFrames},
		{"t* after the scan", fit.MRTM{TStar: 3 * time.Hour}, scan, fit.ErrTooFewFrames},
	}
	for _, test := range tests {
		if _, err := test.model.Fit(test.scan); !errors.Is(err, test.want) || !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s, %s: %v, want %v", test.name, test.model.Name(), err, test.want)
		}
	}
}

func TestByName(t *testing.T) {
	for _, m := range fit.Models() {
		got, err := fit.ByName(m.Name(), fit.Settings{})
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: %v, %v", m.Name(), got, err)
		}
	}
	if m, err := fit.ByName("logan-ref", fit.Settings{K2PrimePerMin: 0.07}); err != nil || !reflect.DeepEqual(m, fit.LoganRef{K2PrimePerMin: 0.07}) {
		t.Errorf("%v, %v", m, err)
	}
	_, err := fit.ByName("guess", fit.Settings{})
	for _, m := range fit.ReferenceModels() {
		if err == nil || !strings.Contains(err.Error(), m.Name()) {
			t.Errorf("%v does not say that there is %s", err, m.Name())
		}
	}
}

// Models are values that many goroutines share.
func TestModelsAreSafeForConcurrentUse(t *testing.T) {
	scan := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	for _, m := range fit.ReferenceModels() {
		want, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				got, err := m.Fit(scan)
				a, _ := want[0].Get(want[0].Main())
				if b, _ := got[0].Get(want[0].Main()); err != nil || a != b {
					t.Errorf("%s: BPND %v and %v, %v", m.Name(), a, b, err)
				}
			})
		}
		wait.Wait()
	}
}

// A region whose curve is proportional to the reference's: nothing tells its
// parameters apart, so its standard error is absent and doubt is certain.
func TestAProportionalRegionIsDoubted(t *testing.T) {
	s := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	twice := make([]float64, len(s.Frames))
	for i, r := range s.TACs[0].BqPerML {
		twice[i] = 2 * r
	}
	s.TACs = append(s.TACs, extract.TAC{Region: "twice", BqPerML: twice})
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}} {
		estimates, err := m.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		e := estimates[1]
		if _, se := e.Get(fit.BPND); !math.IsNaN(se) && se < 1 || len(e.Warnings) == 0 || e.Warnings[len(e.Warnings)-1].Level != ingest.LevelDoubt {
			t.Errorf("%s: %+v, %v", m.Name(), e.Parameters, e.Warnings)
		}
	}
}

func TestAnEmptyRegionHarmsNoOther(t *testing.T) {
	s := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	s.TACs = append(s.TACs, extract.TAC{Region: "empty", BqPerML: make([]float64, len(s.Frames))})
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{K2PrimePerMin: 0.065}} {
		estimates, err := m.Fit(s)
		if err != nil || len(estimates) != 2 {
			t.Fatalf("%s: %d estimates, %v", m.Name(), len(estimates), err)
		}
		if bp, _ := estimates[0].Get(fit.BPND); math.Abs(bp-1.9) > 0.001 {
			t.Errorf("%s: BPND %v", m.Name(), bp)
		}
		if len(estimates[1].Warnings) == 0 {
			t.Errorf("%s: an empty region without a warning: %+v", m.Name(), estimates[1].Parameters)
		}
	}
}

// Where all of a curve is below 0, as of air, SRTM has no answer, so that it says
// nothing of the k2′ that the others share.
func TestANegativeRegionHarmsNoOther(t *testing.T) {
	s := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
	below := extract.TAC{Region: "below"}
	for _, v := range s.TACs[1].BqPerML {
		below.BqPerML = append(below.BqPerML, -v/10)
	}
	s.TACs = append(s.TACs, below)
	for _, m := range []fit.Model{fit.SRTM2{}, fit.MRTM2{}, fit.LoganRef{}} {
		estimates, err := m.Fit(s)
		if err != nil || len(estimates) != 2 {
			t.Fatalf("%s: %d estimates, %v", m.Name(), len(estimates), err)
		}
		if bp, _ := estimates[0].Get(fit.BPND); math.Abs(bp-1.9) > 0.001 || len(estimates[1].Warnings) == 0 {
			t.Errorf("%s: BPND %v; of the other region %v", m.Name(), bp, estimates[1].Warnings)
		}
	}
}

func TestNoReferenceBeforeTheModelZero(t *testing.T) {
	// A scan that starts half a minute before the injection.
	s := goldenScan(phantom.DefaultFrames(), 0)
	s.Frames = append([]ingest.Frame{{Start: -30 * time.Second, Duration: 30 * time.Second}}, s.Frames...)
	for i := range s.TACs {
		s.TACs[i].BqPerML = append([]float64{0}, s.TACs[i].BqPerML...)
	}
	estimates, err := fit.SRTM{}.Fit(s)
	if err != nil {
		t.Fatal(err)
	}
	if bp, _ := estimates[0].Get(fit.BPND); math.Abs(bp-1.9) > 0.001 || len(estimates[0].Fitted) != len(s.Frames) {
		t.Errorf("BPND %v, %d fitted values for %d frames", bp, len(estimates[0].Fitted), len(s.Frames))
	}
}

func TestModelsThatDisagreeAreNamed(t *testing.T) {
	all := []fit.Estimate{
		{Region: "a", Model: "x", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1}}},
		{Region: "a", Model: "y", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1.2}}},
		{Region: "b", Model: "x", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1}}},
		{Region: "b", Model: "y", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1.04}}},
		{Region: "b", Model: "z", Parameters: []fit.Parameter{{Symbol: fit.VT, Value: 4.5}}},
		{Region: "b", Model: "u", Parameters: []fit.Parameter{{Symbol: fit.VT, Value: 3.08}}},
		{Region: "c", Model: "z", Parameters: []fit.Parameter{{Symbol: fit.VT, Value: 0.5}}},
		{Region: "c", Model: "u", Parameters: []fit.Parameter{{Symbol: fit.VT, Value: 0.47}}},
		{Region: "b", Model: "suvr", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1.9}}},
	}
	for i, e := range fit.Agree(all) {
		if warned(e, ingest.WarnModelAgree) != (i < 2 || i == 4 || i == 5) {
			t.Errorf("estimate %d: warnings %v", i, e.Warnings)
		}
	}
}

// Whatever the curves are, a model answers with an error or with an estimate
// that fits the frames, and never panics.
func FuzzFit(f *testing.F) {
	f.Add([]byte("some bytes to begin with, long enough for eight frames of two curves, and then some more of them, and more"), int64(1221660))
	f.Add(bytes.Repeat([]byte{9, 0, 1, 2, 3, 0x42, 1, 2, 3, 0x43}, 12), int64(0))
	f.Fuzz(func(t *testing.T, data []byte, halfLifeMs int64) {
		s := fit.Scan{Reference: "r", HalfLife: time.Duration(halfLifeMs%1e9) * time.Millisecond, TACs: []extract.TAC{{Region: "r"}, {Region: "t"}}}
		at := time.Duration(0)
		for ; len(data) >= 10 && len(s.Frames) < 60; data = data[10:] {
			at += time.Duration(int8(data[1])/8) * time.Second // a gap, or an overlap
			s.Frames = append(s.Frames, ingest.Frame{Start: at, Duration: time.Duration(data[0]) * time.Second})
			at = s.Frames[len(s.Frames)-1].End()
			for c := range s.TACs {
				v := math.Float32frombits(binary.LittleEndian.Uint32(data[2+4*c:]))
				s.TACs[c].BqPerML = append(s.TACs[c].BqPerML, float64(v))
			}
		}
		for _, m := range append(fit.ReferenceModels(), fit.LoganRef{K2PrimePerMin: 0.1}) {
			estimates, err := m.Fit(s)
			if err != nil {
				continue
			}
			if len(estimates) != 1 || estimates[0].Model != m.Name() || len(estimates[0].Parameters) == 0 {
				t.Fatalf("%s: %+v", m.Name(), estimates)
			}
			if n := len(estimates[0].Fitted); n != 0 && n != len(s.Frames) {
				t.Errorf("%s: %d fitted values for %d frames", m.Name(), n, len(s.Frames))
			}
		}
	})
}
