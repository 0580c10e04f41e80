package publish

// Files says where the files of a result lie.
type Files struct {
	Bucket string   `json:"bucket" doc:"The results bucket."`
	Prefix string   `json:"prefix" doc:"Folder of the files: the series, then the id of the result's event. It ends with a slash."`
	Curves string   `json:"curves,omitempty" doc:"Name of the table of all curves, after the prefix."`
	Names  []string `json:"names,omitempty" doc:"Names of all files, after the prefix."`
}

// orNil returns nil where there are no files.
func (f Files) orNil() *Files {
	if f.Prefix == "" {
		return nil
	}
	return &f
}

// EventName is the name, after a result's prefix, of the object that holds the
// result's event as it is published.
const EventName = "event.json"
