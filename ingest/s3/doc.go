// Package s3 is tacstream's door to object storage: a client for any S3 store,
// the parser of the notices that stores send, the lister that makes up for
// notices that never came, and a store of tacstream's own.
//
// # The own store
//
// Serve runs the versitygw gateway over a folder: a bucket is a plain folder
// in it and an object a plain file. The gateway keeps its state in package
// variables and changes the working directory, so it lives in a child process
// of the same binary, which RunChild starts, watches and stops. An object is
// synced to disk, and its notice acknowledged by whoever takes notices, before
// the client hears that the object is stored.
//
// # Privacy
//
// Keys may hold a patient's name. No error and no log line of this package
// holds a key: errors say the bucket and the code that S3 gave.
package s3
