// Package watchtest holds what every ledger and every queue of package watch
// must do, as test suites, and a ledger and a queue in memory that do it, for
// tests that need no server.
package watchtest
