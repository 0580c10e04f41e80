package publish

import (
	"cmp"
	"fmt"
	"strconv"

	"tacstream/ingest"
)

// The types of Dead, one for each stage.
const (
	IngestDead  Type = "tacstream.ingest.dead.v1"
	ExtractDead Type = "tacstream.extract.dead.v1"
	FitDead     Type = "tacstream.fit.dead.v1"
	PublishDead Type = "tacstream.publish.dead.v1"
)

// Dead says what no retry could cure: a series whose attempts are used up, or
// the objects of a folder that are unusable for one cause.
type Dead struct {
	Cause      Cause        `json:"cause"`
	Stage      ingest.Stage `json:"stage" enum:"ingest,extract,fit,publish" doc:"The stage that gave up."`
	Object     ingest.Token `json:"object,omitempty" doc:"Token of the unusable object, where it is a single one."`
	Folder     ingest.Token `json:"folder,omitempty" doc:"Token of the folder, where several of its objects are unusable."`
	Count      int          `json:"count,omitempty" doc:"How many objects of the folder are unusable for this reason."`
	Reason     Reason       `json:"reason" doc:"Why; with several objects the detail is about one of them."`
	Attempts   int          `json:"attempts,omitempty" doc:"Number of attempts; left out where a retry cannot help."`
	Redrive    string       `json:"redrive" doc:"What the operator must do to try again."`
	Supersedes string       `json:"supersedes,omitempty" doc:"Id of the event that this one replaces: that one counted fewer objects of the folder."`
}

// NewDead returns the event that says that a series died in a stage after so
// many attempts.
func NewDead(c Cause, stage ingest.Stage, why ingest.Reason, attempts int) (Event, error) {
	return newDead(&Dead{
		Cause: c, Stage: stage, Reason: newReason(why), Attempts: attempts,
		Redrive: "remove the cause, then run: tacstream redrive " + string(c.Series),
	})
}

// NewUnusable returns the event that says that objects are unusable.
func NewUnusable(b ingest.Byproducts) (Event, error) {
	d := &Dead{Cause: Cause{Site: b.Site}, Stage: ingest.StageIngest, Reason: newReason(b.Reason), Supersedes: b.Supersedes}
	if b.Count == 1 {
		d.Object = b.Object
		d.Redrive = "correct the object and send it again under the same key; tacstream show " + string(b.Object) + " says which one it is"
	} else {
		d.Folder, d.Count = b.Folder, b.Count
		d.Redrive = "correct the objects and send them again under the same keys; tacstream show " + string(b.Folder) + " lists them"
	}
	e, err := newDead(d)
	return e.At(b.Time), err
}

func newDead(d *Dead) (Event, error) {
	t := deadType(d.Stage)
	parts := []string{string(d.Object), string(d.Reason.Code), d.Reason.Detail, strconv.Itoa(d.Attempts)}
	if d.Folder != "" || d.Supersedes != "" {
		parts = append(parts, string(d.Folder), strconv.Itoa(d.Count), d.Supersedes)
	}
	return newEvent(t, d.Cause.ID(t, parts...), d)
}

func (d *Dead) line() string {
	line := d.Reason.String()
	if d.Count > 0 {
		line += fmt.Sprintf(" (%s)", count(d.Count, "object"))
	}
	if d.Attempts > 0 {
		line += fmt.Sprintf(" (%s)", count(d.Attempts, "attempt"))
	}
	return line + "; " + d.Redrive
}

// deadType returns the type of what died in a stage; "" for no stage.
func deadType(s ingest.Stage) Type {
	switch s {
	case ingest.StageIngest:
		return IngestDead
	case ingest.StageExtract:
		return ExtractDead
	case ingest.StageFit:
		return FitDead
	case ingest.StagePublish:
		return PublishDead
	}
	return ""
}

func (d *Dead) because() Cause            { return d.Cause }
func (d *Dead) about() ingest.Token       { return cmp.Or(d.Cause.Series, d.Object, d.Folder) }
func (d *Dead) labels() map[string]string { return map[string]string{"stage": string(d.Stage)} }

func (d *Dead) channel() Channel {
	return Channel{"dead", Prefix + "{site}.dead.{stage}", "What no retry could cure, with how to redrive it."}
}

// DeadSubject returns where a stage publishes what no retry could cure.
func DeadSubject(site ingest.Site, stage ingest.Stage) (string, error) {
	return subjectOf(&Dead{Cause: Cause{Site: site}, Stage: stage})
}
