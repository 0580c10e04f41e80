package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tacstream/config"
	"tacstream/config/inspect"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/extract/table"
	"tacstream/ingest"
	"tacstream/publish/svg"
)

type extractCmd struct {
	Dir       string   `arg:"" help:"Folder of the DICOM files of a PET series, or of the parts of one acquisition." type:"existingdir"`
	Regions   []string `help:"Where the regions are, on the PET grid or any other: an image (${region_images}) or a DICOM SEG, label map or RTSTRUCT. May be given several times for a set of *_label-NAME_probseg images." required:"" sep:"none" type:"existingfile" placeholder:"FILE"`
	LUT       string   `name:"lut" help:"Look-up table of a label image; default: the .tsv of the same stem, else dseg.tsv (probseg.tsv) beside it; aseg.mgz and aparc+aseg.mgz need none." type:"existingfile" placeholder:"FILE"`
	Transform string   `help:"Affine that brings the regions into the space of the PET series: ITK or ANTs (.txt, .tfm, .mat), FSL (.mat), AFNI (.1D) or FreeSurfer (.lta)." type:"existingfile" placeholder:"FILE"`
	Invert    bool     `name:"invert-transform" help:"Invert the transform: it goes from the PET series to the regions."`
	Decay     string   `help:"Time to which values are corrected for decay: injection, start, or stored (as in the series). Default: injection if it is known, else start." enum:",injection,start,stored" default:"" placeholder:"TIME"`
	Series    int      `help:"Number of the series to use when the folder holds several; 'tacstream inspect' numbers them. Default: join them, if they are parts of one acquisition." placeholder:"N"`
	Unit      string   `help:"Unit of the values: bqml, or suv (uptake by body weight, corrected for decay to the injection)." enum:"bqml,suv" default:"bqml" placeholder:"UNIT"`
	Rules     string   `help:"YAML file that merges and erodes regions, such as 'striatum: [Caudate, Putamen]' and 'erode: {Cerebellum: 4}' (mm). Default: regions.yaml beside the regions, if it exists." type:"existingfile" placeholder:"YAML"`
	Plot      string   `help:"Draw the curves, one row for each region." placeholder:"SVG"`
	Output    string   `short:"o" help:"Table of curves; its sidecar goes beside it. Default: standard output." placeholder:"TSV"`
}

// Help shows examples.
func (extractCmd) Help() string {
	return `Writes a table with frame_start and frame_end in seconds and one column for each region in Bq/mL. Left and right parts
also get a merged column. A sidecar beside the table describes the values.

Examples:
  tacstream extract pet/ --regions sub-01_dseg.nii.gz -o tacs.tsv
  tacstream extract pet/ --regions aparc_dseg.nii --lut aparc_dseg.tsv --decay stored
  tacstream extract pet/ --regions seg.dcm
  tacstream extract pet/ --regions sub-01_label-GM_probseg.nii.gz --regions sub-01_label-WM_probseg.nii.gz
  tacstream extract pet/ --regions T1w_dseg.nii.gz --transform T1w_to_pet_0GenericAffine.mat
  tacstream extract pet/ --regions sub-01_dseg.nii.gz --unit suv -o suv.tsv
  tacstream extract pet/ --regions seg.dcm --rules regions.yaml --plot curves.svg -o tacs.tsv`
}

func (c extractCmd) Run(e *env) error {
	regions, err := c.regions()
	if err != nil {
		return err
	}
	said := leftOut{w: plain{e.stderr}}
	curves, assembly, err := inspect.ExtractDir(e.ctx, c.Dir, regions, c.Series, said.add)
	said.done()
	if err != nil {
		return err
	}
	for _, w := range curves.Warnings {
		fmt.Fprintln(plain{e.stderr}, w)
	}
	origin := curves.DefaultOrigin()
	if c.Decay != "" {
		origin = extract.Origin(c.Decay)
	}
	if c.Unit == "suv" {
		if origin != extract.ToInjection {
			return fmt.Errorf("--unit suv needs values corrected for decay to the injection: leave --decay out, or use a series whose header gives the time of injection")
		}
		bqPerG, _ := assembly.Header.Soft.Uptake()
		if curves, err = curves.AsUptake(bqPerG); err != nil {
			return err
		}
	}
	if c.Plot != "" {
		if err := drawCurves(c.Plot, curves, origin); err != nil {
			return err
		}
	}
	var body bytes.Buffer
	if err := table.Write(&body, curves, origin); err != nil {
		return err
	}
	if c.Output == "" {
		_, err := io.Copy(e.stdout, &body)
		return err
	}
	return writeWithSidecar(c.Output, body.Bytes(), table.Describe(curves, origin, assembly.Header.Soft))
}

// A leftOut says which files are left out, and why: the first few for each
// reason by name.
type leftOut struct {
	w       io.Writer
	reasons []ingest.Reason
	files   map[ingest.Reason]int
}

// fewFiles is how many files are named for one reason.
const fewFiles = 5

func (l *leftOut) add(file string, why ingest.Reason) {
	if l.files == nil {
		l.files = map[ingest.Reason]int{}
	}
	if l.files[why]++; l.files[why] == 1 {
		l.reasons = append(l.reasons, why)
	}
	if l.files[why] <= fewFiles {
		fmt.Fprintf(l.w, "%s is not used: %s\n", file, why)
	}
}

// done counts the files that were not named.
func (l *leftOut) done() {
	for _, why := range l.reasons {
		if more := l.files[why] - fewFiles; more > 0 {
			fmt.Fprintf(l.w, "%d more files are not used: %s\n", more, why)
		}
	}
}

// regions reads where the regions are.
func (c extractCmd) regions() (stream.PlacedRegions, error) {
	s, err := inspect.ReadRegionsFiles(c.Regions, c.LUT)
	if err != nil {
		return stream.PlacedRegions{}, err
	}
	r := stream.PlacedRegions{Segmentation: s, Invert: c.Invert}
	if rules := c.rules(); rules != "" {
		if r.Rules, err = config.ReadRulesFile(rules); err != nil {
			return r, err
		}
	}
	switch {
	case c.Transform != "":
		r.Transform, err = inspect.ReadTransformFile(c.Transform)
	case c.Invert:
		err = errors.New("--invert-transform needs --transform")
	}
	return r, err
}

// rules returns the file of rules: the one that is named, else regions.yaml
// beside the regions, else none.
func (c extractCmd) rules() string {
	if c.Rules != "" {
		return c.Rules
	}
	file := filepath.Join(filepath.Dir(c.Regions[0]), "regions.yaml")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// drawCurves draws the curves, corrected for decay to a time.
func drawCurves(file string, c extract.Curves, to extract.Origin) error {
	tacs, err := c.Corrected(to)
	if err != nil {
		return err
	}
	unit, scale := string(c.Units), 1.0
	if c.Units == extract.BqPerML {
		unit, scale = "kBq/mL", 1e-3
	}
	f := svg.Figure{Title: "Curves, " + decayWords(to), Unit: unit}
	for _, t := range tacs {
		r := svg.Region{Name: string(t.Region)}
		for i, frame := range c.Frames {
			r.StartMin, r.EndMin = append(r.StartMin, frame.Start.Minutes()), append(r.EndMin, frame.End().Minutes())
			r.Measured = append(r.Measured, t.BqPerML[i]*scale)
		}
		f.Regions = append(f.Regions, r)
	}
	var out bytes.Buffer
	if err := svg.Write(&out, f); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// decayWords says what curves are corrected to.
func decayWords(to extract.Origin) string {
	switch to {
	case extract.ToInjection:
		return "decay-corrected to injection"
	case extract.ToScanStart:
		return "decay-corrected to scan start"
	}
	return "as the series has them"
}

// writeWithSidecar writes a table and its sidecar.
func writeWithSidecar(file string, body []byte, s table.Sidecar) error {
	if err := os.WriteFile(file, body, 0o644); err != nil {
		return err
	}
	text, err := s.JSON()
	if err != nil {
		return err
	}
	return os.WriteFile(table.SidecarName(file), text, 0o644)
}
