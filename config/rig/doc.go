// Package rig runs the real program as processes that a test starts, stops,
// kills and continues, and compares what a consumer can see afterwards.
//
// A test binary is the program as well: its TestMain hands the program to
// RunIfLaunched, and a Rig launches the binary anew.
//
//	func TestMain(m *testing.M) {
//		rig.RunIfLaunched(program)
//		os.Exit(m.Run())
//	}
//
//	func TestAWorkerIsKilled(t *testing.T) {
//		r := rig.New(t)
//		r.Serve("nats,s3,ingest")
//		worker := r.Serve("work")
//		r.Upload("", rig.FilesOf(rig.SmallScan(1, 6)))
//		worker.Kill()
//		r.Serve("work")
//		r.Settle(1).Same(t, want)
//	}
//
// Only tests import this package: it holds what kills the program.
package rig
