package fit

import (
	"slices"
	"strings"
	"time"

	"tacstream/extract"
)

// Settings are what a user may set of a model. A model takes what it has. TStar
// and Window count from the injection here; those of models count from model zero.
type Settings struct {
	K2PrimePerMin   float64          // k2′; 0 estimates it
	K2PrimeSDPerMin float64          // spread of a k2′ that was given, which goes into standard errors; 0 takes it for known
	K2PrimeFrom     []extract.Region // that k2′ is estimated from; nil takes tissue in which SRTM determines BPND, less those off the others
	TStar           time.Duration    // start of the linear phase; 0 lets the model choose
	Window          Window           // of SUVR
	Weighting       Weighting        // of the frames; "" is InverseVariance
	Injection       time.Duration    // after model zero
}

// fromModelZero returns the settings with times that count from model zero. A
// start before the scan becomes the least time above 0, since 0 leaves it open.
func (s Settings) fromModelZero() (Settings, error) {
	const least = time.Nanosecond
	if s.Window.To > 0 && s.Window.To+s.Injection <= 0 {
		return s, ErrSettings.Saying("the window ends %v after the injection, before the scan begins", s.Window.To)
	}
	for _, t := range []*time.Duration{&s.TStar, &s.Window.From, &s.Window.To} {
		if *t > 0 {
			*t = max(*t+s.Injection, least)
		}
	}
	s.Injection = 0
	return s, nil
}

// Models returns every model with its default settings: those with a reference,
// those with arterial blood, and those with both.
func Models() []Model { return models(Settings{}) }

// ReferenceModels returns the models that need no blood.
func ReferenceModels() []Model { return referenceModels(Settings{}) }

func models(s Settings) []Model {
	return slices.Concat(referenceModels(s), arterialModels(s), []Model{SRTMV{Weighting: s.Weighting}})
}

func referenceModels(s Settings) []Model {
	return []Model{
		SRTM{Weighting: s.Weighting},
		SRTM2{K2PrimePerMin: s.K2PrimePerMin, K2PrimeSDPerMin: s.K2PrimeSDPerMin, K2PrimeFrom: s.K2PrimeFrom, Weighting: s.Weighting},
		FRTM{Weighting: s.Weighting},
		MRTM0{TStar: s.TStar, Weighting: s.Weighting},
		MRTM{TStar: s.TStar, Weighting: s.Weighting},
		MRTM2{K2PrimePerMin: s.K2PrimePerMin, K2PrimeSDPerMin: s.K2PrimeSDPerMin, K2PrimeFrom: s.K2PrimeFrom, TStar: s.TStar, Weighting: s.Weighting},
		LoganRef{K2PrimePerMin: s.K2PrimePerMin, K2PrimeSDPerMin: s.K2PrimeSDPerMin, K2PrimeFrom: s.K2PrimeFrom, TStar: s.TStar, Weighting: s.Weighting},
		LoganRefNoK2P{TStar: s.TStar, Weighting: s.Weighting},
		PatlakRef{TStar: s.TStar, Weighting: s.Weighting},
		SUVR{Window: s.Window},
		RPM{Weighting: s.Weighting},
	}
}

func arterialModels(s Settings) []Model {
	return []Model{
		TCM1{Weighting: s.Weighting},
		TCM2{Weighting: s.Weighting},
		TCM2Irreversible{Weighting: s.Weighting},
		Logan{TStar: s.TStar, Weighting: s.Weighting},
		MA1{TStar: s.TStar, Weighting: s.Weighting},
		MA2{TStar: s.TStar, Weighting: s.Weighting},
		Patlak{TStar: s.TStar, Weighting: s.Weighting},
		Spectral{Weighting: s.Weighting},
	}
}

// ByName returns the model of that name, such as "srtm", or ErrSettings with the
// names of those that there are.
func ByName(name string, s Settings) (Model, error) {
	if err := s.Weighting.Check(); err != nil {
		return nil, err
	}
	s, err := s.fromModelZero()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range models(s) {
		if m.Name() == name {
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, ErrSettings.Saying("no model is called %q; there are %s", name, strings.Join(names, ", "))
}
