package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// read reads the table, and the blood where it is given, and says what they
// were taken for.
func (c fitCmd) read(e *env) (fit.Scan, error) {
	curves, taken, decay, err := c.readCurves()
	if err != nil {
		return fit.Scan{}, fmt.Errorf("%s: %w", c.Table, err)
	}
	fmt.Fprintf(e.stderr, "%s: %s; %s\n", filepath.Base(c.Table), taken, decay.words())
	c.say(e, curves.Warnings)
	scan := fit.NewScan(curves, "")
	scan.Weights = taken.Weights
	if c.Reference != "" {
		if scan.Reference, err = config.Reference(c.Reference, curves.TACs); err != nil {
			return fit.Scan{}, fmt.Errorf("%s: %w", c.Table, err)
		}
	}
	if c.Reference == "" && c.Blood == "" {
		return fit.Scan{}, errors.New("models need an input: a reference region (--reference) or arterial blood (--blood)")
	}
	if c.Blood == "" {
		return scan, nil
	}
	if curves.Units != extract.BqPerML {
		return fit.Scan{}, fmt.Errorf("%s: nothing says its unit of activity, which must be known beside blood: give it with --unit", c.Table)
	}
	return scan, c.readBlood(e, &scan)
}

// readCurves reads the table and turns it into curves as they decayed.
func (c fitCmd) readCurves() (curves extract.Curves, taken extract.Taken, decay tableDecay, err error) {
	f, err := config.OpenFile(c.Table)
	if err != nil {
		return curves, taken, decay, err
	}
	defer f.Close()
	side, body, err := readSidecars(c.Table, c.Blood)
	if err != nil {
		return curves, taken, decay, err
	}
	values, taken, err := extract.ReadTACs(f, extract.Hints{TimeUnit: c.TimeUnit, Unit: c.Unit, Sidecar: body})
	if err != nil {
		return curves, taken, side.decay, err
	}
	halfLife, err := c.halfLife(side)
	if err != nil {
		return curves, taken, side.decay, err
	}
	if side.decay.ImageDecayCorrected != nil && !*side.decay.ImageDecayCorrected {
		curves = extract.FromDecayed(values, halfLife)
	} else {
		origin := time.Duration(0)
		if at := side.decay.ImageDecayCorrectionTime; at != nil {
			if origin, err = secondsOf("ImageDecayCorrectionTime", *at); err != nil {
				return curves, taken, side.decay, err
			}
		}
		if curves, err = extract.FromCorrected(values, halfLife, origin); err != nil {
			return curves, taken, side.decay, err
		}
	}
	curves.Warnings = append(curves.Warnings, ingest.CheckHalfLife(side.TracerRadionuclide, halfLife)...)
	if side.decay == (tableDecay{}) && halfLife > 0 {
		curves.Warnings = append(curves.Warnings, ingest.Warning{
			Code: ingest.WarnDecayRef, Level: ingest.LevelWarn,
			Detail: "nothing states whether the values are corrected for decay: they are taken as corrected to 0 s; a sidecar with ImageDecayCorrected tells",
		})
	}
	return curves, taken, side.decay, nil
}

// halfLife returns what was said of it: on the command line, in a sidecar, or
// by the nuclide there; 0 where nothing was.
func (c fitCmd) halfLife(side tableSidecar) (time.Duration, error) {
	told, err := secondsOf("RadionuclideHalfLife", side.RadionuclideHalfLife)
	switch {
	case err != nil:
		return 0, err
	case c.HalfLife < 0 || told < 0:
		return 0, fmt.Errorf("a half-life of %v: it must be above 0", min(c.HalfLife, told))
	case c.HalfLife > 0:
		return c.HalfLife, nil
	case told > 0:
		return told, nil
	}
	table, _ := ingest.TableHalfLife(side.TracerRadionuclide)
	return table, nil
}

// secondsOf returns a time that a sidecar gives in seconds.
func secondsOf(name string, seconds float64) (time.Duration, error) {
	const longest = 9e9 // that a Duration holds, 285 years
	if math.Abs(seconds) > longest {
		return 0, fmt.Errorf("%s of %g s is longer than any scan or nuclide asks for", name, seconds)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// A tableSidecar is what the sidecars of a table say of decay.
type tableSidecar struct {
	RadionuclideHalfLife float64
	TracerRadionuclide   string
	decay                tableDecay
}

// A tableDecay says to when the values of a table are corrected for decay, if
// at all. A sidecar that says either is taken by its word for both.
type tableDecay struct {
	ImageDecayCorrected      *bool
	ImageDecayCorrectionTime *float64 // s after model zero
}

// words says it for people.
func (d tableDecay) words() string {
	switch {
	case d.ImageDecayCorrected != nil && !*d.ImageDecayCorrected:
		return "not corrected for decay, by their sidecar"
	case d.ImageDecayCorrectionTime != nil:
		return fmt.Sprintf("corrected for decay to %g s, by their sidecar", *d.ImageDecayCorrectionTime)
	}
	return "taken as corrected for decay to 0 s"
}

// readSidecars reads what the table's own sidecar says, and where that is
// silent those of its scan, beside the table and beside the blood. Body is the first that says a unit of activity.
func readSidecars(table, blood string) (side tableSidecar, body []byte, err error) {
	for _, file := range slices.Concat([]string{sidecarName(table)}, petSidecars(table), petSidecars(blood)) {
		text, err := readSmall(file)
		if err != nil {
			return side, nil, err
		}
		if len(text) == 0 {
			continue
		}
		var found struct {
			tableSidecar
			tableDecay
			Units         string
			Radioactivity struct{ Units string } `json:"radioactivity"`
		}
		if err := json.Unmarshal(text, &found); err != nil {
			return side, nil, fmt.Errorf("%s is no sidecar: %w", filepath.Base(file), jsonFault(err))
		}
		if side.RadionuclideHalfLife == 0 {
			side.RadionuclideHalfLife = found.RadionuclideHalfLife
		}
		if side.TracerRadionuclide == "" {
			side.TracerRadionuclide = found.TracerRadionuclide
		}
		if side.decay == (tableDecay{}) {
			side.decay = found.tableDecay
		}
		if a, b := found.Units, found.Radioactivity.Units; a != "" && b != "" && !strings.EqualFold(a, b) {
			return side, nil, fmt.Errorf("%s contradicts itself: Units is %q and radioactivity.Units is %q", filepath.Base(file), a, b)
		}
		if body == nil && (found.Units != "" || found.Radioactivity.Units != "") {
			body = text
		}
	}
	return side, body, nil
}

// jsonFault says what is wrong with JSON without the types of a program.
func jsonFault(err error) error {
	var odd *json.UnmarshalTypeError
	switch {
	case errors.As(err, &odd) && odd.Field == "":
		return fmt.Errorf("it holds a JSON %s in the place of an object", odd.Value)
	case errors.As(err, &odd):
		return fmt.Errorf("%s cannot be a JSON %s", odd.Field[strings.LastIndexByte(odd.Field, '.')+1:], odd.Value)
	}
	return err
}

// readBlood adds arterial blood to a scan, and its delay.
func (c fitCmd) readBlood(e *env, scan *fit.Scan) error {
	f, err := config.OpenFile(c.Blood)
	if err != nil {
		return err
	}
	defer f.Close()
	side, err := readSmall(sidecarName(c.Blood))
	if err != nil {
		return err
	}
	if scan.Blood, err = extract.ReadBlood(f, side); err != nil {
		return fmt.Errorf("%s: %w", c.Blood, err)
	}
	fmt.Fprintf(e.stderr, "%s: %d samples of plasma, %d of whole blood\n", filepath.Base(c.Blood), len(scan.Blood.Parent), len(scan.Blood.Whole))
	c.say(e, append(scan.Blood.Check(scan.Frames[len(scan.Frames)-1].End()), scan.Blood.Warnings...))
	if c.Delay != "auto" {
		if scan.Delay, err = time.ParseDuration(c.Delay); err != nil {
			return fmt.Errorf("--delay: %q is neither auto nor a time such as 5s", c.Delay)
		}
		return nil
	}
	if scan.Delay, err = fit.FindDelay(*scan); err != nil {
		return fmt.Errorf("%s: %w; --delay gives a delay by hand", c.Blood, err)
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

// petSidecars returns the sidecars of the scan that a BIDS-like table belongs
// to: those beside it called *_pet.json with the table's subject and session.
func petSidecars(table string) []string {
	var prefix []string
	for _, part := range strings.Split(filepath.Base(table), "_") {
		if strings.HasPrefix(part, "sub-") || strings.HasPrefix(part, "ses-") {
			prefix = append(prefix, part)
		}
	}
	if len(prefix) == 0 {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(table))
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, strings.Join(prefix, "_")+"_") && strings.HasSuffix(name, "_pet.json") {
			list = append(list, filepath.Join(filepath.Dir(table), name))
		}
	}
	return list
}
