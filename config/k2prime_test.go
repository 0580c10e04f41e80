package config

import (
	"slices"
	"strings"
	"testing"

	"tacstream/extract"
)

// A protocol names the regions of k2′ by patterns; one without a region stands for
// itself, so that the models that need k2′ say that they have none.
func TestProtocolNamesTheRegionsOfK2Prime(t *testing.T) {
	tacs := []extract.TAC{{Region: "Putamen"}, {Region: "Caudate"}, {Region: "Cortex"}}
	got := Protocol{K2PrimeFrom: []string{"put*", "nowhere"}}.k2PrimeRegions(tacs)
	if !slices.Equal(got, []extract.Region{"Putamen", "nowhere"}) {
		t.Errorf("regions %q", got)
	}
	if got := (Protocol{}).k2PrimeRegions(tacs); got != nil {
		t.Errorf("regions %q where none is named", got)
	}
}

// A spread needs a k2′ that is at least twice as large.
func TestProtocolChecksTheSpreadOfK2Prime(t *testing.T) {
	for sd, fine := range map[float64]bool{0: true, 0.01: true, 0.05: false, -0.01: false} {
		p := DefaultProtocols()[0]
		p.K2PrimePerMin, p.K2PrimeSD = 0.065, sd
		said := false
		p.check("protocol", func(bad bool, at, _ string, _ ...any) { said = said || bad && strings.HasSuffix(at, "k2prime_sd") })
		if said == fine {
			t.Errorf("spread %g: refused %v", sd, said)
		}
	}
}
