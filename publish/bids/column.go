package bids

// A column is what a sidecar says of a column of its table.
type column struct {
	Description string
	Units       string `json:",omitempty"`
}
