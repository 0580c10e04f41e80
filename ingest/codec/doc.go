// Package codec decodes the compressed frames of DICOM objects into native
// pixels: RLE, JPEG Lossless, JPEG-LS, and grey JPEG Baseline of 8
// bits. JPEG Extended (12 bits) and High-Throughput JPEG 2000 are not decoded.
//
// A frame comes with what its header says of it (Params), and the two must
// agree on size, components and depth before any memory is taken; a frame has
// 64 MiB at the most. Every error is an ingest.Rejection.
//
// # What the pixels are
//
// The bits are those that a native object would hold. Lossless frames give
// back what was encoded. RLE and the JPEGs know nothing of signs: samples of
// 12 bits come back as the 12 or the 16 bits that the encoder was given, and
// it is the reader who extends the sign from BitsStored.
package codec
