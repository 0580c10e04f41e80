// Package bids writes a result as a small dataset of BIDS derivatives.
//
// The released BIDS standard has no derivatives for PET. Names and columns are those
// that PETPrep, petfit and kinfitr use, and a .bidsignore lists what a validator
// does not know. Every dataset holds one series and is complete in itself:
//
//	dataset_description.json  .bidsignore
//	sub-<s>/ses-<t>/pet/
//	  sub-<s>_ses-<t>_trc-<tracer>_seg-<seg>_desc-preproc_tacs.tsv + .json       curves
//	  sub-<s>_ses-<t>_trc-<tracer>_seg-<seg>_morph.tsv + .json                   regions
//	  sub-<s>_ses-<t>_trc-<tracer>_seg-<seg>_model-<M>_kinpar.tsv + .json        estimates
//	  sub-<s>_ses-<t>_trc-<tracer>_seg-<seg>_model-<M>_desc-fitted_tacs.tsv + .json
//
// # Promises
//
// The same result has the same bytes: no file says when, where or how fast it
// was made. Subject and session are pseudonyms, the first characters of tokens.
// No file holds a UID, an object key, a date or a clock time: TimeZero is 00:00:00,
// model zero, and every time is relative to it.
//
// Numbers have as many digits as they need; n/a stands for a missing number.
package bids
