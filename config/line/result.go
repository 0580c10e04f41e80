package line

import (
	"bytes"
	"context"
	"io"

	"tacstream/config"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/regions"
	"tacstream/ingest/transform"
	"tacstream/ingest/watch"
	"tacstream/publish"
	"tacstream/publish/bids"
	"tacstream/publish/outbox"
)

// A result is what a job has found out about a series.
type result struct {
	publish.Result
	header  ingest.Header
	subject ingest.Token   // pseudonym of the person
	session ingest.Token   // pseudonym of the study
	failure ingest.Reason  // why there is no estimate; empty where there is one
	parts   []ingest.Token // the series that continue the one of the job
}

// begin returns the result of a job as far as the ledger knows it. Where no
// protocol matches, it is zero.
func (p *Pipeline) begin(job ingest.Job, v watch.View, protocol config.Protocol) result {
	a := v.Assembly
	r := result{header: a.Header, subject: a.Header.Soft.Subject, parts: v.Outcome.Parts}
	r.Cause = p.causeOf(job)
	r.Cause.Regions = p.keyed(job.Site, "regions", v.Regions.Digest())
	r.Tracer, r.TracerName = protocol.Tracer, protocol.Name
	if site, ok := p.Sites.Of(a.Bucket, a.Slots[0].Key); ok {
		r.session = site.Key.Token("study", a.Header.Soft.StudyInstanceUID)
	}
	if v.Outcome.Unverified {
		r.Warnings = append(r.Warnings, stream.Unverified(v.Outcome))
	}
	if n := len(v.Relatives.Parts); n > 0 {
		r.Warnings = append(r.Warnings, stream.Joined(n+1))
	}
	if v.Regions.Others > 0 {
		r.Warnings = append(r.Warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(v.Regions.Others), 0,
			"Of %s equally near one is used: the one on the grid of the series or, if several or none are, the one with the smallest digest.",
			ingest.Count(v.Regions.Others+1, "region source")))
	}
	r.Warnings = append(r.Warnings, doubtful(v.Regions)...)
	return r
}

// farAbove is how many folders above a series a label image may lie before
// that is worth a warning: it may have been meant for other scans.
const farAbove = 2

// doubtful says what is odd about where a region source was found. One of the
// series' own frame of reference belongs to it wherever it lies.
func doubtful(r watch.RegionSource) []ingest.Warning {
	var list []ingest.Warning
	if r.Transform.Key != "" {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, 0, 0,
			"The series has no regions of its own; the protocol's atlas is used, with the affine beside the series."))
	}
	if r.Above >= farAbove && r.Image.Space == "" {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(r.Above), farAbove,
			"The region source lies %d folders above the series, where it serves every scan below that has none of its own.", r.Above))
	}
	if r.Elsewhere > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(r.Elsewhere), 0,
			"The regions in %s beside the series have another frame of reference and are not used.", ingest.Count(r.Elsewhere, "DICOM object")))
	}
	return list
}

func (p *Pipeline) causeOf(job ingest.Job) publish.Cause {
	return publish.Cause{Site: job.Site, Series: job.Series, Revision: job.Revision, Settings: p.keyed(job.Site, "settings", job.Settings), Version: job.Version}
}

// regions reads the region source of a series.
func (p *Pipeline) regions(ctx context.Context, r watch.RegionSource) (stream.PlacedRegions, error) {
	image, err := p.regionObject(ctx, r.Image)
	if err != nil {
		return stream.PlacedRegions{}, err
	}
	var table io.Reader
	if r.LUT.Key != "" {
		data, err := p.regionObject(ctx, r.LUT)
		if err != nil {
			return stream.PlacedRegions{}, err
		}
		table = bytes.NewReader(data)
	}
	s, err := regions.Read(r.Image.Key, bytes.NewReader(image), table)
	for _, more := range r.More {
		if err == nil {
			err = p.addRegion(ctx, &s, more)
		}
	}
	if err != nil || r.Transform.Key == "" {
		return stream.PlacedRegions{Segmentation: s}, err
	}
	data, err := p.regionObject(ctx, r.Transform)
	if err != nil {
		return stream.PlacedRegions{}, err
	}
	t, err := transform.Read(r.Transform.Key, data)
	return stream.PlacedRegions{Segmentation: s, Transform: &t}, err
}

// addRegion adds a further image of a set of probabilities.
func (p *Pipeline) addRegion(ctx context.Context, s *ingest.Segmentation, r ingest.Record) error {
	image, err := p.regionObject(ctx, r)
	if err != nil {
		return err
	}
	more, err := regions.Read(r.Key, bytes.NewReader(image), nil)
	if err != nil {
		return err
	}
	return regions.Add(s, more)
}

func (p *Pipeline) regionObject(ctx context.Context, r ingest.Record) ([]byte, error) {
	body, size, err := p.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := make([]byte, 0, min(size, ingest.DefaultRegionsBytes))
	buf := bytes.NewBuffer(data)
	_, err = io.Copy(buf, body)
	return buf.Bytes(), err
}

// statement returns everything that makes a result public.
func (p *Pipeline) statement(r result) (outbox.Statement, error) {
	kind := publish.BindingEstimated
	switch {
	case r.failure.Code != "":
		kind = publish.BindingFailed
	case r.Tracer == "":
		kind = publish.TACsExtracted
	}
	s := outbox.Statement{Prefix: r.Cause.Prefix(kind), At: p.At}
	files := publish.Files{}
	if len(r.Curves.Frames) > 0 {
		list, err := bids.Files(bids.Result{Result: r.Result, Subject: r.subject, Examination: r.session, Header: r.header})
		if err != nil {
			return s, err
		}
		for _, f := range list {
			s.Files = append(s.Files, outbox.File{Name: f.Name, ContentType: f.ContentType, Data: f.Data})
		}
		files = publish.Files{Bucket: p.Config.S3.Results, Prefix: s.Prefix}
		files.Names, files.Curves = bids.Names(list)
		tacs, err := publish.NewTACs(r.Result, files)
		if err != nil {
			return s, err
		}
		s.Before = []publish.Event{tacs}
	}
	var err error
	switch kind {
	case publish.BindingFailed:
		s.Event, err = publish.NewFailed(r.Cause, r.Tracer, r.failure, files)
	case publish.BindingEstimated:
		s.Event, err = publish.NewBinding(r.Result, files)
	default:
		s.Event, s.Before = s.Before[0], nil
	}
	return s, err
}
