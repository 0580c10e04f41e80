package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

type fitCmd struct {
	Table         string        `arg:"" name:"tacs.tsv" help:"Table of curves: as PETPrep, petfit or PMOD (.tac) write it." type:"existingfile"`
	Reference     string        `help:"Reference region; * and ? as in file names, case ignored. Reference-tissue models need one." placeholder:"REGION"`
	Blood         string        `help:"Arterial blood, as a BIDS _blood.tsv. Models with an arterial input need it." type:"existingfile" placeholder:"TSV"`
	Model         []string      `help:"Models to run, or 'all' that apply; the names stand above. Default: ${models_reference} with a reference; ${models_blood} with blood." placeholder:"M,..."`
	K2PrimePerMin *float64      `name:"k2prime" help:"Efflux rate of the reference region in 1/min, for models that need it. Default: estimated from regions." placeholder:"K"`
	K2PrimeSD     *float64      `name:"k2prime-sd" help:"Spread of --k2prime in 1/min, as over a population; it goes into standard errors. Default: --k2prime counts as known." placeholder:"SD"`
	K2PrimeFrom   []string      `name:"k2prime-from" help:"Regions from which k2′ is estimated; * and ? as in file names. Default: regions of high binding that agree with each other." placeholder:"REGION,..."`
	TStar         time.Duration `name:"t-star" help:"Start of the linear phase, such as 30m, after the injection: see below. Default: chosen from the curves." placeholder:"T"`
	WindowFrom    time.Duration `name:"window-from" help:"Start of the window of suvr, after the injection; default: the last third of the scan." placeholder:"T"`
	WindowTo      time.Duration `name:"window-to" help:"End of the window of suvr, after the injection; default: the end of the scan." placeholder:"T"`
	Weights       string        `help:"Weights of the frames: ${weightings}; user takes a column called weights." default:"inverse-variance" placeholder:"NAME"`
	Delay         string        `help:"Time by which the tracer reaches the regions later than the place where blood was sampled, such as 5s, or auto to estimate it." default:"auto" placeholder:"T"`
	HalfLife      time.Duration `name:"half-life" help:"Half-life of the nuclide, such as 20.4m. Default: the sidecar's. If neither gives one, the curves are fitted as if the tracer did not decay." placeholder:"T"`
	TimeUnit      string        `name:"time-unit" help:"Unit of time in the table, s or min. Default: as its columns say, else s." enum:"s,min," default:"" placeholder:"UNIT"`
	Unit          string        `help:"Unit of activity in the table, such as kBq/mL. Default: as the table or its sidecar says." placeholder:"UNIT"`
	Region        []string      `help:"Regions to print and to draw; * and ? as in file names. All are fitted. Default: all." placeholder:"REGION,..."`
	Bootstrap     int           `help:"Also fit N scans with new noise, and print the scatter of the parameters." placeholder:"N"`
	Seed          uint64        `help:"Seed of the bootstrap." default:"1" placeholder:"N"`
	Plot          string        `help:"Draw curves, residuals and linear plots into an SVG file." placeholder:"SVG"`
	JSON          bool          `name:"json" help:"Print one JSON object."`
}

// Help shows examples.
func (fitCmd) Help() string {
	return `The sidecar (.json beside the table) gives the half-life, the units and the time to which values are corrected for decay.

Models with a reference region: ` + modelNames(true, false) + `.
Models with arterial blood: ` + modelNames(false, true) + `.
Models with both: ` + modelNames(true, true) + `. Their table of blood may have time and whole blood alone.
In the folder of the source, 'go doc ./fit' says what each model assumes.

EVIDENCE is the Akaike weight of a model among those that were fitted to all frames of a region. Graphical models leave
frames out, so they have none.

--t-star and --window-* count from the injection where the sidecar's InjectionStart says when that was and the curves
agree, else from model zero, the 0 of the table's times. Results count from model zero always. A line says which it was.

The command exits with 1 if no model gives an estimate, or if one that --model names does not.

Examples:
  tacstream fit tacs.tsv --reference Cerebellum
  tacstream fit tacs.tsv --reference Cerebellum --model srtm2,logan-ref --k2prime 0.066 --json
  tacstream fit scan.tac --reference 'cereb*' --model all --plot fits.svg
  tacstream fit tacs.tsv --reference Cerebellum --region '*putamen*,*caudate*' --plot striatum.svg
  tacstream fit tacs.tsv --blood sub-01_recording-manual_blood.tsv --model 2tcm,logan`
}

func (c fitCmd) Run(e *env) error {
	scan, injection, err := c.read(e)
	if err != nil {
		return err
	}
	models, err := c.models(scan, injection)
	if err != nil {
		return err
	}
	wanted, err := regionsLike(c.Region, scan.TACs)
	if err != nil {
		return fmt.Errorf("--region: %w", err)
	}
	all, failed, err := fit.All(models, scan)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Table, err)
	}
	c.say(e, failed)
	lost := c.lost(all)
	fitted := fittedNames(all)
	other := func(r extract.Region) bool { return len(wanted) > 0 && !slices.Contains(wanted, r) }
	if all = slices.DeleteFunc(all, func(e fit.Estimate) bool { return other(e.Region) }); len(all) == 0 {
		return fmt.Errorf("--region: no model fits %s; they fit %s", strings.Join(c.Region, ", "), fitted)
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
	write := result.print
	if c.JSON {
		write = result.printJSON
	}
	return errors.Join(write(e), lost)
}

// lost returns an error that names the models which were asked for by name and
// gave no estimate.
func (c fitCmd) lost(all []fit.Estimate) error {
	var names []string
	for _, name := range c.Model {
		if name != "all" && !slices.ContainsFunc(all, func(e fit.Estimate) bool { return e.Model == name }) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%s: no estimate by %s, which --model asks for; MODEL_FAILED above says why", c.Table, strings.Join(names, ", "))
}

// say prints warnings that belong to no estimate.
func (c fitCmd) say(e *env, list []ingest.Warning) {
	for _, w := range list {
		fmt.Fprintln(e.stderr, w)
	}
}

// models returns the models that were asked for, each once, for a scan with the
// injection at a time after model zero.
func (c fitCmd) models(scan fit.Scan, injection time.Duration) ([]fit.Model, error) {
	k2Prime := 0.0
	if c.K2PrimePerMin != nil {
		if k2Prime = *c.K2PrimePerMin; !(k2Prime > 0) {
			return nil, errors.New("--k2prime must be greater than 0 (1/min)")
		}
	}
	spread := 0.0
	if c.K2PrimeSD != nil {
		if spread = *c.K2PrimeSD; !(spread > 0 && 2*spread <= k2Prime) {
			return nil, errors.New("--k2prime-sd must be greater than 0 and at most half of --k2prime")
		}
	}
	if c.Bootstrap < 0 {
		return nil, errors.New("--bootstrap must be at least 1")
	}
	from, err := regionsLike(c.K2PrimeFrom, scan.TACs)
	if err != nil {
		return nil, fmt.Errorf("--k2prime-from: %w", err)
	}
	settings := fit.Settings{
		K2PrimePerMin: k2Prime, K2PrimeSDPerMin: spread, K2PrimeFrom: from, TStar: c.TStar,
		Window: fit.Window{From: c.WindowFrom, To: c.WindowTo}, Weighting: fit.Weighting(c.Weights),
		Injection: injection,
	}
	var models []fit.Model
	for _, name := range c.names(scan) {
		m, err := fit.ByName(name, settings)
		switch {
		case err != nil:
			return nil, err
		case m.Input()&^scan.Input() != 0:
			return nil, c.missing(name, m.Input()&^scan.Input())
		}
		models = append(models, m)
	}
	return models, nil
}

// missing says what a model needs that the scan does not have.
func (c fitCmd) missing(name string, input fit.Input) error {
	switch {
	case input.Arterial() && c.Blood == "":
		return fmt.Errorf("%s needs arterial blood: give it with --blood", name)
	case input&fit.WholeBlood != 0:
		return fmt.Errorf("%s needs whole blood: a column whole_blood_radioactivity of at least 4 samples in %s", name, c.Blood)
	case input&fit.Plasma != 0:
		return fmt.Errorf("%s needs plasma: a column plasma_radioactivity or AIF of at least 4 samples in %s", name, c.Blood)
	}
	return fmt.Errorf("%s needs a reference region: give it with --reference", name)
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
		asked = defaultReferenceModels()
	}
	if len(c.Model) == 0 && scan.Blood.Parent != nil {
		asked = append(asked, defaultBloodModels()...)
	}
	for _, name := range asked {
		if name != "all" {
			add(name)
			continue
		}
		for _, m := range fit.Models() {
			if m.Input()&^scan.Input() == 0 {
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
		found, err := extract.RegionsLike(pattern, tacs)
		switch {
		case err != nil:
			return nil, err
		case len(found) == 0:
			return nil, fmt.Errorf("no region is called %q; there are %s", pattern, namesOf(tacs))
		}
		list = append(list, found...)
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
