package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// localPrefix is enough for the header of nearly every object.
const localPrefix = 64 << 10

// ExtractDir makes the curves of the PET series in a folder of DICOM files, by
// the same code as the line. Files that serve for nothing are named by say,
// with their reason. A folder that holds several series is an error.
func ExtractDir(ctx context.Context, dir string, regions Regions, say func(file string, why ingest.Reason)) (extract.Curves, ingest.Assembly, error) {
	records, err := readDir(ctx, dir, say)
	if err != nil {
		return extract.Curves{}, ingest.Assembly{}, err
	}
	assembly, outcome := ingest.Assess("local", records, true)
	switch {
	case outcome.Condition == ingest.Absent:
		return extract.Curves{}, assembly, fmt.Errorf("%s holds no PET series", dir)
	case outcome.Condition != ingest.Ready:
		return extract.Curves{}, assembly, fmt.Errorf("the series in %s is %s: %s", dir, outcome.Condition, outcome.Reason)
	}
	curves, _, err := Extract(ctx, assembly, regions, DefaultReaders, openFile)
	if err != nil {
		return curves, assembly, err
	}
	curves, err = Merge(curves, nil)
	return curves, assembly, err
}

// readDir reads the header of every file under a folder.
func readDir(ctx context.Context, dir string, say func(string, ingest.Reason)) ([]ingest.Record, error) {
	var records []ingest.Record
	uid := ""
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || ctx.Err() != nil {
			return err
		}
		found, size, err := classifyFile(file)
		if err != nil {
			return err
		}
		if found.Fault.Code != "" {
			say(file, found.Fault)
		}
		if !found.PET {
			return nil
		}
		if own := found.Header.Strict.SeriesInstanceUID; uid == "" {
			uid = own
		} else if own != "" && own != uid {
			return fmt.Errorf("%s holds more than one PET series; give the folder of one", dir)
		}
		records = append(records, ingest.Record{
			Object: ingest.Object{Key: file, Size: size, ETag: file}, Kind: ingest.KindSlice, Series: "local",
			Fault: found.Fault, Instance: &found.Instance, Header: &found.Header,
		})
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return records, err
}

// classifyFile reads as much of a file as says what it is.
func classifyFile(file string) (ingest.Found, int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return ingest.Found{}, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ingest.Found{}, 0, err
	}
	for want := int64(localPrefix); ; {
		prefix := make([]byte, min(want, info.Size()))
		if _, err := f.ReadAt(prefix, 0); err != nil && err != io.EOF {
			return ingest.Found{}, 0, err
		}
		found, need := dicom.Options{}.Classify(prefix, info.Size())
		if need <= int64(len(prefix)) || int64(len(prefix)) == info.Size() || need > ingest.DefaultHeaderBytes {
			return found, info.Size(), nil
		}
		want = need
	}
}

// openFile begins to read a file.
func openFile(_ context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
	f, err := os.Open(r.Key)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > ingest.DefaultObjectBytes {
		err = ingest.Reject(ingest.CodeTooLarge, "a file of %d bytes", info.Size())
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// ReadRegionsFile reads regions of any kind: a label image or probabilities in
// NIfTI with their look-up table, or a DICOM SEG or RTSTRUCT. The table is the
// one that is named, else the one of the same stem, else the one beside the
// image that all images share.
func ReadRegionsFile(image, table string) (ingest.Segmentation, error) {
	if table == "" && isNIfTI(image) {
		table = tableOf(image)
	}
	f, err := os.Open(image)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	defer f.Close()
	var names io.Reader
	if table != "" {
		t, err := os.Open(table)
		if err != nil {
			return ingest.Segmentation{}, err
		}
		defer t.Close()
		names = t
	}
	s, err := readRegions(image, f, names)
	switch {
	case errors.Is(err, errNoTable):
		return s, fmt.Errorf("%s has no look-up table beside it; name one with --lut", image)
	case err != nil:
		return s, fmt.Errorf("%s: %w", image, err)
	}
	return s, nil
}

// tableOf returns the look-up table that lies beside an image, empty where
// there is none.
func tableOf(image string) string {
	stem := strings.TrimSuffix(strings.TrimSuffix(image, ".gz"), ".nii")
	shared := "dseg.tsv"
	if ingest.IsProbabilities(filepath.ToSlash(image)) {
		shared = "probseg.tsv"
	}
	for _, name := range []string{stem + ".tsv", filepath.Join(filepath.Dir(image), shared)} {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}
