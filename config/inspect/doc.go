// Package inspect describes what tacstream sees in a file, a folder or a bucket,
// and advises what to do about it. It also extracts the curves of a folder, by the
// same code as the line.
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder.
//
//	hostile folders that end as their manifest says   29             TestHostileFoldersEndAsTheirManifestSays
//	broken objects: refused, or right                 all of 3,264   TestNoBrokenObjectGivesAWrongNumber
package inspect
