// Package stream makes the curves of a series from its objects. It streams every
// image through the mask of the regions, adds up each region, and computes the
// digest of everything that it read. It holds an image only while it adds it.
package stream
