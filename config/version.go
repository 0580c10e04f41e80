package config

// Version is the version of the code.
const Version = "0.2.0"

// ResultsVersion is raised whenever any byte of a result's files or events
// changes. That is free: nothing that stands is done again because of it, and
// 'tacstream refit' says what would change. TestResultsVersion pins what the
// line makes of fixed scans. Results of release 0.1.0 have its version.
const ResultsVersion = "5"
