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
package cli
