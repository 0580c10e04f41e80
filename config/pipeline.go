package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
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
	protocol, known := decodeProtocol(job.Protocol)
	r := p.begin(job, view, protocol)
	r.Curves, r.Cause.Input, err = p.extract(ctx, view, protocol)
	r.Cause.Input = p.keyed(job.Site, "input", r.Cause.Input)
	r.Origin = r.Curves.Nearest(extract.Origin(job.Decay))
	p.at("extracted")
	if err == nil && known {
		var failed []ingest.Warning
		r.Reference, r.Estimates, failed, err = protocol.fit(r.Curves)
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
	event, err := p.state(ctx, job, r)
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
func (p *Pipeline) extract(ctx context.Context, v ingest.View, protocol Protocol) (extract.Curves, string, error) {
	regions, err := p.regions(ctx, v.Regions)
	if err != nil {
		return extract.Curves{}, "", err
	}
	regions.Rules = extract.Rules{Merge: protocol.Merge, Erode: protocol.Erode}
	curves, input, err := ExtractParts(ctx, v.Parts(), regions, p.Config.Limits.Readers, p.open)
	if err != nil {
		return curves, "", err
	}
	curves, err = Merge(curves, protocol.Merge)
	return curves, input, err
}

// Extract makes the curves of a whole series and returns them with the digest
// of the input.
func Extract(ctx context.Context, a ingest.Assembly, regions Regions, readers int, get fetch) (extract.Curves, string, error) {
	timing, err := a.Timing()
	if err != nil {
		return extract.Curves{}, "", err
	}
	geometry, err := dicom.Geometry(a.Header, a.Positions)
	if err != nil {
		return extract.Curves{}, "", err
	}
	placed, err := regions.on(geometry, a.Header)
	if err != nil {
		return extract.Curves{}, "", err
	}
	mask, err := extract.NewMask(placed, geometry, extract.Options{})
	if err != nil {
		return extract.Curves{}, "", err
	}
	if mask, err = mask.Under(regions.Rules, geometry); err != nil {
		return extract.Curves{}, "", err
	}
	sums, input, err := readSlices(ctx, a, mask, readers, get)
	if err != nil {
		return extract.Curves{}, "", err
	}
	scale, doubts := a.BqPerMLPerUnit(timing)
	curves, err := sums.Curves(timing, scale)
	curves.Warnings = append(append(curves.Warnings, doubts...), a.Doubts()...)
	return curves, input, err
}

// ExtractParts makes the curves of an acquisition of which each series holds a
// part, in order of time, and returns them with the digest of all input. All
// are on the time axis of the first.
func ExtractParts(ctx context.Context, parts []ingest.Assembly, regions Regions, readers int, get fetch) (extract.Curves, string, error) {
	curves, input, err := Extract(ctx, parts[0], regions, readers, get)
	for _, part := range parts[1:] {
		if err != nil {
			break
		}
		c, more, failed := Extract(ctx, part, regions, readers, get)
		if failed != nil {
			return curves, "", failed
		}
		c.Warnings = append(c.Warnings, assumedLater(part)...)
		after := part.Starts[0].Sub(parts[0].Starts[0]) // of the first frames
		curves, err = curves.Join(c, after-c.Frames[0].Start+curves.Frames[0].Start)
		sum := sha256.Sum256([]byte(input + "\x00" + more))
		input = hex.EncodeToString(sum[:16])
	}
	return curves, input, err
}

// assumedLater says that nothing proves to which time a later part of an
// acquisition was corrected for decay: some scanners take the start of the
// first part.
func assumedLater(part ingest.Assembly) []ingest.Warning {
	if t, err := part.Timing(); err != nil || t.ByFactors || part.Header.Strict.DecayCorrection != "START" {
		return nil
	}
	return []ingest.Warning{{
		Code: ingest.WarnTimeAssumed, Level: ingest.LevelDoubt, Value: 1,
		Detail: "a later part of the acquisition has no decay factors: its values are taken as corrected for decay to its own start",
	}}
}

// Merge adds the regions that rules make of others, then those of left and
// right, and what is to be doubted of all of them.
func Merge(c extract.Curves, rules map[string][]string) (extract.Curves, error) {
	c, err := c.WithMerged(rules)
	if err != nil {
		return c, err
	}
	c = c.WithBilateral()
	c.Warnings = append(c.Warnings, c.Quality(extract.Thresholds{})...)
	return c, nil
}
