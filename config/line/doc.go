// Package line runs the roles of a tacstream process.
//
// Pipeline.Run is the whole line in one function: from the objects of a series to
// its events. A Worker takes jobs from the queue and calls it. Serve starts the
// roles that were asked for:
//
//	nats    the embedded NATS server, with the ledger, the queues and the events
//	s3      the embedded S3 store
//	ingest  takes in notices, lists the inbox, judges series and queues jobs
//	work    does jobs
//
// # One machine
//
// Without a configuration everything is embedded and kept in the data directory:
// ~/.local/share/tacstream, or where --data says. The buckets are plain folders
// in its s3. The other commands, given the same --data, find the addresses of a
// running serve there.
//
// The credentials are made at the first start, in secrets.json of the data
// directory. S3 clients use path style with s3_access_key and s3_secret_key.
// Subscribers use the NATS user "consumer" with nats_consumer_password; package
// publish shows how.
//
// End "go run . serve" with Ctrl-C: go run does not pass a kill on, so build the
// binary for anything that lasts.
//
// # Your own servers
//
// The command "tacstream config > tacstream.yaml" writes a commented file. Name
// your NATS server, of version 2.15.3 or newer, and your S3 store in it, then run
//
//	tacstream serve --config tacstream.yaml --only ingest   # one process
//	tacstream serve --config tacstream.yaml --only work     # as many as you like
//
// compose.yaml does this with containers. A foreign store sends its notices, S3
// event JSON, to the NATS subject _tac.notice.<site>. It may also send none: the
// lister finds whatever notices missed.
//
// # What becomes of a job
//
// Only the ledger ends a job. A worker that fails, dies or sleeps gives it to
// another one; after too many errors or crashes the job is dead, which is an event
// of its own, and "tacstream redrive" tries again. A worker of another results
// version hands the job back.
//
// What happens when things break is tested with the real program: killed at every
// labelled point and at random moments, paused, doubled, restarted and fed twice,
// then compared byte for byte with an undisturbed run (see config/rig).
package line
