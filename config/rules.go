package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"tacstream/extract"
)

// maxRulesBytes bounds a file of rules.
const maxRulesBytes = 64 << 10

// deepestRules bounds how deep lists and maps of rules lie in each other.
const deepestRules = 8

// ReadRulesFile reads a file of rules: each name with the list of regions that
// it is made of and, under erode, regions with the depth in mm to take off.
func ReadRulesFile(file string) (extract.Rules, error) {
	data, err := ReadFile(file, maxRulesBytes)
	if err != nil {
		return extract.Rules{}, err
	}
	rules, err := parseRules(data)
	if err != nil {
		return rules, fmt.Errorf("%s: %w", file, err)
	}
	return rules, nil
}

// parseRules reads rules in YAML, such as
//
//	nucleus_accumbens: [Left-Accumbens-area, Right-Accumbens-area]
//	erode:
//	  Cerebellum: 4
func parseRules(data []byte) (extract.Rules, error) {
	rules := extract.Rules{Merge: map[string][]string{}}
	if err := tame(data); err != nil {
		return rules, err
	}
	var file map[string]any
	if err := yaml.Unmarshal(data, &file); err != nil {
		return rules, fmt.Errorf("not YAML of names and lists: %s", yaml.FormatError(err, false, false))
	}
	for _, name := range slices.Sorted(maps.Keys(file)) {
		value := file[name]
		var err error
		switch list := value.(type) {
		case []any:
			rules.Merge[name], err = namesIn(list)
		case map[string]any:
			if name != "erode" {
				return rules, fmt.Errorf("rule %q must be a list of regions, such as %s: [A, B]", name, name)
			}
			rules.Erode, err = depthsIn(list)
		default:
			err = fmt.Errorf("write %s: [A, B]", name)
		}
		if err != nil {
			return rules, fmt.Errorf("rule for %q: %w", name, err)
		}
	}
	return rules, nil
}

// tame refuses YAML of which a little text would take much memory: aliases, and
// lists in lists.
func tame(data []byte) error {
	depth, entries, line := 0, 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			entries, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.AliasType, token.AnchorType:
			return fmt.Errorf("line %d: aliases are not allowed in rules; put a name that begins with * or & in quotes", line)
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			entries++
		}
		if depth+entries > deepestRules {
			return fmt.Errorf("line %d: a list inside a list; a rule is a name and a list of names", line)
		}
	}
	return nil
}

func namesIn(list []any) ([]string, error) {
	var names []string
	for _, x := range list {
		name, ok := x.(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a name; put it in quotes", x)
		}
		names = append(names, name)
	}
	return names, nil
}

func depthsIn(list map[string]any) (map[string]float64, error) {
	depths := map[string]float64{}
	for name, x := range list {
		switch mm := x.(type) {
		case float64:
			depths[name] = mm
		case uint64:
			depths[name] = float64(mm)
		default:
			return nil, fmt.Errorf("%s: %v is not a depth in mm", name, x)
		}
	}
	return depths, nil
}
