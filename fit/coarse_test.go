package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// coarser returns a case as a schedule of longer frames gives it, which begin and
// end at edges in min: each is made of whole frames, so its means are exact.
func (tr truth) coarser(t *testing.T, edges []float64) truth {
	t.Helper()
	kept := tr
	kept.frames, kept.ref, kept.target = nil, nil, nil
	for i := range len(edges) - 1 {
		f, ref, target, length := frame(edges[i], edges[i+1]), 0.0, 0.0, time.Duration(0)
		for k, g := range tr.frames {
			if g.Start >= f.Start && g.End() <= f.End() {
				length += g.Duration
				ref += tr.ref[k] * g.Duration.Minutes()
				target += tr.target[k] * g.Duration.Minutes()
			}
		}
		if (length - f.Duration).Abs() > time.Microsecond {
			t.Fatalf("%v is not made of whole frames: %v", f, length)
		}
		kept.frames = append(kept.frames, f)
		kept.ref = append(kept.ref, ref/f.Duration.Minutes())
		kept.target = append(kept.target, target/f.Duration.Minutes())
	}
	return kept
}

// d60 is a scan of an hour that begins with frames of a minute: the bolus is over
// before the first has ended.
func d60() []float64 {
	return []float64{0, 1, 2, 3, 4, 5, 8, 11, 14, 17, 20, 25, 30, 35, 40, 45, 50, 55, 60}
}

// The project's limits, 0.002 % in the median and 0.05 % at worst, hold for coarse
// frames and for a break of half an hour too. Before what lies between frames was
// told by what the curve itself makes likely they were, SRTM and FRTM, D60:
// 0.0052 and 0.081 %, 0.0081 and 0.036 %; E90gap: 0.0041 and 0.058 %, 0.0049 and
// 5.5 %. MRTM had 0.011 and 0.36 % in E90gap. No case is excused.
func TestCoarseFrames(t *testing.T) {
	row := figures.Accuracy(t, "BPND, coarse frames and a break, seven models: error", 14)
	median, worst := row.AtMost("median # %"), row.AtMost("worst # %")
	frtm := func(truth) fit.Model { return fit.FRTM{} }
	for _, set := range []struct{ name, dir string }{{"testdata", "testdata"}, {"shared", sharedTruth}} {
		for _, schedule := range []struct {
			name string
			of   func(truth) truth
		}{
			{"D60", func(tr truth) truth { return tr.coarser(t, d60()) }},
			{"E90gap", func(tr truth) truth { return tr.without(30*time.Minute, 60*time.Minute) }},
		} {
			check := func(t *testing.T, list []truth, l limits) {
				for i := range list {
					list[i] = schedule.of(list[i])
				}
				m, top := l.check(t, list)
				if set.dir == sharedTruth {
					median.Add(m)
					worst.Add(top)
				}
			}
			t.Run(set.name+" "+schedule.name, func(t *testing.T) {
				for _, l := range []limits{
					{"srtm", srtm, 0.002, 0.05}, {"srtm2", srtm2, 0.002, 0.05}, {"mrtm", mrtm, 0.002, 0.05},
					{"mrtm2", mrtm2, 0.002, 0.05}, {"mrtm0", mrtm0, 0.002, 0.05}, {"logan-ref", logan, 0.002, 0.05},
				} {
					check(t, answerable(readTruths(t, set.dir, "A90")), l)
				}
				if set.dir == sharedTruth {
					check(t, frtmTruths(t, set.dir), limits{"frtm", frtm, 0.002, 0.05})
				}
			})
		}
	}
}

// An input that is there at once, as that of a synthetic scan may be, is no
// bolus: which of the two a scan has, its own curve says.
func TestAnInputThatIsThereAtOnce(t *testing.T) {
	var frames []ingest.Frame
	for i, from := range d60()[:len(d60())-1] {
		frames = append(frames, frame(from, d60()[i+1]))
	}
	for _, tracer := range phantom.Tracers() {
		for _, k := range kinetics() {
			s := exactScan(k, tracer.Reference(), frames, phantom.CarbonHalfLife)
			estimates, err := fit.SRTM{}.Fit(s)
			if err != nil {
				t.Fatal(err)
			}
			if bp, _ := estimates[0].Get(fit.BPND); math.Abs(bp/k.BPND-1) > 5e-4 {
				t.Errorf("%s, %+v: BPND %g", tracer, k, bp)
			}
		}
	}
}

// What a break costs in precision is what the frames that are missing would have
// added: the means that stand for them follow no error of single frames. Before,
// MRTM scattered twice as much as SRTM.
func TestABreakInANoisyScan(t *testing.T) {
	var frames []ingest.Frame
	for _, f := range hrrt() {
		if f.End() <= 30*time.Minute || f.Start >= 60*time.Minute {
			frames = append(frames, f)
		}
	}
	k := phantom.Kinetics{R1: 0.9, K2PerMin: 0.09, BPND: 1.5}
	ref := phantom.DASB.Reference()
	exact := exactScan(k, ref, frames, phantom.CarbonHalfLife)
	const noise, draws = 0.02, 300
	q := noise * noise * peak(exact.TACs[1].BqPerML)
	var samples [2]sample
	for i, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}} {
		rng := rand.New(rand.NewPCG(5, 6))
		for range draws {
			s := exact
			s.TACs = []extract.TAC{
				{Region: "reference", BqPerML: noisy(rng, exact.TACs[0].BqPerML, frames, q/4)},
				{Region: "target", BqPerML: noisy(rng, exact.TACs[1].BqPerML, frames, q)},
			}
			estimates, err := m.Fit(s)
			if err != nil {
				t.Fatal(err)
			}
			bp, se := estimates[0].Get(fit.BPND)
			samples[i].add(bp, se, k.BPND)
		}
		t.Logf("%s: bias %.4f, SD %.4f, SE over SD %.3f", m.Name(), samples[i].bias(), samples[i].sd(), samples[i].told())
		if math.Abs(samples[i].bias()) > 0.01 || math.Abs(samples[i].told()-1) > 0.1 {
			t.Errorf("%s: bias %.4f, SE over SD %.3f", m.Name(), samples[i].bias(), samples[i].told())
		}
	}
	if samples[1].sd() > 1.4*samples[0].sd() {
		t.Errorf("MRTM scatters by %.4f, SRTM by %.4f", samples[1].sd(), samples[0].sd())
	}
}

func peak(values []float64) (top float64) {
	for _, v := range values {
		top = math.Max(top, v)
	}
	return top
}
