// Package watch decides when a series is whole, and what follows.
//
// A Door takes in notices. A notice is only a hint: the Door reads the object
// itself and appends what it finds to the ledger. A Judge then reads the ledger,
// assembles the series, finds its relatives in the study and its regions, states
// the outcome and queues the job. Both give the same result however often and in
// whatever order they are called.
//
// # When a series is whole
//
// A PET header says how many objects its series has. The series is whole when
// each of these slots is filled exactly once. Where a header leaves the number
// out, the series is judged when nothing has come for the quiet time
// (timing.quiet in the configuration) and its result has the warning UNVERIFIED.
// A series with empty slots is called incomplete after the same time, is never
// fitted, and goes on when the rest arrives.
//
// # Several series of one acquisition
//
// Some scanners export one acquisition as several series. These are fitted as
// one, under the first of them, when they share the study, the frame of
// reference, the grid, the units, the tracer, the time of injection (which both
// headers must give) and the reconstruction, and when each begins after the one
// before it ended. The others become "joined" and name the first.
//
// Several reconstructions of one acquisition are fitted separately and name each
// other.
package watch
