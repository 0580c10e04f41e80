package publish

// A Type is the CloudEvents type of an event: a fact, in the past tense, and
// the version of its data. Fields may be added to a version; nothing that a
// version has is renamed, removed or given another meaning.
type Type string
