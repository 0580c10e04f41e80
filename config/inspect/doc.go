// Package inspect says what tacstream sees in a file, a folder or a bucket,
// and what to do about it, and extracts the curves of a folder by the code of
// the line.
package inspect
