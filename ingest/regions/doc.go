// Package regions knows every kind of region source, by one table.
//
// A row of the table, a Format, says how a source is recognised by its key, how
// its grid and its voxels are read, and where the names of its regions come from.
// The door, the search for regions, the line and the reading of local files go by
// the table: a new kind of source is a reader and a row in formats.
package regions
