package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

type fitCmd struct {
	Table     string        `arg:"" name:"tacs.tsv" help:"Table of curves, times in s." type:"existingfile"`
	Reference string        `help:"Reference region; * and ? as in file names, case ignored." required:"" placeholder:"REGION"`
	Model     []string      `help:"Models to run: srtm, mrtm, logan-ref. Default: all of them." placeholder:"M,..."`
	K2Prime   float64       `name:"k2prime" help:"Efflux rate of the reference in 1/min, where a model takes one; default: estimated over the regions." placeholder:"K"`
	HalfLife  time.Duration `name:"half-life" help:"Of the nuclide, such as 20.4m; default: the sidecar's. Without one the curves are taken as those of a tracer without decay." placeholder:"T"`
	TStar     time.Duration `name:"t-star" help:"Start of the linear phase after injection, such as 30m; default: chosen." placeholder:"T"`
	JSON      bool          `name:"json" help:"Print one JSON object."`
}

// Help shows examples.
func (fitCmd) Help() string {
	return `The sidecar (.json beside the table) tells the half-life and to when the values are corrected for decay.

Examples:
  tacstream fit tacs.tsv --reference Cerebellum
  tacstream fit tacs.tsv --reference Cerebellum --model srtm,logan-ref --k2prime 0.066 --json`
}

func (c fitCmd) Run(e *env) error {
	curves, err := c.read(e)
	if err != nil {
		return err
	}
	reference, err := config.Reference(c.Reference, curves.TACs)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Table, err)
	}
	scan := fit.Scan{Frames: curves.Frames, TACs: curves.TACs, Reference: reference, HalfLife: curves.HalfLife}
	models, err := c.models()
	if err != nil {
		return err
	}
	all, failed, err := config.FitAll(models, scan)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Table, err)
	}
	for _, w := range failed {
		fmt.Fprintf(e.stderr, "%s %s: %s\n", w.Level, w.Code, w.Detail)
	}
	if c.JSON {
		return c.printJSON(e, all)
	}
	return c.print(e, all)
}

// models returns the models that were asked for, or all there are.
func (c fitCmd) models() ([]fit.Model, error) {
	names := c.Model
	if len(names) == 0 {
		for _, m := range fit.Models() {
			names = append(names, m.Name())
		}
	}
	var models []fit.Model
	for _, name := range names {
		m, err := fit.ByName(name, fit.Settings{K2PrimePerMin: c.K2Prime, TStar: c.TStar})
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	return models, nil
}

// read reads the table and turns it into curves as they decayed.
func (c fitCmd) read(e *env) (extract.Curves, error) {
	f, err := os.Open(c.Table)
	if err != nil {
		return extract.Curves{}, err
	}
	defer f.Close()
	curves, err := extract.ReadTSV(f)
	if err != nil {
		return curves, fmt.Errorf("%s: %w", c.Table, err)
	}
	side, err := readSidecar(sidecarName(c.Table))
	if err != nil {
		return curves, err
	}
	halfLife, origin := time.Duration(side.RadionuclideHalfLife*float64(time.Second)), time.Duration(0)
	if side.ImageDecayCorrectionTime != nil {
		origin = time.Duration(*side.ImageDecayCorrectionTime * float64(time.Second))
	}
	if c.HalfLife > 0 {
		halfLife = c.HalfLife
	}
	if curves, err = extract.FromCorrected(curves, halfLife, origin); err != nil {
		return curves, fmt.Errorf("%s: %w", c.Table, err)
	}
	for _, w := range curves.Warnings {
		fmt.Fprintf(e.stderr, "%s %s: %s\n", w.Level, w.Code, w.Detail)
	}
	return curves, nil
}

// maxSidecarBytes bounds a sidecar.
const maxSidecarBytes = 16 << 20

// readSidecar reads a sidecar, empty where there is none.
func readSidecar(file string) (sidecar, error) {
	var s sidecar
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if info.Size() > maxSidecarBytes {
		return s, fmt.Errorf("%s: %d bytes are too many for a sidecar", file, info.Size())
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	var lax struct {
		RadionuclideHalfLife     *float64
		ImageDecayCorrectionTime *float64
	}
	if err := json.Unmarshal(body, &lax); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	if lax.RadionuclideHalfLife != nil {
		s.RadionuclideHalfLife = *lax.RadionuclideHalfLife
	}
	s.ImageDecayCorrectionTime = lax.ImageDecayCorrectionTime
	return s, nil
}

// print writes a table for people.
func (c fitCmd) print(e *env, all []fit.Estimate) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REGION\tMODEL\tBPND\tSE\tR1\tk2 1/min\tk2′ 1/min\tWARNINGS")
	for _, est := range all {
		bp, se := est.Get(fit.BPND)
		r1, _ := est.Get(fit.R1)
		k2, _ := est.Get(fit.K2)
		k2p, _ := est.Get(fit.K2Prime)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", est.Region, est.Model, number(bp), number(se), number(r1), number(k2), number(k2p), codes(est.Warnings))
	}
	return w.Flush()
}

func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.4f", x)
}

func codes(list []ingest.Warning) string {
	var names []string
	for _, w := range list {
		names = append(names, string(w.Code))
	}
	return strings.Join(names, " ")
}

// printJSON writes {"estimates":[…]}; what a model does not have is left out.
func (c fitCmd) printJSON(e *env, all []fit.Estimate) error {
	list := make([]map[string]any, 0, len(all))
	for _, est := range all {
		se := map[string]float64{}
		entry := map[string]any{"region": est.Region, "model": est.Model, "warnings": warningsOf(est.Warnings)}
		for _, p := range est.Parameters {
			if finite(p.Value) {
				entry[string(p.Symbol)] = p.Value
			}
			if finite(p.SE) {
				se[string(p.Symbol)] = p.SE
			}
		}
		entry["se"] = se
		if finite(est.AIC) {
			entry["aic"] = est.AIC
		}
		if est.TStar > 0 {
			entry["t_star"] = est.TStar.Seconds()
		}
		list = append(list, entry)
	}
	enc := json.NewEncoder(e.stdout)
	return enc.Encode(map[string]any{"estimates": list})
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// warningsOf makes warnings encodable: a value that is no number is 0.
func warningsOf(list []ingest.Warning) []ingest.Warning {
	out := make([]ingest.Warning, len(list))
	for i, w := range list {
		if !finite(w.Value) {
			w.Value = 0
		}
		if !finite(w.Threshold) {
			w.Threshold = 0
		}
		out[i] = w
	}
	return out
}
