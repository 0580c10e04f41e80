// Package publish says what tacstream has found out: it holds the encodings of
// its events, their subjects and schemas, and what people and facilities are
// told. The children write it somewhere: bids makes the files of a result,
// outbox publishes.
//
// This page is the contract with whoever subscribes.
//
// # Subjects
//
//	pet.v1.<site>.series.<series>            what became of a series' input
//	pet.v1.<site>.tacs.<series>              curves of its regions
//	pet.v1.<site>.binding.<tracer>.<series>  its result: estimated, failed or withdrawn
//	pet.v1.<site>.dead.<stage>               what no retry could cure
//	pet.v1.<site>.progress.<series>          how far it is
//
// Site and tracer are labels from the configuration: lower-case letters,
// digits and hyphens. A series is known by its token, a keyed hash of 26
// characters; so is an object that belongs to no series. All but progress are
// kept in the JetStream stream TAC_EVENTS. Progress is core NATS: it may be
// lost, repeated and out of order, and nothing may rest on it.
//
//	nats sub 'pet.v1.*.binding.dasb.*'                  # from now on
//	nats stream get TAC_EVENTS --last-for '<subject>'   # what holds now
//
// A durable consumer on TAC_EVENTS, filtered by any of these subjects, misses
// nothing while it is away for less than the stream's age.
//
// # Form
//
// An event is CloudEvents 1.0 in structured JSON (ContentType). Its type is a
// Type, its subject the token, its source /tacstream/<site>, its data one of
// the bodies in this package: SeriesState, Progress, TACs, Binding, Failed,
// Withdrawn, Dead. Its time is when the ledger gave the revision, not when the
// event was sent, so an event that is published again has the same bytes; it is
// left out for progress and for revisions of release 0.1.0.
//
// Schemas holds a JSON Schema for the data of every type and an AsyncAPI
// document for all subjects. Within a version fields are added only, so ignore
// fields that you do not know, and types too. Whatever would break a reader
// gets the next version of its type.
//
// Fields are in snake_case, but parameters have the symbols of BIDS (fit.Symbol)
// and times, units and volumes carry their unit in the name or in a field
// units beside them. Times are seconds after model zero: the start of the scan,
// or an injection inside it. A number that there is not (a parameter that the
// model does not have, a standard error that it cannot give) is left out. It is
// never 0, null or NaN; 0 is a number.
//
// # Identity, repeats and order
//
// The id is a digest of all causes of the event (Cause): the content of the
// series and its regions, the settings, the version of the code and a revision
// that only grows. It is also the message's Nats-Msg-Id. Delivery is at least
// once, so drop what has an id that you have seen.
//
// Under one subject events are in order, and the last one holds: an estimate
// supersedes the one before, and after a withdrawal there is none until the
// next. Between subjects nothing is promised; compare cause.revision, of which
// the larger one holds. Event.After is the rule by which the publisher itself
// decides what is news.
//
// # Length
//
// No event is longer than MaxEventBytes. TACs leave out values, then regions,
// then frames, and Binding leaves out estimates, until they fit; left_out names
// what is missing, totals say how much that is, and files says where all of it
// lies in the results bucket. Events that fit point to the same files.
//
// # Privacy
//
// Nothing here holds a patient's name, id or birth date, a raw UID, an object
// key, or a clock time of the input. Subjects, ids and causes are checked for
// their form, and what does not pass is an error that does not repeat it.
package publish
