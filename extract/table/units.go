package table

import (
	"math"
	"strings"
	"time"
)

// A TimeUnit is the unit of the times in a table.
type TimeUnit string

// Units of time.
const (
	Seconds TimeUnit = "s"
	Minutes TimeUnit = "min"
)

// maxTableSeconds bounds a time in a table.
const maxTableSeconds = 1e7

// timeUnitOf returns the unit that a text such as "s" or "min" names.
func timeUnitOf(text string) (TimeUnit, bool) {
	switch strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), ".")) {
	case "s", "sec", "secs", "second", "seconds":
		return Seconds, true
	case "min", "mins", "minute", "minutes":
		return Minutes, true
	}
	return "", false
}

// duration turns a number of u into a duration. Minutes are rounded to the
// millisecond, finer than any table rounds them, so that a sixth of a minute
// is ten seconds again.
func (u TimeUnit) duration(x float64) time.Duration {
	if u == Minutes {
		return time.Duration(math.Round(x*60_000)) * time.Millisecond
	}
	return time.Duration(math.Round(x * float64(time.Second)))
}

// seconds returns what a number of u is in seconds.
func (u TimeUnit) seconds(x float64) float64 {
	if u == Minutes {
		return 60 * x
	}
	return x
}

// maxUnitBytes bounds what is repeated of a unit that is not known.
const maxUnitBytes = 20

// concentrationOf returns the unit that a text names, spelt in one way, and
// what turns its numbers into Bq/mL: 0 where it is not known. The text may leave
// the volume out, as those of petfit and bloodstream do: it is a mL then.
//
// The case of the prefix is only heeded in mBq, which is not a unit of any
// table and may well be meant for a MBq: it is not known.
func concentrationOf(text string) (string, float64) {
	text = strings.TrimSpace(text)
	activity := strings.NewReplacer(
		" ", "", "*", "", "·", "", "⋅", "", ".", "", "^", "", "_", "", "⁻", "-", "−", "-", "¹", "1", "³", "3",
	).Replace(text)
	if strings.HasPrefix(activity, "mB") {
		return "", 0
	}
	activity = strings.ReplaceAll(strings.ToLower(activity), "per", "/")
	volume, litres := "/mL", 1.0
	for _, v := range volumes() {
		if rest, ok := strings.CutSuffix(activity, v.suffix); ok {
			activity, volume, litres = rest, v.name, v.perML
			break
		}
	}
	if name, factor := activityOf(activity); factor > 0 {
		return name + volume, factor * litres
	}
	return "", 0
}

// A volume is how the end of a unit names one.
type volume struct {
	suffix, name string
	perML        float64 // what turns a number per this volume into one per mL
}

// volumes returns the ends that are known, the longer of two that fit first.
func volumes() (list []volume) {
	for _, ml := range []string{"milliliter", "millilitre", "ml", "cc", "ccm", "cm3"} {
		list = append(list, volume{"/" + ml, "/mL", 1})
	}
	for _, ml := range []string{"ml-1", "cm-3", "cc-1", "ml"} {
		list = append(list, volume{ml, "/mL", 1})
	}
	for _, l := range []string{"/liter", "/litre", "/l", "/dm3", "l-1"} {
		list = append(list, volume{l, "/L", 1e-3})
	}
	return list
}

// activityOf returns a unit of activity, spelt in one way, and what it is in
// Bq. A Ci is 3.7·10¹⁰ Bq, and 60 decays a minute are one Bq.
func activityOf(lower string) (string, float64) {
	switch lower {
	case "bq", "becquerel", "becquerels":
		return "Bq", 1
	case "kbq", "kilobecquerel", "kilobecquerels":
		return "kBq", 1e3
	case "mbq", "megabecquerel", "megabecquerels":
		return "MBq", 1e6
	case "pci", "picocurie", "picocuries":
		return "pCi", 0.037
	case "nci", "nanocurie", "nanocuries":
		return "nCi", 37
	case "uci", "µci", "μci", "microcurie", "microcuries": // the micro sign and the Greek letter
		return "uCi", 37e3
	case "mci", "millicurie", "millicuries":
		return "mCi", 37e6
	case "dpm":
		return "dpm", 1.0 / 60
	}
	return "", 0
}

// found returns the text of a unit that is not known, fit to be repeated.
func found(text string) string {
	if len(text) > maxUnitBytes {
		text = text[:maxUnitBytes]
	}
	return strings.ToValidUTF8(text, "")
}

// A Source says where a unit comes from.
type Source string

// Where a unit can come from.
const (
	InHints   Source = "as told"
	InHeader  Source = "stated in the header"
	InSidecar Source = "stated in the sidecar"
	Assumed   Source = "assumed"
)
