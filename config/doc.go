// Package config is what the operator says: which facility drops where, which
// servers to use, and by which protocol a tracer's scans are fitted.
//
// Default returns a Config that works on one machine. Load reads a file, laid
// over the default, and Check names everything that is wrong with it. The command
// "tacstream config" writes the whole of it as a commented file. The packages
// below use it: line runs the roles of a process, inspect looks into folders, cli
// is the command line.
//
// # Protocols
//
// A Protocol names the reference region, the models and the rules for regions of
// one tracer. Two are shipped: [11C]AZ10419369 and [11C]DASB, with the cerebellum
// as the reference, or its cortex where that is a region of its own. The protocols
// of a file are laid over the shipped ones, tracer by tracer; builtin: false
// leaves the shipped ones out.
//
// A series of a tracer without a protocol gets its curves and waits with the
// reason NO_PROTOCOL. Add a protocol to the file and restart serve: the series is
// then fitted without being sent again.
//
// # What changes a result
//
// New input changes a result: slices or regions with other content. Nothing else
// does by itself. A result keeps the protocol, the decay correction and the
// results version that made it, so a new configuration and a new release leave it
// as it is. The command "tacstream refit --dry-run" lists the results that today's
// configuration and release would change, and refit makes those again; the new
// event names the one that it supersedes. The command redrive tries again what
// failed.
//
// To upgrade from release 0.1.0, stop all of its processes first. Its results are
// kept as they are.
package config
