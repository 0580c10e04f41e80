// Package figures keeps the figures in the documentation equal to what the
// tests measure. Only test files import it.
//
// A test that proves a figure records it:
//
//	row := figures.Accuracy(t, "BPND, 446 exact curves, six models: error", 12)
//	median, worst := row.AtMost("median # %"), row.AtMost("worst # %")
//	...
//	median.Add(x)
//
// The row stands in the package comment in doc.go of the folder of the test, in
// the table under the heading "How accurate", or under "How fast" for a row of
// Speed. When the test has passed, the row is compared with what was measured.
//
// # Writing
//
// One command measures everything and writes all tables. Run it on a quiet machine,
// with the data of ../shared/data in place; the memory of a worker alone takes a
// quarter of an hour:
//
//	TACSTREAM_FIGURES=write TACSTREAM_LONG=1 go test -timeout 3h -p 1 -bench . ./...
//
// Less of it writes less: the same variable with "go test ./fit -run ExactCurves"
// writes the rows of that test. A row in the README with the same first cell is
// written too; which rows the README has is decided by hand. A row that no test
// records any more is deleted by hand: TestEveryRowHasItsTest names it.
//
// # Checking
//
// Without the variable a test fails if its row is missing, if the row has other
// words, or if an accuracy is worse than the row says by more than one unit of
// the last digit written. Speeds are written and never compared, because they
// depend on the machine. A row for which the test has measured less than all, because
// data is missing or -run selects a part, is neither compared nor written.
package figures
