package line

import (
	"context"
	"errors"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/publish"
)

// A Pipeline does jobs.
type Pipeline struct {
	*Line
	At func(point string) // see Worker.At
}

// Run is the whole line: what the objects of a series hold becomes curves, the
// curves become estimates, and the estimates become files and events. It
// returns once the result, whatever it is, is out and noted as done. It tells
// how far it is.
//
// Everything is read anew, so it may run any number of times and in several
// processes at once: the result is the same bytes, and published once.
func (p *Pipeline) Run(ctx context.Context, job ingest.Job, tell func(publish.Progress)) error {
	at := point(p.At)
	protocol, known := config.DecodeProtocol(job.Protocol)
	tell(publish.Progress{Stage: ingest.StageExtract})
	view, err := p.Judge.View(ctx, job.Series, true, job.Atlas)
	if err != nil {
		return err
	}
	if o := view.Outcome; o.Condition != ingest.Ready {
		return notReady(o)
	}
	f := p.begin(job, view, protocol)
	store, input := objects{p.Store}, ""
	regions := stream.PlacedRegions{Rules: protocol.Rules()}
	regions.Segmentation, regions.Transform, err = view.Regions.Read(ctx, store.open)
	if err == nil {
		f.Curves, input, err = stream.Curves(ctx, view.Parts(), regions, stream.Options{
			Open: store.open, Readers: p.Config.Limits.Readers,
			Progress: func(done, total int) {
				tell(publish.Progress{Stage: ingest.StageExtract, Done: done, Total: total})
			},
		})
	}
	f.Cause.Input, f.Origin = p.keyed(job.Site, "input", input), f.Curves.Nearest(extract.Origin(job.Decay))
	at.reach("extracted")
	if err == nil && known {
		fitting := publish.Progress{Stage: ingest.StageFit, Total: len(protocol.Models)}
		tell(fitting)
		var failed []ingest.Warning
		f.Reference, f.Estimates, failed, err = protocol.Fit(f.Curves, func(model string) {
			fitting.Done, fitting.Model = fitting.Done+1, model
			tell(fitting)
		})
		f.Warnings = append(f.Warnings, failed...)
	}
	at.reach("fitted")
	if err != nil && !errors.Is(err, ingest.ErrRejected) {
		return err
	}
	tell(publish.Progress{Stage: ingest.StagePublish})
	return ending{p.Line, job, at}.conclude(ctx, f, err)
}
