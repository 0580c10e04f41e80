// Package publish holds what tacstream tells the world: the events, their subjects
// and schemas, and the status that a facility reads. It encodes them; the child
// packages send and store: outbox publishes events, bids writes the files of a
// result, svg draws.
//
// This page is the contract with subscribers.
//
// # Subjects
//
//	pet.v1.<site>.series.<series>            what became of a series' input
//	pet.v1.<site>.tacs.<series>              curves of its regions
//	pet.v1.<site>.binding.<tracer>.<series>  its result: estimated, failed or withdrawn
//	pet.v1.<site>.dead.<stage>               what no retry could cure
//	pet.v1.<site>.progress.<series>          how far it is
//
// A series' input is ready, waiting (for regions or a protocol), joined (to
// another series of its acquisition), incomplete (with the empty slots),
// inconsistent or rejected (with the reason). An unusable object that belongs to no
// series is told on the subject dead, in one event for each folder and cause, when
// the folder is quiet.
//
// Site and tracer are labels from the configuration: lower-case letters, digits
// and hyphens. A series is named by its token, a keyed hash of 26 characters; so
// is an object that belongs to no series. The JetStream stream TAC_EVENTS keeps
// all but progress for a year. Progress is core NATS: it may be lost, repeated and
// out of order, so build nothing on it.
//
//	nats sub 'pet.v1.*.binding.dasb.*'                  # from now on
//	nats stream get TAC_EVENTS --last-for '<subject>'   # what holds now
//
// A durable consumer on TAC_EVENTS, filtered by any of these subjects, misses
// nothing while it is away for less than the stream's age.
//
// In Go, with nats_consumer_password from secrets.json of the data directory:
//
//	nc, _ := nats.Connect("nats://127.0.0.1:4222", nats.UserInfo("consumer", password))
//	nc.Subscribe("pet.v1.*.binding.>", func(m *nats.Msg) { fmt.Println(m.Subject, string(m.Data)) })
//	select {}
//
// # Form
//
// An event is CloudEvents 1.0 in structured JSON (ContentType). Its type is a
// Type, its subject the token, its source /tacstream/<site>, its data one of
// the bodies in this package: SeriesState, Progress, TACs, Binding, Failed,
// Withdrawn, Dead. Its time is when the ledger gave the revision, not when the
// event was sent, so an event that is published again has the same bytes. Progress
// and revisions of release 0.1.0 have no time.
//
// Schemas holds a JSON Schema for the data of every type and an AsyncAPI
// document for all subjects. Within a version, fields are only added, so ignore
// fields and types that you do not know. A change that would break a reader gets
// the next version of its type.
//
// Fields are in snake_case, but parameters have the symbols of BIDS (fit.Symbol).
// Times, units and volumes carry their unit in the name or in a field units beside
// them. Times are seconds after model zero: the start of the scan, or an injection
// inside it. A number that does not exist (a parameter that the model does not
// have, a standard error that it cannot give) is left out. It is never 0, null or
// NaN; 0 is a number.
//
// A Reason and a Warning carry a code for programs, a level, and a detail for
// people; a Warning also what was found and the limit. The schemas and
// 'tacstream codes' say what each code means and what to do. Codes may be added,
// so the schemas allow others; decide by the level of a code that you do not know.
//
// # Identity, repeats and order
//
// The id is a digest of all causes of the event (Cause): the content of the
// series and its regions, the settings, the version of the code and a revision
// that only grows. It is also the message's Nats-Msg-Id. Delivery is at least
// once, so drop an event whose id you have seen. The field supersedes holds the id
// of the event that this one replaces.
//
// Under one subject events are in order, and the last one holds: an estimate
// supersedes the one before, and after a withdrawal there is none until the
// next. Between subjects nothing is promised; compare cause.revision, of which
// the larger one holds. Event.After is the rule by which the publisher itself
// decides whether an event is new.
//
// # Length
//
// No event is longer than MaxEventBytes. To fit, TACs leaves out values, then
// regions, then frames, and Binding leaves out estimates. The field left_out names
// what is missing, totals says how much that is, and files says where all of it is
// in the results bucket. Events that fit name the same files.
//
// # Files
//
// In the bucket results, <series>/<event id>/ holds the files of a result, among
// them event.json, the event as it was published. <series>/current.json names the
// result that holds. In the inbox, status.json in the folder of a series tells the
// facility what became of it; status: false in the configuration leaves it out.
//
// # Privacy
//
// No event holds a patient's name, id or birth date, a raw UID, an object key, or a
// clock time of the input. Digests are made with the site's key. Subjects, ids and
// causes are checked for their form; one that fails the check is an error, and the
// error does not repeat it.
package publish
