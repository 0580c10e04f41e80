package cli

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

type fitCmd struct {
	Table       string        `arg:"" name:"tacs.tsv" help:"Table of curves: as PETPrep, petfit or PMOD (.tac) write it." type:"existingfile"`
	Reference   string        `help:"Reference region; * and ? as in file names, case ignored. Reference-tissue models need one." placeholder:"REGION"`
	Blood       string        `help:"Arterial blood, as a BIDS _blood.tsv. Models with an arterial input need it." type:"existingfile" placeholder:"TSV"`
	Model       []string      `help:"Models to run, or 'all' that apply. Default: srtm, srtm2, mrtm, logan-ref with a reference; 1tcm, 2tcm, logan, ma1 with blood. See below." placeholder:"M,..."`
	K2Prime     *float64      `name:"k2prime" help:"Efflux rate of the reference in 1/min, where a model takes one; default: estimated over the regions." placeholder:"K"`
	K2PrimeFrom []string      `name:"k2prime-from" help:"Regions that k2′ is estimated from; * and ? as in file names. Default: all but those called csf, ventricle, skull or the like." placeholder:"REGION,..."`
	TStar       time.Duration `name:"t-star" help:"Start of the linear phase after injection, such as 30m; default: chosen." placeholder:"T"`
	WindowFrom  time.Duration `name:"window-from" help:"Start of the window of suvr; default: the last third of the scan." placeholder:"T"`
	WindowTo    time.Duration `name:"window-to" help:"End of the window of suvr; default: the end of the scan." placeholder:"T"`
	Weights     string        `help:"Weights of the frames: inverse-variance, uniform, uniform-decayed, duration, duration-decay, counts, kinfitr-1 to kinfitr-9, or user for a column called weights." default:"inverse-variance" placeholder:"NAME"`
	Delay       string        `help:"How much later the tracer arrives in the regions than where blood was sampled, such as 5s; default: estimated." default:"auto" placeholder:"T"`
	HalfLife    time.Duration `name:"half-life" help:"Of the nuclide, such as 20.4m; default: the sidecar's. Without one the curves are taken as those of a tracer without decay." placeholder:"T"`
	TimeUnit    string        `name:"time-unit" help:"Of the table, s or min; default: what its columns say, else s." enum:"s,min," default:"" placeholder:"UNIT"`
	Unit        string        `help:"Of activity in the table, such as kBq/mL; default: what the table or its sidecar says." placeholder:"UNIT"`
	Region      []string      `help:"Regions to print and to draw; * and ? as in file names. All are fitted. Default: all." placeholder:"REGION,..."`
	Bootstrap   int           `help:"Fit N scans with new noise as well, and print how the parameters scatter." placeholder:"N"`
	Seed        uint64        `help:"Of the bootstrap." default:"1" placeholder:"N"`
	Plot        string        `help:"Draw curves, residuals and linear plots into an SVG file." placeholder:"SVG"`
	JSON        bool          `name:"json" help:"Print one JSON object."`
}

// Help shows examples.
func (fitCmd) Help() string {
	return `The sidecar (.json beside the table) tells the half-life, the units and to when the values are corrected for decay.

Reference-tissue models: srtm, srtm2, frtm, mrtm0, mrtm, mrtm2, logan-ref, logan-ref-nok2p, patlak-ref, suvr, rpm.
With arterial blood: 1tcm, 2tcm, 2tcm-irreversible, logan, ma1, ma2, patlak, spectral.
What each assumes, and its source: go doc tacstream/fit.

EVIDENCE is the Akaike weight of a model among those that were fitted to all frames of a region; plots leave some out and
have none.

Examples:
  tacstream fit tacs.tsv --reference Cerebellum
  tacstream fit tacs.tsv --reference Cerebellum --model srtm2,logan-ref --k2prime 0.066 --json
  tacstream fit scan.tac --reference 'cereb*' --model all --plot fits.svg
  tacstream fit tacs.tsv --reference Cerebellum --region '*putamen*,*caudate*' --plot striatum.svg
  tacstream fit tacs.tsv --blood sub-01_recording-manual_blood.tsv --model 2tcm,logan`
}

func (c fitCmd) Run(e *env) error {
	scan, err := c.read(e)
	if err != nil {
		return err
	}
	models, err := c.models(scan)
	if err != nil {
		return err
	}
	wanted, err := regionsLike(c.Region, scan.TACs)
	if err != nil {
		return fmt.Errorf("--region: %w", err)
	}
	all, failed, err := config.FitAll(models, scan)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Table, err)
	}
	c.say(e, failed)
	other := func(r extract.Region) bool { return len(wanted) > 0 && !slices.Contains(wanted, r) }
	if all = slices.DeleteFunc(all, func(e fit.Estimate) bool { return other(e.Region) }); len(all) == 0 {
		return fmt.Errorf("--region: %s is no region that was fitted", strings.Join(c.Region, ", "))
	}
	result := fitResult{estimates: all, weights: fit.AkaikeWeights(all)}
	if c.Bootstrap > 0 {
		if result.resampled, err = c.bootstrap(models, scan); err != nil {
			return err
		}
		result.resampled = slices.DeleteFunc(result.resampled, func(r fit.Resampled) bool { return other(r.Region) })
	}
	if c.Plot != "" {
		if err := c.draw(scan, all); err != nil {
			return err
		}
	}
	if c.JSON {
		return result.printJSON(e)
	}
	return result.print(e)
}

// say prints warnings that belong to no estimate.
func (c fitCmd) say(e *env, list []ingest.Warning) {
	for _, w := range list {
		fmt.Fprintln(e.stderr, w)
	}
}

// models returns the models that were asked for, each once.
func (c fitCmd) models(scan fit.Scan) ([]fit.Model, error) {
	k2Prime := 0.0
	if c.K2Prime != nil {
		if k2Prime = *c.K2Prime; !(k2Prime > 0) {
			return nil, errors.New("--k2prime: a rate in 1/min is above 0")
		}
	}
	if c.Bootstrap < 0 {
		return nil, errors.New("--bootstrap: a number of scans is above 0")
	}
	from, err := regionsLike(c.K2PrimeFrom, scan.TACs)
	if err != nil {
		return nil, fmt.Errorf("--k2prime-from: %w", err)
	}
	settings := fit.Settings{
		K2PrimePerMin: k2Prime, K2PrimeFrom: from, TStar: c.TStar,
		Window: fit.Window{From: c.WindowFrom, To: c.WindowTo}, Weighting: fit.Weighting(c.Weights),
	}
	var models []fit.Model
	for _, name := range c.names(scan) {
		m, err := fit.ByName(name, settings)
		switch {
		case err != nil:
			return nil, err
		case fit.NeedsBlood(m) && scan.Blood.Parent == nil:
			return nil, fmt.Errorf("%s has an arterial input: give it with --blood", name)
		case !fit.NeedsBlood(m) && scan.Reference == "":
			return nil, fmt.Errorf("%s needs a reference region: give it with --reference", name)
		}
		models = append(models, m)
	}
	return models, nil
}

// names returns the names of the models, each once.
func (c fitCmd) names(scan fit.Scan) []string {
	var names []string
	add := func(list ...string) {
		for _, name := range list {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	asked := c.Model
	if len(asked) == 0 && scan.Reference != "" {
		asked = []string{"srtm", "srtm2", "mrtm", "logan-ref"}
	}
	if len(c.Model) == 0 && scan.Blood.Parent != nil {
		asked = append(asked, "1tcm", "2tcm", "logan", "ma1")
	}
	for _, name := range asked {
		if name != "all" {
			add(name)
			continue
		}
		for _, m := range fit.Models() {
			if fit.NeedsBlood(m) && scan.Blood.Parent != nil || !fit.NeedsBlood(m) && scan.Reference != "" {
				add(m.Name())
			}
		}
	}
	return names
}

// regionsLike returns the regions that match one of the patterns, nil for
// none.
func regionsLike(patterns []string, tacs []extract.TAC) ([]extract.Region, error) {
	var list []extract.Region
	for _, pattern := range patterns {
		before := len(list)
		for _, t := range tacs {
			ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(string(t.Region)))
			if err != nil {
				return nil, fmt.Errorf("%q is no pattern", pattern)
			}
			if ok || string(t.Region) == pattern {
				list = append(list, t.Region)
			}
		}
		if len(list) == before {
			return nil, fmt.Errorf("no region is called %q", pattern)
		}
	}
	return list, nil
}

// bootstrap resamples every model.
func (c fitCmd) bootstrap(models []fit.Model, scan fit.Scan) ([]fit.Resampled, error) {
	var all []fit.Resampled
	for _, m := range models {
		list, err := fit.Bootstrap(m, scan, c.Bootstrap, c.Seed)
		if err != nil && !errors.Is(err, fit.ErrK2Prime) {
			return nil, fmt.Errorf("%s: %w", m.Name(), err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// draw writes the figure.
func (c fitCmd) draw(scan fit.Scan, all []fit.Estimate) error {
	f, err := os.Create(c.Plot)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := drawFits(f, scan, all); err != nil {
		return fmt.Errorf("%s: %w", c.Plot, err)
	}
	return f.Close()
}
