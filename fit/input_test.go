package fit_test

import (
	"testing"

	"tacstream/fit"
)

// ours is a model from outside of the package, with blood as its input.
type ours struct{ fit.TCM1 }

// Name returns "ours".
func (ours) Name() string { return "ours" }

func TestEveryModelSaysItsInput(t *testing.T) {
	for _, m := range fit.ReferenceModels() {
		if m.Input() != fit.ReferenceCurve || m.Input().Arterial() {
			t.Errorf("%s: input %b", m.Name(), m.Input())
		}
	}
	both := fit.ReferenceCurve | fit.WholeBlood
	for _, m := range append(fit.Models()[len(fit.ReferenceModels()):], ours{}) {
		if m.Input() != fit.Plasma && !(m.Name() == "srtm-v" && m.Input() == both) || !m.Input().Arterial() {
			t.Errorf("%s: input %b", m.Name(), m.Input())
		}
	}
}

func TestAScanSaysWhatInputItHas(t *testing.T) {
	s := cortex(0.05, 0.05)
	if got := s.Input(); got != fit.Plasma|fit.WholeBlood {
		t.Errorf("with blood: %b", got)
	}
	if got := putamen().Input(); got != fit.ReferenceCurve {
		t.Errorf("with a reference: %b", got)
	}
	if got := (fit.Scan{}).Input(); got != 0 {
		t.Errorf("with nothing: %b", got)
	}
}
