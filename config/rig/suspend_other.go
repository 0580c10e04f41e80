//go:build !unix

package rig

import "testing"

func stopHere() {}

// Resume does nothing here.
func (p *Proc) Resume() {}

// NeedsStopping skips a test where processes cannot be stopped.
func NeedsStopping(t testing.TB) {
	t.Helper()
	t.Skip("processes cannot be stopped here")
}
