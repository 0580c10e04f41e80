package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tacstream/ingest"
)

type codesCmd struct {
	Codes []string `arg:"" optional:"" name:"code" help:"Explain only these, such as FRAME_COUNT."`
	JSON  bool     `name:"json" help:"Print one JSON object a line."`
}

// Help shows examples.
func (codesCmd) Help() string {
	return `Reasons say why there is no result (fault), why a series waits (warn), or why something was left alone
(notice). Warnings come with a result, at most with the level that is shown here.

Examples:
  tacstream codes
  tacstream codes FRAME_COUNT LATE_START
  tacstream codes --json | jq -r 'select(.level == "fault") | .code'`
}

// A codeView is an entry of the catalogue as this command prints it.
type codeView struct {
	Kind string `json:"kind"` // reason or warning
	ingest.Entry
}

func (c codesCmd) Run(e *env) error {
	views, err := c.views()
	if err != nil {
		return err
	}
	for _, v := range views {
		if c.JSON {
			err = json.NewEncoder(e.stdout).Encode(v)
		} else {
			err = v.print(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// views returns what was asked for. A code that is a reason and a warning comes
// twice.
func (c codesCmd) views() ([]codeView, error) {
	var all []codeView
	for _, e := range ingest.Reasons() {
		all = append(all, codeView{"reason", e})
	}
	for _, e := range ingest.Warnings() {
		all = append(all, codeView{"warning", e})
	}
	if len(c.Codes) == 0 {
		return all, nil
	}
	var asked []codeView
	for _, code := range c.Codes {
		found := slices.DeleteFunc(slices.Clone(all), func(v codeView) bool { return !strings.EqualFold(string(v.Code), code) })
		if len(found) == 0 {
			return nil, fmt.Errorf("there is no code %q; 'tacstream codes' lists all", code)
		}
		asked = append(asked, found...)
	}
	return asked, nil
}

// print writes one entry for people.
func (v codeView) print(e *env) error {
	_, err := fmt.Fprintf(e.stdout, "%s (%s, %s)\n  %s\n", v.Code, v.Kind, v.Level, v.Means)
	if err == nil && v.Do != "" {
		_, err = fmt.Fprintf(e.stdout, "  → %s\n", v.Do)
	}
	return err
}
