// Package dicom reads PET objects, classic and multi-frame, in every transfer
// syntax that package codec decodes, and the DICOM objects that hold regions.
//
// Options.ReadHeader classifies an object by its beginning alone, and Decoder
// turns a whole object, as it comes from a reader, into Slices whose pixels add
// into region sums: it never holds more than the header and one image.
// Geometry puts the slices of a series on RAS+ axes. Options.ReadRegions reads
// segmentations, label maps and structure sets.
//
// # Multi-frame objects
//
// An Enhanced or Legacy Converted Enhanced PET object says in its functional
// groups where and when each of its frames was measured, and by which slope
// its pixels become values. ReadHeader returns that as ingest.Planes, and the
// Decoder visits the frames in the order of storage. Of several mappings to
// real-world values that to Bq/mL is taken; without one in a unit that is
// known, the rescale slope is.
//
// # How a header is read
//
// Nothing in an object is trusted. A walk over the tags comes first: it takes
// no memory, checks every length against the bytes that are there, follows
// sequences to a bounded depth and keeps only the few elements that are asked
// for. Of those, free text and what lies in sequences, written anew in plain
// explicit VR little endian, is what the suyashkumar/dicom library gets to
// see: it knows character sets and value representations, but a file of a few
// kilobytes can make it panic or take any amount of memory. Person names are
// never among them. Numbers, times and UIDs are plain ASCII and come from the
// walk itself, and a Decoder, which needs nothing else, leaves the library
// out. Tests hold both ways equal to what the library reads in whole files.
//
// # Regions
//
// Options.ReadRegions reads segmentations, label maps and RT structure sets.
// They come whole, so that the same walk hands out elements of any sequence;
// frames are counted against the pixels that are there before anything is
// made of them (PS3.3, A.51, A.19 and C.8.20).
//
// # Faults
//
// What is wrong with an object is no error of ours. It is an ingest.Reason
// beside as many facts as could be read, so that the series knows which of
// its slots is spoilt.
package dicom
