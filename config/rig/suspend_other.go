//go:build !unix

package rig

import "testing"

func stopHere() {}

func (p *Proc) Resume() {}

func NeedsStopping(t testing.TB) {
	t.Helper()
	t.Skip("processes cannot be stopped here")
}
