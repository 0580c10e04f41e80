// Package ingest turns what facilities drop into a bucket into whole series.
//
// It holds the nouns that every later stage speaks of (Frame, Geometry,
// Series, Labels) and the rules by which a series is whole. Of the child
// packages watch takes in notices and decides what follows from them, and
// regions knows the kinds of region sources; dicom and nifti read files, s3 is
// the store, jetstream is the ledger and the queue, phantom is a synthetic
// scanner.
//
// # Axes, units and time
//
// Positions are millimetres on RAS+ axes (right, anterior, superior);
// DICOM's LPS is turned once, where a header is read. Activity is Bq/mL.
// Times are durations after the scan start, which is model zero unless the
// injection falls inside the scan.
//
// # Revisions and plans
//
// The result of a series rests on its input, the objects and the regions, and on
// a Plan: the protocol of its tracer, the decay correction, the version of results
// and an atlas. A revision is made with the plan of its day.
// Its State keeps the plan and its Job carries it, so a new configuration or release
// changes no result. Today's plan counts for new input, for what an operator asks
// for (refit, redrive), for a series that waits for a protocol, and once for a
// revision that is not done yet. Only the ledger ends a job: a series that is whole
// and has no result of its revision has a job in the queue.
//
// A series is not judged by a part of it: it waits until it has as many objects as
// its header says, or until nothing has come for the quiet time. Regions that
// vanish get the same time, because a move copies and deletes one object after the
// other.
//
// # Reasons and warnings
//
// A Reason says why there is no result or why a series waits, a Warning why a
// number deserves doubt. Both have a Code, and Catalogue says of each what it
// means and what to do; events, schemas, 'tacstream inspect' and 'tacstream codes'
// take their words from it. A new code is its constant and its row. Reject makes
// an error of a Reason, Warn a Warning.
//
// # Privacy
//
// Raw UIDs and object keys live in the ledger and nowhere else. Whatever
// leaves (subjects, events, logs, metrics, errors, files) names a series by
// its Token.
package ingest
