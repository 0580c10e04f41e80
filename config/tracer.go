package config

import (
	"regexp"
	"strings"

	"tacstream/ingest"
)

// ProtocolOf returns the protocol whose expression matches one of the texts,
// the earlier text and then the earlier protocol first.
func (c Config) ProtocolOf(texts []string) (Protocol, bool) {
	for _, text := range texts {
		for _, p := range c.Protocols {
			if re, err := regexp.Compile("(?i)" + p.Match); err == nil && re.MatchString(text) {
				return p, true
			}
		}
	}
	return Protocol{}, false
}

// TracerTexts returns where the tracer of a series may be named, most telling
// first.
func TracerTexts(h ingest.Header, slots []ingest.Record) []string {
	texts := append([]string{}, h.Soft.TracerTexts...)
	if len(slots) == 0 {
		return texts
	}
	for _, part := range strings.FieldsFunc(slots[0].Key, func(r rune) bool { return r == '/' || r == '_' }) {
		if name, ok := strings.CutPrefix(strings.ToLower(part), "trc-"); ok {
			texts = append(texts, name)
		}
	}
	return texts
}
