// Package config composes tacstream: it is what the operator says, and the
// program that does it.
//
// # How to read the code
//
// Pipeline.Run is the whole line in one function: objects in, curves, models,
// events out. Worker hands it jobs and settles them; Serve starts the roles
// that were asked for; Config is what can be said in the file.
package config
