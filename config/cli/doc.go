// Package cli is tacstream's command line. Every command is a struct with a Run
// method; its Help has examples, which --help prints.
//
// # Without servers
//
// Three commands need no server and run the code of the line by hand.
//
// inspect says what tacstream sees in a file, a folder or s3://bucket/prefix
// (scanner, units, decay correction, geometry, frames, what is missing or doubtful)
// and what to do about it. Begin with it when a series gives no result.
//
// extract makes a table of curves from a folder of DICOM files and regions:
//
//	tacstream extract DIR --regions X_dseg.nii.gz -o tacs.tsv
//
// It joins the series of one acquisition and keeps reconstructions apart
// (--series N). --transform brings regions over from another space, a regions.yaml
// beside the regions merges and erodes them, --plot draws the curves, and --unit
// suv writes uptake values.
//
// fit fits models to a table of curves:
//
//	tacstream fit tacs.tsv --reference Cerebellum --plot fits.svg
//
// It reads the tables of PETPrep, petfit and PMOD, in s or min and Bq, kBq or MBq,
// and prints how it understood the table. --blood X_blood.tsv adds an arterial
// input, and --bootstrap 1000 resamples.
//
// # Tokens
//
// Outside the ledger a series has a token made with a secret key. "tacstream show
// TOKEN" prints the objects behind it, for the operator at the machine only.
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder; of a
// benchmark, go test -run '^$' -bench NAME -benchtime 1x. The foreign series are in
// the style of five vendors, Enhanced or compressed among them, with their regions
// on the PET grid as label images, SEG, label map and RTSTRUCT. The demo has 24
// noisy series of a synthetic study.
//
//	eight foreign series by hand: curves                           at most 0.00000010 % of the peak off   TestExtractOfAForeignSeries
//	foreign series, whole line: curves                             at most 0.0021 % of the peak off       TestRcloneUploadsAForeignSeries
//	foreign series, whole line: BPND                               at most 0.0032 % off                   TestRcloneUploadsAForeignSeries
//	hostile folders beside a good series, as their manifest says   29                                     TestEveryBadCaseEndsAsItsManifestSays
//	demo: error over standard error, root mean square              1.0                                    BenchmarkDemo
//
// # How fast
//
// On two shared cores. The test or benchmark that is named writes the row (see
// config/figures); nothing compares it. Ratios carry over to other machines. Five
// runs of the benchmark of extraction gave 0.78 to 0.91 and 4.3 to 8.1. The larger
// two rows of memory need TACSTREAM_LONG=1.
//
//	last of 768 objects stored → estimate               at most 1.1 s    TestRcloneUploadsAForeignSeries
//	demo: 8,880 objects, 24 series, one worker killed   25 s             BenchmarkDemo
//	1.2 GB in S3 to curves: rate over minio-go          0.85 ×           BenchmarkExtraction
//	the same, against dcm2niix converting the files     6.3 × the rate   BenchmarkExtraction
//	memory of a worker, 76 MB of slices                 61 MiB           TestMemoryOfAWorker
//	memory of a worker, 1.2 GB of slices                110 MiB          TestMemoryOfAWorker
//	memory of a worker, 12 GB of slices                 160 MiB          TestMemoryOfAWorker
package cli
