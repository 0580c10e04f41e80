// Package outbox publishes results and outcomes as events on NATS JetStream,
// each of them once.
//
// Work is delivered at least once: two workers may compute the same result at the
// same moment, or one may finish after a newer revision was made. Effects happen
// exactly once all the same:
//
//   - Files go to a folder named after the event's id. Every worker writes the same
//     bytes, so writing them twice changes nothing.
//   - current.json is replaced by If-Match, and never by a smaller revision.
//   - Before an event is published the last one on its subject is read from
//     the stream's leader. The same id means that it is done already; a newer
//     number means that this result comes too late. Otherwise the event is
//     published on the condition that that event is still the last one.
//
// A message id alone would fail outside its window, and a compare-and-set of
// some record after the event would come too late.
package outbox
