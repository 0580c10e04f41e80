package publish

import "tacstream/ingest"

// A Reason says why something is as it is.
type Reason struct {
	Code   ingest.Code `json:"code" doc:"For programs, such as REGIONS_ABSENT."`
	Detail string      `json:"detail,omitempty" doc:"For people."`
}

func newReason(r ingest.Reason) Reason { return Reason{Code: r.Code, Detail: plain(r.Detail)} }

// String returns the code and the detail in one printable line.
func (r Reason) String() string {
	return plain(ingest.Reason{Code: r.Code, Detail: r.Detail}.String())
}
