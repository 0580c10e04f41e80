//go:build !unix

package cli

import "testing"

func stopHere() {}

func (p *proc) resume() {}

func needsStopping(t testing.TB) {
	t.Helper()
	t.Skip("processes cannot be stopped here")
}
