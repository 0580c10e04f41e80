package fit

import (
	"fmt"
	"strings"
)

// Models returns every model with its default settings.
func Models() []Model { return []Model{SRTM{}, MRTM{}, Logan{}} }

// ByName returns the model of that name. K2primePerMin fixes k2′ where the
// model takes one; 0 lets it be estimated.
func ByName(name string, k2primePerMin float64) (Model, error) {
	var names []string
	for _, m := range Models() {
		if m.Name() == name {
			if l, ok := m.(Logan); ok {
				l.K2PerMin = k2primePerMin
				return l, nil
			}
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, fmt.Errorf("no model is called %q; there are %s", name, strings.Join(names, ", "))
}
