package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeBloodStudy writes a table of a region of one compartment, K1 0.1 and k2 0.05 per
// min without decay, and blood in Bq/mL from a time in s on, after which the tracer
// reaches the region so many s later. It returns both files.
func writeBloodStudy(t *testing.T, from, delay float64) (curves, blood string) {
	t.Helper()
	plasma := func(min float64) float64 {
		if min <= 0 {
			return 0
		}
		return 1e5*min*math.Exp(-3*min) + 4e3*(1-math.Exp(-5*min))*math.Exp(-0.02*min)
	}
	var table, samples strings.Builder
	table.WriteString("frame_start\tframe_end\tA\n")
	const step = 0.5 // s
	tissue, now := 0.0, 0.0
	for _, length := range []float64{10, 10, 10, 10, 10, 10, 30, 30, 60, 60, 120, 120, 300, 300, 300, 600, 600, 600, 600} {
		sum, until := 0.0, now+length
		for ; now < until; now += step {
			tissue += step / 60 * (0.1*plasma((now+step/2-delay)/60) - 0.05*tissue)
			sum += (0.97*tissue + 0.03*plasma((now+step/2-delay)/60)) * step / length
		}
		fmt.Fprintf(&table, "%g\t%g\t%.6f\n", until-length, until, sum)
	}
	samples.WriteString("time\twhole_blood_radioactivity\tAIF\n")
	for s := from; s < now; s += 2 + s/20 {
		fmt.Fprintf(&samples, "%.2f\t%.6f\t%.6f\n", s, plasma(s/60), plasma(s/60))
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"tacs.tsv": table.String(), "blood.tsv": samples.String(),
		"tacs.json":  `{"Units":["Bq/mL"],"RadionuclideHalfLife":[1e9],"ImageDecayCorrected":[true]}`,
		"blood.json": `{"time":{"Units":["s"]},"AIF":{"Units":["Bq"]},"whole_blood_radioactivity":{"Units":["Bq"]}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "tacs.tsv"), filepath.Join(folder, "blood.tsv")
}

// Sidecars with lists of one are read by the command, and a delay that is not found is
// said on the way and with every estimate.
func TestFitWithBlood(t *testing.T) {
	for _, test := range []struct {
		name        string
		from, delay float64
		delayed     bool // DELAY is said
	}{
		{"all samples", 0, 5, false},
		{"the rise is missing", 90, -60, true},
	} {
		curves, blood := writeBloodStudy(t, test.from, test.delay)
		code, out, stderr := run("fit", curves, "--blood", blood, "--model", "1tcm,logan", "--json")
		if code != 0 {
			t.Fatalf("%s: %s", test.name, stderr)
		}
		var got struct {
			Estimates []struct {
				Model    string
				VT       float64
				Warnings []struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Estimates {
			if !test.delayed && !(math.Abs(e.VT/2-1) < 0.05) {
				t.Errorf("%s: %s VT %g, want 2", test.name, e.Model, e.VT)
			}
			said := slices.ContainsFunc(e.Warnings, func(w struct{ Code string }) bool { return w.Code == "DELAY" })
			if said != test.delayed || strings.Contains(stderr, "DELAY") != test.delayed {
				t.Errorf("%s: %s: %v\n%s", test.name, e.Model, e.Warnings, stderr)
			}
		}
	}
}
