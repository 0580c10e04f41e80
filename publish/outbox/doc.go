// Package outbox publishes results and outcomes as events on NATS JetStream,
// each of them once.
//
// Delivery of work is at least once: the same result may be computed twice,
// by two workers at the same moment, or by one that slept through a newer
// revision. Effects are exactly once all the same:
//
//   - Files go to a folder named after the event's id. They are the same bytes
//     whoever writes them, so writing them twice changes nothing.
//   - current.json moves by If-Match, and never to a smaller number.
//   - Before an event is published the last one on its subject is read from
//     the stream's leader. The same id means that it is done already; a newer
//     number means that this result comes too late. Otherwise the event is
//     published on the condition that that event is still the last one.
//
// A message id alone would fail outside its window, and a compare-and-set of
// some record after the event would come too late.
package outbox
