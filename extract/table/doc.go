// Package table reads and writes tables: curves of regions and samples of
// blood, as this program and others write them, with the sidecars beside them.
//
// Read reads curves and returns how it understood the table, ReadBlood reads blood,
// and Write writes curves.
package table
