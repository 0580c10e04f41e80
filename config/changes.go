package config

import (
	"fmt"
	"strings"
	"time"

	"tacstream/ingest"
)

// Changes says what differs between the plan of a result and today's.
func Changes(s ingest.State, today ingest.Plan) []string {
	if s.Formula < ingest.LookFormula {
		return []string{"made by an earlier release"}
	}
	var list []string
	was := s.Plan
	add := func(what, from, to string) {
		if from != to {
			list = append(list, fmt.Sprintf("%s: %s → %s", what, orNone(from), orNone(to)))
		}
	}
	add("results version", was.ResultsVersion, today.ResultsVersion)
	if was.Settings == today.Settings {
		return list
	}
	p, known := DecodeProtocol(was.Protocol)
	q, _ := DecodeProtocol(today.Protocol)
	if !known {
		return append(list, "protocol: as an earlier release had it → "+orNone(q.Tracer))
	}
	add("decay", was.Decay, today.Decay)
	for _, f := range p.compare(q) {
		add(f[0], f[1], f[2])
	}
	return list
}

// compare returns name and both values of every setting of a protocol, as text.
func (p Protocol) compare(q Protocol) [][3]string {
	text := func(v any) string { return strings.Trim(fmt.Sprint(v), "[]") }
	return [][3]string{
		{"tracer", p.Tracer, q.Tracer}, {"name", p.Name, q.Name}, {"match", p.Match, q.Match}, {"reference", p.Reference, q.Reference},
		{"models", text(p.Models), text(q.Models)}, {"k2prime", text(p.K2PrimePerMin), text(q.K2PrimePerMin)},
		{"k2prime_sd", text(p.K2PrimeSD), text(q.K2PrimeSD)}, {"k2prime_from", text(p.K2PrimeFrom), text(q.K2PrimeFrom)},
		{"t_star", time.Duration(p.TStar).String(), time.Duration(q.TStar).String()},
		{"allow_uncorrected", text(p.Uncorrected), text(q.Uncorrected)}, {"atlas", p.Atlas, q.Atlas},
		{"merge", text(p.Merge), text(q.Merge)}, {"erode", text(p.Erode), text(q.Erode)},
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
