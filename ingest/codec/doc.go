// Package codec decodes the compressed frames of DICOM objects into native
// pixels.
package codec
