package publish

import (
	"embed"
	"io/fs"
)

//go:embed schema/*.json
var schemas embed.FS

// AsyncAPIName is the name, within Schemas, of the AsyncAPI 3.0 document that
// describes every subject.
const AsyncAPIName = "asyncapi.json"

// Schemas returns the JSON Schemas (2020-12) of the data of every type, each
// called SchemaName of its type, and AsyncAPIName.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemas, "schema")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// SchemaName returns the name, within Schemas, of a type's schema.
func SchemaName(t Type) string { return string(t) + ".json" }

// SchemaID returns the $id of the JSON Schema of a type's data.
func SchemaID(t Type) string { return "urn:tacstream:schema:" + string(t) }
