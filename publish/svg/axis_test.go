package svg

import (
	"math"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	whole := func(a axis) axis { return a.rounded() }
	asIs := func(a axis) axis { return a }
	for _, c := range []struct {
		name   string
		lo, hi float64
		ticks  float64
		steps  func(float64) float64
		end    func(axis) axis
		want   string
	}{
		{"activity", 0, 63, 5, round125, whole, "0 20 40 60 80"},
		{"activity that goes below zero", -3, 63, 5, round125, whole, "−20 0 20 40 60 80"},
		{"residuals", -1.7, 1.7, 4, round125, whole, "−2 −1 0 1 2"},
		{"small residuals", -0.3, 0.3, 4, round125, whole, "−0.4 −0.2 0.0 0.2 0.4"},
		{"Bq/mL", 0, 63000, 5, round125, whole, "0 20000 40000 60000 80000"},
		{"more of it", 0, 630000, 5, round125, whole, "0 200 400 600 800 ×10³"},
		{"very little", 0, 0.0006, 5, round125, whole, "0 200 400 600 ×10⁻⁶"},
		{"90 min", 0, 90, 4, roundMinutes, asIs, "0 30 60 90"},
		{"93 min", 0, 93, 4, roundMinutes, asIs, "0 30 60 90"},
		{"60 min", 0, 60, 4, roundMinutes, asIs, "0 15 30 45 60"},
		{"3 h", 0, 180, 4, roundMinutes, asIs, "0 60 120 180"},
		{"5 min", 0, 5, 4, roundMinutes, asIs, "0 2 4"},
		{"equal numbers", 4, 4, 5, round125, whole, "2 3 4 5 6"},
		{"nothing but zero", 0, 0, 2, round125, whole, "0 0.5 1.0"},
	} {
		a := c.end(newAxis(span{c.lo, c.hi, true}, c.ticks, c.steps))
		var labels []string
		for _, v := range a.ticks() {
			labels = append(labels, a.label(v))
		}
		have := strings.TrimSpace(strings.Join(labels, " ") + " " + a.factor())
		if strings.ReplaceAll(have, "0.0", "0") != strings.ReplaceAll(c.want, "0.0", "0") {
			t.Errorf("%s: %s, want %s", c.name, have, c.want)
		}
	}
}

func TestAxesHaveFewTicksWhateverTheNumbers(t *testing.T) {
	for e := -299; e < 300; e++ {
		for _, m := range []float64{1, 1.5, 1.99, 2, 4.99, 5, 9.999} {
			a := newAxis(span{}.with(0, m*math.Pow(10, float64(e))), 5, round125).rounded().between(0, 100)
			if n := len(a.ticks()); n < 3 || n > 8 || math.Abs(a.at(a.hi)-100) > 1e-9 {
				t.Fatalf("%ge%d: %d ticks", m, e, n)
			}
		}
	}
}

func TestStylesDiffer(t *testing.T) {
	seen := map[style]int{}
	for i := range 60 {
		if j, ok := seen[newStyle(i)]; ok {
			t.Errorf("models %d and %d look alike", i, j)
		}
		seen[newStyle(i)] = i
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Putamen", "Putamen"}, {"", ""}, {"123456789012", "123456789012"},
		{"1234567890123", "1234567…0123"}, {"長い名長い名長い名", "長い名…い名"},
	} {
		if have := shorten(c.text, 12); have != c.want || cells(have) > 12 {
			t.Errorf("%s became %s", c.text, have)
		}
	}
}
