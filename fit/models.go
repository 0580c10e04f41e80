package fit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// Settings are what a user may set of a model. A model takes what it has.
type Settings struct {
	K2PrimePerMin float64          // k2′; 0 estimates it
	K2PrimeFrom   []extract.Region // that k2′ is estimated from; nil takes all but those called csf, ventricle, skull or the like
	TStar         time.Duration    // start of the linear phase; 0 lets the model choose
	Window        Window           // of SUVR
	Weighting     Weighting        // of the frames; "" is InverseVariance
}

// Models returns every model with its default settings, reference-tissue
// models first.
func Models() []Model { return models(Settings{}) }

// ReferenceModels returns the models that need no blood.
func ReferenceModels() []Model { return referenceModels(Settings{}) }

// NeedsBlood reports whether a model has an arterial input, Scan.Blood.
func NeedsBlood(m Model) bool {
	return slices.ContainsFunc(arterialModels(Settings{}), func(a Model) bool { return a.Name() == m.Name() })
}

func models(s Settings) []Model { return append(referenceModels(s), arterialModels(s)...) }

func referenceModels(s Settings) []Model {
	return []Model{
		SRTM{s.Weighting},
		SRTM2{s.K2PrimePerMin, s.K2PrimeFrom, s.Weighting},
		FRTM{s.Weighting},
		MRTM0{s.TStar, s.Weighting},
		MRTM{s.TStar, s.Weighting},
		MRTM2{s.K2PrimePerMin, s.K2PrimeFrom, s.TStar, s.Weighting},
		LoganRef{s.TStar, s.K2PrimePerMin, s.K2PrimeFrom, s.Weighting},
		LoganRefNoK2P{s.TStar, s.Weighting},
		PatlakRef{s.TStar, s.Weighting},
		SUVR{s.Window},
		RPM{Weighting: s.Weighting},
	}
}

func arterialModels(s Settings) []Model {
	return []Model{
		TCM1{s.Weighting},
		TCM2{s.Weighting},
		TCM2Irreversible{s.Weighting},
		Logan{s.TStar, s.Weighting},
		MA1{s.TStar, s.Weighting},
		MA2{s.TStar, s.Weighting},
		Patlak{s.TStar, s.Weighting},
		Spectral{s.Weighting},
	}
}

// ByName returns the model of that name, such as "srtm", or an error that
// wraps ingest.ErrRejected and names those that there are.
func ByName(name string, s Settings) (Model, error) {
	if err := s.Weighting.Check(); err != nil {
		return nil, err
	}
	var names []string
	for _, m := range models(s) {
		if m.Name() == name {
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, fmt.Errorf("no model is called %q; there are %s: %w", name, strings.Join(names, ", "), ingest.ErrRejected)
}
