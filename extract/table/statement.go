package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Statement is what the sidecars of a table state of decay, of the injection and
// of units: of each thing the first that was added and says it.
type Statement struct {
	Correction
	RadionuclideHalfLife float64 // s; 0 where none is stated
	TracerRadionuclide   string
	InjectionStart       *float64 // s after model zero; nil where none is stated
	Units                []byte   // the sidecar that states the unit of activity; nil where none does
}

// Add adds what a sidecar states. Name is for messages.
func (s *Statement) Add(name string, text []byte) error {
	var found struct {
		Activity
		Correction
		RadionuclideHalfLife float64
		TracerRadionuclide   string
		InjectionStart       *float64
	}
	if err := json.Unmarshal(plainObject(text), &found); err != nil {
		return fmt.Errorf("%s is no sidecar: %w", name, jsonFault(err))
	}
	if s.RadionuclideHalfLife == 0 {
		s.RadionuclideHalfLife = found.RadionuclideHalfLife
	}
	if s.TracerRadionuclide == "" {
		s.TracerRadionuclide = found.TracerRadionuclide
	}
	if s.Correction == (Correction{}) {
		s.Correction = found.Correction
	}
	if s.InjectionStart == nil {
		s.InjectionStart = found.InjectionStart
	}
	a, b := string(found.Activity.Units), string(found.Radioactivity.Units)
	if a != "" && b != "" && !strings.EqualFold(a, b) {
		return fmt.Errorf("%s contradicts itself: Units is %q and radioactivity.Units is %q", name, a, b)
	}
	if s.Units == nil && (a != "" || b != "") {
		s.Units = text
	}
	return nil
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

// HalfLife returns the half-life that the user gives, or else the one that is
// stated, or else that of the nuclide which is stated; 0 where nothing is known.
func (s Statement) HalfLife(given time.Duration) (time.Duration, error) {
	stated, err := secondsOf("RadionuclideHalfLife", s.RadionuclideHalfLife)
	switch {
	case err != nil:
		return 0, err
	case given < 0 || stated < 0:
		return 0, fmt.Errorf("the half-life of %v must be above 0", min(given, stated))
	case given > 0:
		return given, nil
	case stated > 0:
		return stated, nil
	}
	table, _ := ingest.TableHalfLife(s.TracerRadionuclide)
	return table, nil
}

// AsDecayed returns the curves of the table as they decayed, by what is stated
// of the correction: without a statement they are corrected to model zero.
func (s Statement) AsDecayed(c extract.CorrectedCurves, halfLife time.Duration) (curves extract.Curves, err error) {
	if s.ImageDecayCorrected != nil && !*s.ImageDecayCorrected {
		curves = extract.FromDecayed(c, halfLife)
	} else {
		origin := time.Duration(0)
		if at := s.ImageDecayCorrectionTime; at != nil {
			if origin, err = secondsOf("ImageDecayCorrectionTime", *at); err != nil {
				return curves, err
			}
		}
		if curves, err = extract.FromCorrected(c, halfLife, origin); err != nil {
			return curves, err
		}
	}
	if at := s.InjectionStart; at != nil {
		if curves.Decay.Injection, err = secondsOf("InjectionStart", *at); err != nil {
			return curves, err
		}
		curves.Decay.InjectionKnown = true
	}
	curves.Warnings = append(curves.Warnings, ingest.CheckHalfLife(s.TracerRadionuclide, halfLife)...)
	if s.Correction == (Correction{}) && halfLife > 0 {
		curves.Warnings = append(curves.Warnings, ingest.Warn(ingest.WarnDecayRef, ingest.LevelWarn, 0, 0,
			"Nothing states whether the values are corrected for decay; they are taken as corrected to 0 s. ImageDecayCorrected in a sidecar settles it."))
	}
	return curves, nil
}

// secondsOf returns a time that a sidecar gives in seconds.
func secondsOf(name string, seconds float64) (time.Duration, error) {
	const longest = 9e9 // that a Duration holds, 285 years
	if math.Abs(seconds) > longest {
		return 0, fmt.Errorf("%s of %g s is longer than any scan or nuclide asks for", name, seconds)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// String says it for people.
func (c Correction) String() string {
	switch {
	case c.ImageDecayCorrected != nil && !*c.ImageDecayCorrected:
		return "not corrected for decay, by their sidecar"
	case c.ImageDecayCorrectionTime != nil:
		return fmt.Sprintf("corrected for decay to %g s, by their sidecar", *c.ImageDecayCorrectionTime)
	}
	return "taken as corrected for decay to 0 s"
}
