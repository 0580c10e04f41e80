package ingest

import "testing"

func TestDecimal(t *testing.T) {
	for text, want := range map[string]float64{"12": 12, "-1.5e3": -1500, "+.5": 0.5, "1E-2": 0.01} {
		if v, ok := Decimal(text); !ok || v != want {
			t.Errorf("%q is %g, %v", text, v, ok)
		}
	}
	for _, text := range []string{"", "1_000", "0x1p3", "inf", "NaN", "1,5", "1e999", " 1", "--1", "1e"} {
		if v, ok := Decimal(text); ok {
			t.Errorf("%q is taken for %g", text, v)
		}
	}
}
