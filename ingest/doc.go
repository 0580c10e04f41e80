// Package ingest turns what facilities drop into a bucket into whole series.
//
// It holds the nouns that every later stage speaks of (Frame, Geometry,
// Series, Labels), the rules by which a series is whole, and the door through
// which every notice of an object enters. Technologies live in the child
// packages: dicom and nifti read files, s3 is the store, jetstream is the
// ledger and the queue, phantom is a synthetic scanner.
//
// # Axes, units and time
//
// Positions are millimetres on RAS+ axes (right, anterior, superior);
// DICOM's LPS is turned once, where a header is read. Activity is Bq/mL.
// Times are durations after the scan start, which is model zero unless the
// injection falls inside the scan.
//
// # Privacy
//
// Raw UIDs and object keys live in the ledger and nowhere else. Whatever
// leaves (subjects, events, logs, metrics, errors, files) names a series by
// its Token.
package ingest
