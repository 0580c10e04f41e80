package publish

import "tacstream/ingest"

// A Reason says why something is as it is.
type Reason struct {
	Code   ingest.Code  `json:"code" doc:"For programs, such as REGIONS_ABSENT."`
	Level  ingest.Level `json:"level,omitempty" enum:"notice,warn,fault" doc:"notice: nothing is wrong; warn: it goes on by itself once something comes; fault: there is no result, and somebody must act. Left out by releases before results version 3."`
	Detail string       `json:"detail,omitempty" doc:"What it is about in this case, in plain words."`
}

func newReason(r ingest.Reason) Reason {
	return Reason{Code: r.Code, Level: r.Level(), Detail: plain(r.Detail)}
}

// String returns the code and the detail in one printable line.
func (r Reason) String() string {
	return plain(ingest.Reason{Code: r.Code, Detail: r.Detail}.String())
}
