package rig

import (
	"tacstream/ingest/jetstream"
	"tacstream/publish"
)

// Events returns every stored event under a subject.
func (r *Rig) Events(subject string) []jetstream.Event {
	r.T.Helper()
	var events []jetstream.Event
	err := r.Connect().Broker.Stored(r.T.Context(), subject, func(e jetstream.Event) error { events = append(events, e); return nil })
	if err != nil {
		r.T.Fatal(err)
	}
	return events
}

// Dead returns what was stated of unusable objects, in order.
func (r *Rig) Dead() (events []publish.Event) {
	r.T.Helper()
	for _, e := range r.Events("pet.v1.*.dead.ingest") {
		event, err := publish.Decode(e.Body)
		if err != nil {
			r.T.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// ResultsOf returns the events of the series of a tracer that state a result.
func (r *Rig) ResultsOf(tracer string) (list []publish.Event) {
	r.T.Helper()
	for _, e := range r.Events("pet.v1.*.binding." + tracer + ".*") {
		decoded, err := publish.Decode(e.Body)
		if err != nil {
			r.T.Fatal(err)
		}
		list = append(list, decoded)
	}
	return list
}
