// Package line plays the roles of a process: it connects to the servers or
// runs them, takes notices, lists the inbox, judges series, does jobs, tells
// the facility what became of its scans and serves metrics.
package line
