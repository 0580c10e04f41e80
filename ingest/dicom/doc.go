// Package dicom reads PET objects, classic and multi-frame, in every transfer
// syntax that package codec decodes, and the DICOM objects that hold regions.
//
// Options.ReadHeader classifies an object from its beginning alone. Decoder reads a
// whole object from a reader and returns Slices, whose pixels are added to the sums
// of regions. It never holds more than the header and one image.
// Geometry puts the slices of a series on RAS+ axes. Options.ReadRegions reads
// segmentations, label maps and structure sets.
//
// # Multi-frame objects
//
// An Enhanced or Legacy Converted Enhanced PET object says in its functional
// groups where and when each of its frames was measured, and which slope turns its
// pixels into values. ReadHeader returns that as ingest.Planes, and the Decoder
// visits the frames in the order of storage. Of several mappings to real-world
// values the one to Bq/mL is used; if none has a known unit, the rescale slope is.
//
// # How a header is read
//
// Nothing in an object is trusted. A walk over the tags comes first: it takes
// no memory, checks every length against the bytes that are there, follows
// sequences to a bounded depth and keeps only the few elements that are needed.
// Free text and elements in sequences are then written again in plain explicit VR
// little endian and read by the suyashkumar/dicom library, which knows character
// sets and value representations. The library never sees the file itself, because
// a few kilobytes can make it panic or take any amount of memory, and it never sees
// a person's name. Numbers, times and UIDs are plain ASCII and come from the walk
// itself; a Decoder needs nothing else and does not use the library. Tests compare
// both ways with what the library reads in whole files.
//
// # Regions
//
// Options.ReadRegions reads segmentations, label maps and RT structure sets. It is
// given the whole object, so the same walk finds elements of any sequence. The
// number of frames is checked against the pixels before any memory is taken
// (PS3.3, A.51, A.19 and C.8.20).
//
// # Faults
//
// A fault of an object is not returned as an error. It is an ingest.Reason beside
// the facts that could be read, so that the series knows which of its slots is
// unusable.
package dicom
