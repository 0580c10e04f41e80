package jetstream

import "strings"

// A Folder is one folder of a bucket.
type Folder struct{ Bucket, Name string }

// A place is the body of a tree subject.
type place struct {
	Bucket string `json:"b"`
	Folder string `json:"f"`
}

// folderAbove returns the name of the folder above one, "" at the top.
func folderAbove(folder string) string {
	return folder[:max(strings.LastIndexByte(folder, '/'), 0)]
}
