// Package stream makes the curves of a series from its objects: it streams
// every image through the mask of the regions, adds up each region, and
// digests what it read. No image is held longer than it takes to add it.
package stream
