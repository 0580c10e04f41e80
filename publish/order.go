package publish

// A Step is what is to become of an event.
type Step int

// The steps.
const (
	Publish Step = iota // it is news
	Done                // it has been said
	Stale               // something newer has been said
)

// After says what is to become of an event once the last one of its subject is
// known; last is zero where there is none.
//
// A message id alone does not tell: the same series may be estimated,
// withdrawn and estimated again from the same content within one duplicate
// window.
func (e Event) After(last Event) Step {
	switch {
	case last.Data == nil:
		return Publish
	case last.ID == e.ID:
		return Done
	case last.Data.about() != e.Data.about():
		return Publish // a stage's dead share a subject, whatever they were
	case last.Cause().Revision > e.Cause().Revision:
		return Stale
	case last.Type == e.Type && e.Cause().SameWork(last.Cause()), e.repeats(last):
		return Done
	}
	return Publish
}

// repeats reports whether e says the same as last, whatever their causes.
func (e Event) repeats(last Event) bool {
	d, ok := e.Data.(repeating)
	return ok && d.repeats(last.Data)
}
