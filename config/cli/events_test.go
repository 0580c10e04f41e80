package cli

import (
	"tacstream/ingest/jetstream"
	"tacstream/publish"
)

// events returns every stored event under a subject.
func (r *rig) events(subject string) []jetstream.Event {
	r.t.Helper()
	var events []jetstream.Event
	err := r.connect().Broker.Stored(r.t.Context(), subject, func(e jetstream.Event) error { events = append(events, e); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return events
}

// dead returns what was stated of unusable objects, in order.
func (r *rig) dead() (events []publish.Event) {
	r.t.Helper()
	for _, e := range r.events("pet.v1.*.dead.ingest") {
		event, err := publish.Decode(e.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// results returns the events of the series of a tracer that state a result.
func (r *rig) resultsOf(tracer string) (list []publish.Event) {
	r.t.Helper()
	for _, e := range r.events("pet.v1.*.binding." + tracer + ".*") {
		decoded, err := publish.Decode(e.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, decoded)
	}
	return list
}
