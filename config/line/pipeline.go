package line

import (
	"context"
	"errors"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// A Pipeline does jobs.
type Pipeline struct {
	*Line
	At func(point string) // see Worker.At
}

// Run is the whole line: what the objects of a series hold becomes curves, the
// curves become estimates, and the estimates become files and events. It
// returns once the result, whatever it is, is out and noted as done.
//
// Everything is read anew, so it may run any number of times and in several
// processes at once: the result is the same bytes, and stated once.
func (p *Pipeline) Run(ctx context.Context, job ingest.Job) error {
	view, err := p.Judge.View(ctx, job.Series, true, job.Atlas)
	if err != nil {
		return err
	}
	if o := view.Outcome; o.Condition != ingest.Ready {
		return notReady(o)
	}
	protocol, known := config.DecodeProtocol(job.Protocol)
	r := p.begin(job, view, protocol)
	r.Curves, r.Cause.Input, err = p.extract(ctx, view, protocol)
	r.Cause.Input = p.keyed(job.Site, "input", r.Cause.Input)
	r.Origin = r.Curves.Nearest(extract.Origin(job.Decay))
	p.at("extracted")
	if err == nil && known {
		var failed []ingest.Warning
		r.Reference, r.Estimates, failed, err = protocol.Fit(r.Curves)
		r.Warnings = append(r.Warnings, failed...)
	}
	p.at("fitted")

	end := ingest.Estimated
	switch {
	case errors.Is(err, ingest.ErrRejected):
		end, r.failure = ingest.Failed, ingest.ReasonOf(err)
	case err != nil:
		return err
	case !known:
		end = ingest.Unfitted
	}
	if r.failure.Code == ingest.CodeConflict {
		return p.contradict(ctx, job, r)
	}
	event, err := p.publish(ctx, job, r)
	if err != nil {
		return err
	}
	return p.done(ctx, job, end, event, r)
}

// keyed returns what stands for a digest in public: what is made of a file must
// not find the file's owner. Kind tells digests of different things apart.
func (p *Pipeline) keyed(site ingest.Site, kind, digest string) string {
	if digest == "" {
		return ""
	}
	return string(p.Sites.KeyOf(site).Token("digest of "+kind, digest))
}

func (p *Pipeline) at(point string) {
	if p.At != nil {
		p.At(point)
	}
}

// extract reads the regions and every slice, and returns the curves and the
// digest of the input.
func (p *Pipeline) extract(ctx context.Context, v watch.View, protocol config.Protocol) (extract.Curves, string, error) {
	regions, err := p.regions(ctx, v.Regions)
	if err != nil {
		return extract.Curves{}, "", err
	}
	regions.Rules = extract.Rules{Merge: protocol.Merge, Erode: protocol.Erode}
	curves, input, err := stream.ExtractParts(ctx, v.Parts(), regions, p.Config.Limits.Readers, p.open)
	if err != nil {
		return curves, "", err
	}
	curves, err = stream.Merge(curves, protocol.Merge)
	return curves, input, err
}
