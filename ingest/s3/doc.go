// Package s3 connects tacstream to object storage: a client for any S3 store, the
// parser of the notices that stores send, the listing that finds objects without a
// notice, and a store of tacstream's own.
//
// # The own store
//
// Serve runs the versitygw gateway over a folder: a bucket is a plain folder
// in it and an object a plain file. The gateway keeps its state in package
// variables and changes the working directory, so it lives in a child process
// of the same binary, which RunChild starts, watches and stops. Before the client
// hears that an object is stored, the object is synced to disk and its notice is
// acknowledged by the receiver of notices.
//
// # Privacy
//
// Keys may hold a patient's name. No error and no log line of this package
// holds a key: errors give the bucket and S3's code.
package s3
