package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/fit"
	"tacstream/ingest"
)

// read reads the table, and the blood where it is given, and says what they
// were read as. It returns the injection too, after model zero.
func (c fitCmd) read(e *env) (fit.Scan, time.Duration, error) {
	curves, interpretation, correction, err := c.readCurves()
	if err != nil {
		return fit.Scan{}, 0, fmt.Errorf("%s: %w", c.Table, err)
	}
	fmt.Fprintf(e.stderr, "%s: %s; %s\n", filepath.Base(c.Table), interpretation, correction)
	c.say(e, curves.Warnings)
	injection := c.injection(e, curves)
	_, kept, doubts := curves.Sound()
	c.say(e, doubts)
	scan := fit.NewScan(curves, "")
	scan.Weights = extract.Kept(interpretation.Weights, kept)
	if c.Reference != "" {
		if scan.Reference, err = c.reference(curves.TACs, interpretation); err != nil {
			return fit.Scan{}, 0, fmt.Errorf("%s: %w", c.Table, err)
		}
	}
	if c.Reference == "" && c.Blood == "" {
		return fit.Scan{}, 0, errors.New("models need an input: a reference region (--reference) or arterial blood (--blood)")
	}
	if c.Blood == "" {
		return scan, injection, nil
	}
	if curves.Units != extract.BqPerML {
		return fit.Scan{}, 0, fmt.Errorf("%s: the table does not give its unit of activity, which a fit with blood needs: give it with --unit", c.Table)
	}
	err = c.readBlood(e, &scan)
	return scan, injection, err
}

// injection returns the injection after model zero, and says so where times that
// were given count from it.
func (c fitCmd) injection(e *env, curves extract.Curves) time.Duration {
	at, doubts := curves.InjectionTime()
	if c.TStar == 0 && c.WindowFrom == 0 && c.WindowTo == 0 {
		return at
	}
	c.say(e, doubts)
	zero := "model zero"
	switch {
	case at != 0:
		zero = fmt.Sprintf("the injection, %g s after model zero", at.Seconds())
	case curves.Decay.InjectionKnown && len(doubts) == 0:
		zero = "the injection, which is model zero"
	}
	fmt.Fprintf(e.stderr, "--t-star and --window-* count from %s; results count from model zero\n", zero)
	return at
}

// reference returns the reference region. Where it is among the regions that
// were left out for values that are missing, the error says so.
func (c fitCmd) reference(tacs []extract.TAC, in table.Interpretation) (extract.Region, error) {
	region, err := extract.Reference(c.Reference, tacs)
	if err == nil {
		return region, nil
	}
	var others []extract.TAC
	for _, gap := range in.LeftOut {
		others = append(others, extract.TAC{Region: gap.Region})
	}
	name, other := extract.Reference(c.Reference, others)
	for _, gap := range in.LeftOut {
		if other == nil && gap.Region == name {
			return "", ingest.Reject(ingest.CodeReferenceAbsent,
				"the reference %s lacks %s, so it cannot serve; fill them in or take out their rows", name, ingest.Count(gap.Missing, "value"))
		}
	}
	return "", err
}

// readCurves reads the table and turns it into curves as they decayed.
func (c fitCmd) readCurves() (extract.Curves, table.Interpretation, table.Correction, error) {
	f, err := config.OpenFile(c.Table)
	if err != nil {
		return extract.Curves{}, table.Interpretation{}, table.Correction{}, err
	}
	defer f.Close()
	stated, err := readSidecars(c.Table, c.Blood)
	if err != nil {
		return extract.Curves{}, table.Interpretation{}, table.Correction{}, err
	}
	values, interpretation, err := table.Read(f, table.Hints{TimeUnit: c.TimeUnit, Unit: c.Unit, Sidecar: stated.Units})
	if err != nil {
		return extract.Curves{}, interpretation, stated.Correction, err
	}
	halfLife, err := stated.HalfLife(c.HalfLife)
	if err != nil {
		return extract.Curves{}, interpretation, stated.Correction, err
	}
	curves, err := stated.AsDecayed(values, halfLife)
	return curves, interpretation, stated.Correction, err
}

// readSidecars reads what the table's own sidecar says and, where that is
// silent, those of its scan, beside the table and beside the blood.
func readSidecars(curves, blood string) (table.Statement, error) {
	var stated table.Statement
	for _, file := range slices.Concat([]string{table.SidecarName(curves)}, table.ScanSidecars(curves), table.ScanSidecars(blood)) {
		text, err := readSmall(file)
		if err != nil {
			return stated, err
		}
		if len(text) == 0 {
			continue
		}
		if err := stated.Add(filepath.Base(file), text); err != nil {
			return stated, err
		}
	}
	return stated, nil
}

// readBlood adds arterial blood to a scan, and its delay.
func (c fitCmd) readBlood(e *env, scan *fit.Scan) error {
	f, err := config.OpenFile(c.Blood)
	if err != nil {
		return err
	}
	defer f.Close()
	side, err := readSmall(table.SidecarName(c.Blood))
	if err != nil {
		return err
	}
	if scan.Blood, err = table.ReadBlood(f, side); err != nil {
		return fmt.Errorf("%s: %w", c.Blood, err)
	}
	scan.Blood = scan.Blood.Settle(extract.Curves{Frames: scan.Frames, TACs: scan.TACs, HalfLife: scan.HalfLife})
	fmt.Fprintf(e.stderr, "%s: %d samples of plasma, %d of whole blood\n", filepath.Base(c.Blood), len(scan.Blood.Parent), len(scan.Blood.Whole))
	c.say(e, append(scan.Blood.Check(scan.Frames[len(scan.Frames)-1].End()), scan.Blood.Warnings...))
	if c.Delay != "auto" {
		if scan.Delay, err = time.ParseDuration(c.Delay); err != nil {
			return fmt.Errorf("--delay: %q is neither auto nor a time such as 5s", c.Delay)
		}
		return nil
	}
	if scan.Blood.Parent == nil {
		fmt.Fprintln(e.stderr, "delay of the tracer after the blood: taken as 0 s, since plasma is needed to estimate it; give it with --delay where it is known")
		return nil
	}
	var doubts []ingest.Warning
	if scan.Delay, doubts, err = fit.FindDelay(*scan); err != nil {
		return fmt.Errorf("%s: %w; set a delay with --delay", c.Blood, err)
	}
	if len(doubts) > 0 {
		c.say(e, doubts)
		scan.Blood.Warnings = append(slices.Clip(scan.Blood.Warnings), doubts...)
		return nil
	}
	doubt := ""
	if scan.Blood.Whole == nil {
		doubt = "; without whole blood it comes out seconds too low, so give it with --delay where it is known"
	}
	fmt.Fprintf(e.stderr, "delay of the tracer after the blood: %.1f s, estimated%s\n", scan.Delay.Seconds(), doubt)
	return nil
}

// maxSidecarBytes bounds a sidecar.
const maxSidecarBytes = 16 << 20

// readSmall reads a small file, nothing where there is none.
func readSmall(file string) ([]byte, error) {
	data, err := config.ReadFile(file, maxSidecarBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), err
}
