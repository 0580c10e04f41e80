// Package codec decodes the compressed frames of DICOM objects into native
// pixels: RLE, JPEG Lossless, JPEG-LS, JPEG 2000, and grey JPEG Baseline of 8
// bits. JPEG Extended (12 bits) and High-Throughput JPEG 2000 are not decoded.
//
// A frame comes with what its header says about it (Params). Both must agree on
// size, components and depth before any memory is taken, and a frame has at most
// 64 MiB. Every error is an ingest.Rejection.
//
// # What the pixels are
//
// The bits are those that a native object would hold. Lossless frames give
// back what was encoded. RLE and the JPEGs do not store signs: samples of 12 bits
// come back as the 12 or the 16 bits that the encoder was given, and the reader
// extends the sign from BitsStored. JPEG 2000 stores signs, so its signed samples
// come back extended.
//
// # JPEG 2000
//
// OpenJPEG decodes it, as WebAssembly out of an npm package (dcmjs/README.md)
// that wazero runs without files, arguments or environment. It adds 1.4 MB to
// the binary. The first such frame of a process compiles the module, which
// takes some 2 seconds, and each Decoder has an instance of its own, of 32 MiB,
// from its first such frame until Close. A frame may take memory in proportion
// to its size. A fault in the module is an error like any other, and the next
// frame gets a new instance. Plain frames, of one tile and few layers, take time
// in proportion to their pixels, 7 MB/s of noise. Other frames could take any
// time; they run in a module that can be stopped, after 20 seconds, and that is
// four times slower. All other decoders are Go.
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder.
//
//	RLE frames as dcmtk and gdcm encode them             0 frames differ   TestRLEGivesBackWhatWasEncoded
//	JPEG Lossless frames as dcmtk and gdcm encode them   0 frames differ   TestJPEGLosslessGivesBackWhatWasEncoded
//	JPEG-LS frames as dcmtk and gdcm encode them         0 frames differ   TestJPEGLSGivesBackWhatWasEncoded
//	JPEG 2000 frames as gdcm encodes them                0 frames differ   TestJPEG2000GivesBackWhatWasEncoded
//
// # How fast
//
// One core decodes a slice of 256 × 256 pixels of noisy counts. The benchmark writes
// the row (see config/figures); nothing compares it.
//
//	RLE             590 MB/s   BenchmarkDecode
//	JPEG Lossless   170 MB/s   BenchmarkDecode
//	JPEG-LS         36 MB/s    BenchmarkDecode
//	JPEG 2000       5.0 MB/s   BenchmarkDecode
package codec
