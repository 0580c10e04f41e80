// Package regions knows region sources by the names of their objects.
package regions
