// Package inspect says what tacstream sees in a file, a folder or a bucket,
// and what to do about it, and extracts the curves of a folder by the code of
// the line.
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder.
//
//	hostile folders that end as their manifest says              29             TestHostileFoldersEndAsTheirManifestSays
//	series with one broken object: refused by a name, or right   all of 3,264   TestNoBrokenObjectGivesAWrongNumber
package inspect
