package publish

import (
	"fmt"
	"strings"

	"tacstream/ingest"
)

// Prefix begins every public subject. The number changes only if subjects do.
const Prefix = "pet.v1."

// TracerUnknown is the tracer in subjects and events of series of which the
// configuration knows no protocol.
const TracerUnknown = "unknown"

// A Channel is a family of subjects that carry the same kinds of events.
type Channel struct {
	Name    string // in the AsyncAPI document, such as tacs
	Address string // a subject with a {parameter} for each label, such as pet.v1.{site}.tacs.{series}
	Doc     string // what it carries
}

// A Parameter is a part of a channel's address that differs from subject to
// subject.
type Parameter struct {
	Name string
	Doc  string

	allows func(label string) bool
}

// parameters returns every parameter that an address may have.
func parameters() []Parameter {
	return []Parameter{
		{"site", "Label of the facility, from the configuration.", isLabel},
		{"series", "Token of the series: a keyed hash, 26 characters.", func(s string) bool { return isToken(ingest.Token(s)) }},
		{"tracer", "Label of the tracer, from the configuration; unknown where no protocol matches.", isLabel},
		{"stage", "ingest, extract, fit or publish.", func(s string) bool { return isStage(ingest.Stage(s)) }},
	}
}

// Parameters returns the parameters of the channel's address.
func (c Channel) Parameters() []Parameter {
	var all []Parameter
	for _, p := range parameters() {
		if strings.Contains(c.Address, p.place()) {
			all = append(all, p)
		}
	}
	return all
}

// place returns what stands for the parameter in an address.
func (p Parameter) place() string { return "{" + p.Name + "}" }

// subject returns the address with the label of each parameter.
func (c Channel) subject(labels map[string]string) (string, error) {
	subject := c.Address
	for _, p := range c.Parameters() {
		if !p.allows(labels[p.Name]) {
			return "", fmt.Errorf("%s: %w", p.Name, ErrLabel)
		}
		subject = strings.Replace(subject, p.place(), labels[p.Name], 1)
	}
	return subject, nil
}

// with returns the channel whose subjects all have this label.
func (c Channel) with(parameter, label string) Channel {
	c.Address = strings.Replace(c.Address, "{"+parameter+"}", label, 1)
	return c
}
