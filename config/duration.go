package config

import (
	"fmt"
	"time"
)

// A Duration is written like 90s or 5m.
type Duration time.Duration

// MarshalYAML writes the duration as people do.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration; write it like 90s or 5m", s)
	}
	*d = Duration(v)
	return nil
}
