package stream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// Extract makes the curves of a whole series and returns them with the digest
// of the input.
func Extract(ctx context.Context, a ingest.Assembly, regions PlacedRegions, o Options) (extract.Curves, string, error) {
	timing, err := a.Timing()
	if err != nil {
		return extract.Curves{}, "", err
	}
	return extractPart(ctx, a, timing, regions, o)
}

// extractPart makes the curves of a series on a time axis of its own.
func extractPart(
	ctx context.Context, a ingest.Assembly, timing ingest.Timing, regions PlacedRegions, o Options,
) (extract.Curves, string, error) {
	geometry, err := dicom.Geometry(a.Header, a.Positions)
	if err != nil {
		return extract.Curves{}, "", err
	}
	placed, err := regions.On(geometry, a.Header)
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
	sums, input, err := readSlices(ctx, a, mask, o)
	if err != nil {
		return extract.Curves{}, "", err
	}
	scale, doubts := a.BqPerMLPerUnit(timing)
	curves, err := sums.Curves(timing, scale)
	curves.Warnings = append(append(curves.Warnings, doubts...), a.Doubts()...)
	return curves, input, err
}

// Curves makes the curves of an acquisition: of each series that holds a part of
// it, in order of time, then of the regions that rules make of others and of
// left and right together. It returns them with what is to be doubted of all of
// them and with the digest of the input. All are on the time axis of the first
// part.
func Curves(ctx context.Context, parts []ingest.Assembly, regions PlacedRegions, o Options) (extract.Curves, string, error) {
	o = o.counting(parts)
	curves, input, err := joined(ctx, parts, regions, o)
	if err != nil {
		return curves, "", err
	}
	curves, err = merged(curves, regions.Rules.Merge)
	return curves, input, err
}

// joined makes the curves of all parts.
func joined(
	ctx context.Context, parts []ingest.Assembly, regions PlacedRegions, o Options,
) (curves extract.Curves, input string, err error) {
	axes, zeros, err := ingest.TimingOfParts(parts)
	if err != nil {
		return extract.Curves{}, "", err
	}
	for k, part := range parts {
		c, digest, err := extractPart(ctx, part, axes[k], regions, o)
		if err != nil {
			return curves, "", err
		}
		if k == 0 {
			curves, input = c, digest
			continue
		}
		c.Warnings = append(c.Warnings, AssumedLater(part, axes[k])...)
		if curves, err = curves.Join(c, zeros[k]); err != nil {
			return curves, input, err
		}
		sum := sha256.Sum256([]byte(input + "\x00" + digest))
		input = hex.EncodeToString(sum[:16])
	}
	return curves, input, nil
}

// AssumedLater says that nothing proves to which time a later part of an
// acquisition was corrected for decay: some scanners take the start of the
// first part.
func AssumedLater(part ingest.Assembly, t ingest.Timing) []ingest.Warning {
	if t.ByFactors || part.Header.Strict.DecayCorrection != "START" {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnTimeAssumed, ingest.LevelDoubt, 1, 0,
		"A later part of the acquisition has no decay factors; its values are taken as corrected for decay to its own start.")}
}

// merged adds the regions that rules make of others, then those of left and
// right, and what is to be doubted of all of them.
func merged(c extract.Curves, rules map[string][]string) (extract.Curves, error) {
	c, err := c.WithMerged(rules)
	if err != nil {
		return c, err
	}
	c = c.WithBilateral()
	c.Warnings = append(c.Warnings, c.Quality(extract.Thresholds{})...)
	return c, nil
}
