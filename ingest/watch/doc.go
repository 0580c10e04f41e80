// Package watch decides when a series is whole, and what follows from it.
//
// A Door takes in notices: it looks at the object that a notice names and appends
// what it finds to the ledger. A Judge then reads the ledger: it puts the series
// together, finds its relatives in the study and its regions, states the outcome
// and queues the job. Both do the same however often and in whatever order they
// are called.
package watch
