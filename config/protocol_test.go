package config_test

import (
	"testing"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/ingest"
)

func regions(names ...string) extract.Curves {
	var c extract.Curves
	for _, n := range names {
		c.TACs = append(c.TACs, extract.TAC{Region: extract.Region(n)})
	}
	return c.WithBilateral()
}

func TestTheReferenceIsNeverGuessed(t *testing.T) {
	tests := []struct {
		name    string
		curves  extract.Curves
		pattern string
		want    extract.Region
		code    ingest.Code
	}{
		{"the only match", regions("Putamen", "Cerebellum"), "*cerebell*", "Cerebellum", ""},
		{"left and right as one", regions("Left-Cerebellum", "Right-Cerebellum"), "*cerebell*", "Cerebellum", ""},
		{"an exact name before others that match", regions("Cerebellum-White-Matter", "cerebellum"), "Cerebellum", "cerebellum", ""},
		{"white matter and cortex, as FreeSurfer has them", regions("Left-Cerebellum-White-Matter", "Left-Cerebellum-Cortex", "Right-Cerebellum-White-Matter", "Right-Cerebellum-Cortex"),
			"*cerebell*", "", ingest.CodeReferenceUnclear},
		{"cortex before the whole, as the shipped protocols have it", regions("Left-Cerebellum-White-Matter", "Left-Cerebellum-Cortex", "Right-Cerebellum-White-Matter", "Right-Cerebellum-Cortex"),
			config.DefaultProtocols()[0].Reference, "Cerebellum-Cortex", ""},
		{"the whole where nothing else is there, as the shipped protocols have it", regions("Putamen", "Cerebellum"), config.DefaultProtocols()[1].Reference, "Cerebellum", ""},
		{"two that the first of several patterns names", regions("Cerebellum-Cortex-1", "Cerebellum-Cortex-2", "Cerebellum"), config.DefaultProtocols()[1].Reference, "", ingest.CodeReferenceUnclear},
		{"none of several", regions("Putamen"), "a|b", "", ingest.CodeReferenceAbsent},
		{"one of those by name", regions("Left-Cerebellum-White-Matter", "Left-Cerebellum-Cortex", "Right-Cerebellum-White-Matter", "Right-Cerebellum-Cortex"),
			"*cerebellum-cortex", "Cerebellum-Cortex", ""},
		{"none", regions("Putamen"), "*cerebell*", "", ingest.CodeReferenceAbsent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := extract.Reference(test.pattern, test.curves.TACs)
			if got != test.want || (err == nil) != (test.code == "") || err != nil && ingest.ReasonOf(err).Code != test.code {
				t.Errorf("%q, %v; want %q %s", got, err, test.want, test.code)
			}
		})
	}
}
