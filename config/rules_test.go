package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
)

func TestRulesAreReadFromYAML(t *testing.T) {
	got, err := parseRules([]byte("nucleus_accumbens: [Left-Accumbens-area, Right-Accumbens-area]\n\"ctx all\": ['ctx-*']\nerode:\n  Cerebellum: 4\n  Pons: 1.5\n"))
	want := extract.Rules{
		Merge: map[string][]string{"nucleus_accumbens": {"Left-Accumbens-area", "Right-Accumbens-area"}, "ctx all": {"ctx-*"}},
		Erode: map[string]float64{"Cerebellum": 4, "Pons": 1.5},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, says := range map[string]string{
		"striatum: Caudate\n":            "write striatum: [A, B]",
		"striatum: {a: 1}\n":             "must be a list of regions",
		"striatum: [1, 2]\n":             "1 is not a name",
		"erode: {Cerebellum: deep}\n":    "deep is not a depth",
		"- a\n- b\n":                     "not YAML of names",
		"striatum: [Caudate\nputamen: 3": "not YAML of names",
	} {
		if _, err := parseRules([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}
