package rig

import "os"

// asProgram makes the test binary behave as tacstream itself, so that tests
// run the real program in processes of its own.
const asProgram = "TACSTREAM_AS_PROGRAM"

// asReleaseName names the results version that a process pretends to make.
const asReleaseName = "TACSTREAM_AS_RELEASE"

// AsRelease has a process pretend to be another release.
func AsRelease(version string) string { return asReleaseName + "=" + version }

// RunIfLaunched runs the program and ends the process, where a rig launched it.
// Elsewhere it does nothing. A TestMain calls it before all else. Program returns
// the exit status; it calls at with the name of every labelled point that it
// passes, and states release, unless it is empty, in place of its own results
// version.
func RunIfLaunched(program func(args []string, at func(point string), release string) int) {
	if os.Getenv(asProgram) != "" {
		os.Exit(program(os.Args[1:], testPoint(), os.Getenv(asReleaseName)))
	}
}

// testPoint lets tests end a process of the program at a labelled point: where
// TACSTREAM_KILL_AT names it, the process kills itself, where TACSTREAM_STOP_AT
// does, it stops until it is continued.
func testPoint() func(string) {
	kill, stop := os.Getenv("TACSTREAM_KILL_AT"), os.Getenv("TACSTREAM_STOP_AT")
	return func(point string) {
		switch point {
		case kill:
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill()
			}
			select {} // the signal arrives in another thread
		case stop:
			stopHere()
		}
	}
}
