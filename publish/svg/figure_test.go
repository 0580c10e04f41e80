package svg_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/publish/svg"
)

var update = flag.Bool("update", false, "write testdata/ anew")

// draw returns a figure of some regions, and its elements.
func draw(t *testing.T, regions ...svg.Region) (string, []element) {
	t.Helper()
	var b bytes.Buffer
	if err := svg.Write(&b, svg.Figure{Title: "Fits", Unit: "kBq/mL", Regions: regions}); err != nil {
		t.Fatal(err)
	}
	return b.String(), decode(t, b.String())
}

// An element is one of a file, with the text directly inside it.
type element struct {
	name, text string
	attrs      map[string]string
}

// decode returns the elements of a file, in order of their ends.
func decode(t *testing.T, file string) (all []element) {
	t.Helper()
	var open []element
	d := xml.NewDecoder(strings.NewReader(file))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		switch k := token.(type) {
		case xml.StartElement:
			e := element{name: k.Name.Local, attrs: map[string]string{}}
			for _, a := range k.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			open = append(open, e)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(k)
			}
		case xml.EndElement:
			all, open = append(all, open[len(open)-1]), open[:len(open)-1]
		}
	}
}

// count returns how many elements have a name and a value of an attribute.
func count(all []element, name, attr, value string) (n int) {
	for _, e := range all {
		if e.name == name && e.attrs[attr] == value {
			n++
		}
	}
	return n
}

// small is a region of four frames with a gap, a graphical model and a
// warning.
func small() svg.Region {
	nan := math.NaN()
	return svg.Region{
		Name: "Putamen <left> & \"more\"", StartMin: []float64{0, 10, 30, 60}, EndMin: []float64{10, 30, 60, 90},
		Measured: []float64{12, 40, 38, 30}, Reference: []float64{10, 25, 18, 11},
		Models: []svg.Model{
			{Name: "srtm", Summary: "BPND 1.52 ± 0.04", Fitted: []float64{11, 41, nan, 30}, Residuals: []float64{1, -1, nan, 0}},
			{
				Name: "logan-ref", Summary: "BPND 1.48 ± 0.05", Warnings: []string{"TSTAR", "SE"},
				Fitted: []float64{nan, nan, 38.5, 29.5}, Residuals: []float64{nan, nan, -0.4, 0.5},
				Line: &svg.Line{
					X: []float64{14, 22, 41, 75}, Y: []float64{5, 21, 62, 146}, Used: []bool{false, false, true, true},
					Slope: 2.48, Intercept: -40, TStarMin: 30, XLabel: "(∫R dt + R/k2′) / C (min)", YLabel: "∫C dt / C (min)",
				},
			},
		},
	}
}

func TestSmallFigure(t *testing.T) {
	have, _ := draw(t, small())
	path := filepath.Join("testdata", "small.svg")
	if *update {
		if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != have {
		t.Errorf("%s has changed (%v); run go test -update and look at it", path, err)
	}
	if again, _ := draw(t, small()); again != have {
		t.Error("the same figure has other bytes")
	}
}

func TestFigureIsAnAccessibleImage(t *testing.T) {
	_, all := draw(t, small())
	root := all[len(all)-1]
	if root.name != "svg" || root.attrs["role"] != "img" || root.attrs["viewBox"] == "" || root.attrs["aria-labelledby"] != "fits-title fits-desc" {
		t.Errorf("root %v", root)
	}
	if all[0].name != "title" || all[0].text != "Fits" || all[1].name != "desc" || !strings.Contains(all[1].text, "srtm, logan-ref") {
		t.Errorf("it starts with %v", all[:2])
	}
}

func TestHostileTextsAreText(t *testing.T) {
	for _, name := range []string{
		"", " ", `</text><script>alert(1)</script>`, `" onload="x`, "]]>", "<!--", "&#0;", "a\x00b\x1b[2J\u202ec\ufffe", "\xff\xfe",
		strings.Repeat("長い名", 200), strings.Repeat("x", 1<<16), "e\u0301", "🧠",
	} {
		r := small()
		r.Name = name
		for i := range r.Models {
			r.Models[i].Name, r.Models[i].Summary, r.Models[i].Warnings = fmt.Sprint(i, name), name, []string{name, name}
		}
		r.Models[1].Line.XLabel, r.Models[1].Line.YLabel = name, name
		var b bytes.Buffer
		if err := svg.Write(&b, svg.Figure{Title: name, Unit: name, Regions: []svg.Region{r}}); err != nil {
			t.Fatal(err)
		}
		for _, e := range decode(t, b.String()) {
			if e.name == "script" || e.attrs["onload"] != "" {
				t.Errorf("%.20q became %v", name, e)
			}
			if e.name == "text" && len([]rune(e.text)) > 120 {
				t.Errorf("%.20q: a text of %d letters", name, len([]rune(e.text)))
			}
		}
	}
}

func TestLongNamesKeepBothEndsAndStandWholeInTheTitle(t *testing.T) {
	r := small()
	r.Name = "left " + strings.Repeat("very ", 30) + "long gyrus"
	_, all := draw(t, r)
	if count(all, "text", "font-weight", "bold") != 2 {
		t.Fatal("no heading")
	}
	whole, short := false, false
	for _, e := range all {
		whole = whole || e.name == "title" && e.text == r.Name
		short = short || e.name == "text" && strings.HasPrefix(e.text, "left very") && strings.HasSuffix(e.text, "long gyrus") && strings.Contains(e.text, "…")
	}
	if !whole || !short {
		t.Errorf("whole: %t, short: %t", whole, short)
	}
}

// number finds the numbers of paths and places.
var number = regexp.MustCompile(`-?[0-9.]+`)

func TestNothingLiesOutsideThePage(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 1e300, -1e299, 5e-324, 1e-9, 0, -1, 1e15, 1e15 + 1} {
		for what, set := range map[string]func(r *svg.Region){
			"measured":  func(r *svg.Region) { r.Measured[1] = v },
			"all":       func(r *svg.Region) { r.Measured = []float64{v, v, v, v} },
			"reference": func(r *svg.Region) { r.Reference[0] = v },
			"fitted":    func(r *svg.Region) { r.Models[0].Fitted[3] = v },
			"residuals": func(r *svg.Region) { r.Models[0].Residuals = []float64{v, v, v, v} },
			"unused x":  func(r *svg.Region) { r.Models[1].Line.X[0] = v },
			"used x":    func(r *svg.Region) { r.Models[1].Line.X[3] = v },
			"used y":    func(r *svg.Region) { r.Models[1].Line.Y[2] = v },
			"slope":     func(r *svg.Region) { r.Models[1].Line.Slope = v },
			"intercept": func(r *svg.Region) { r.Models[1].Line.Intercept = v },
			"t*":        func(r *svg.Region) { r.Models[1].Line.TStarMin = v },
		} {
			r := small()
			set(&r)
			file, all := draw(t, r)
			if strings.Contains(file, "NaN") || strings.Contains(file, "Inf") {
				t.Errorf("%s %g: what is no number is written", what, v)
			}
			if far := farthest(t, all); far > 1000 {
				t.Errorf("%s %g: something lies at %g", what, v, far)
			}
		}
	}
}

// farthest returns the largest coordinate.
func farthest(t *testing.T, all []element) (far float64) {
	for _, e := range all {
		for _, s := range number.FindAllString(e.attrs["d"]+" "+e.attrs["x"]+" "+e.attrs["y"], -1) {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			far = max(far, math.Abs(v))
		}
	}
	return far
}

func TestAllWarningsAreWrittenWithinThePage(t *testing.T) {
	codes := strings.Fields("RESIDUALS MODEL_AGREE NOT_IDENTIFIABLE NOISE_BIAS FIT_BOUND SE NOISE TSTAR MODEL_FAILED")
	r := small()
	r.Models[1].Line = nil
	r.Models[0].Summary = "BPND 1.52 ± 0.04  R1 1.10 ± 0.01  k2 0.072 ± 0.003 /min  AIC 41.2"
	r.Models[0].Warnings = codes
	_, all := draw(t, r)
	joined := ""
	for _, e := range all {
		if n := len([]rune(e.text)); e.attrs["fill"] == "#a63603" && n > 70 {
			t.Errorf("a line of %d letters", n)
		}
		if e.attrs["fill"] == "#a63603" {
			joined += strings.TrimPrefix(e.text, "▲") + " "
		}
	}
	if have := strings.Join(strings.Fields(joined), " "); !strings.Contains(have, strings.Join(codes, ", ")) {
		t.Errorf("warnings %q", have)
	}
}

func TestNoNumberOfASummaryIsCut(t *testing.T) {
	r := small()
	r.Models[1].Line = nil
	r.Models[0].Name = strings.Repeat("a long name ", 10)
	r.Models[0].Summary = strings.TrimSpace(strings.Repeat("BP 1.52 ± 0.04 ", 5))
	_, all := draw(t, r)
	lines := 0
	for _, e := range all {
		if e.name == "text" && strings.Contains(e.text, "0.04") {
			lines += strings.Count(e.text, "0.04")
		}
	}
	if lines != 5 {
		t.Errorf("%d of 5 numbers are whole", lines)
	}
}

func TestGapsAreGaps(t *testing.T) {
	_, all := draw(t, small())
	for _, e := range all {
		if e.name == "path" && e.attrs["stroke"] == "#0072b2" && e.attrs["stroke-width"] == "1.5" && strings.Contains(e.attrs["d"], "h0") {
			if strings.Count(e.attrs["d"], "M") != 2 || strings.Count(e.attrs["d"], "L") != 1 {
				t.Errorf("curve around a gap: %s", e.attrs["d"])
			}
			return
		}
	}
	t.Error("no curve")
}

func TestLinearPlot(t *testing.T) {
	file, all := draw(t, small())
	for _, c := range []struct{ what, fill string }{{"used", "#d55e00"}, {"hollow", "#ffffff"}} {
		found := 0
		for _, e := range all {
			if e.attrs["stroke"] == "#d55e00" && e.attrs["fill"] == c.fill {
				found += strings.Count(e.attrs["d"], "z")
			}
		}
		if found != 2 {
			t.Errorf("%d points are %s, want 2", found, c.what)
		}
	}
	if !strings.Contains(file, ">t* 30 min<") {
		t.Error("t* is not marked")
	}
	r := small()
	r.Models[1].Line.X[0] = 1e6
	if file, _ := draw(t, r); !strings.Contains(file, ">1 beyond the axes<") {
		t.Error("a point far off goes unsaid")
	}
	r.Models[1].Line.Used[0], r.Models[1].Line.Used[1] = true, true
	file, all = draw(t, r)
	for _, e := range all {
		if e.attrs["stroke-dasharray"] == "1.5 2" {
			t.Errorf("t* is marked at a point beyond the axes: %v", e.attrs)
		}
	}
	if !strings.Contains(file, ">t* 30 min<") || !strings.Contains(file, ">1 beyond the axes<") {
		t.Error("t* beyond the axes goes unsaid")
	}
}

func TestPartsThatAreMissing(t *testing.T) {
	bare := small()
	bare.Reference, bare.Models = nil, nil
	for _, c := range []struct {
		name    string
		regions []svg.Region
		text    string
	}{
		{"no regions", nil, "measured, with frame length"},
		{"no frames", []svg.Region{{Name: "Nil"}}, "no data"},
		{"no models in a row", []svg.Region{bare, small()}, "no residuals"},
		{"a line without points", []svg.Region{{Models: []svg.Model{{Line: &svg.Line{}}}}}, "no points"},
	} {
		file, _ := draw(t, c.regions...)
		if !strings.Contains(file, ">"+c.text+"<") {
			t.Errorf("%s: no %q", c.name, c.text)
		}
	}
	file, _ := draw(t, bare)
	if strings.Contains(file, ">reference<") {
		t.Error("the legend has a reference that there is not")
	}
	if strings.Contains(file, "residual") {
		t.Error("residuals are drawn though there is no model")
	}
}

func TestWhatDoesNotFitTogetherIsRefused(t *testing.T) {
	for _, c := range []struct {
		want string
		set  func(r *svg.Region)
	}{
		{"frame ends: 3 values for 4 frames", func(r *svg.Region) { r.EndMin = r.EndMin[:3] }},
		{"measured: 0 values", func(r *svg.Region) { r.Measured = nil }},
		{"reference: 1 values", func(r *svg.Region) { r.Reference = []float64{1} }},
		{"frame 2 lasts from 10 to 9 min", func(r *svg.Region) { r.EndMin[1] = 9 }},
		{"frame 4 lasts", func(r *svg.Region) { r.StartMin[3] = math.NaN() }},
		{`model "srtm": fitted: 5 values`, func(r *svg.Region) { r.Models[0].Fitted = make([]float64, 5) }},
		{`model "srtm": residuals: 0 values`, func(r *svg.Region) { r.Models[0].Residuals = nil }},
		{`model "logan-ref": line: 4 x, 4 y and 1 used`, func(r *svg.Region) { r.Models[1].Line.Used = []bool{true} }},
		{`model "srtm" occurs twice`, func(r *svg.Region) { r.Models[1].Name = "srtm" }},
	} {
		r := small()
		r.Name = "Caudate"
		c.set(&r)
		var b bytes.Buffer
		err := svg.Write(&b, svg.Figure{Regions: []svg.Region{small(), r}})
		if !errors.Is(err, svg.ErrFigure) || !errors.Is(err, ingest.ErrRejected) || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", c.want, err, b.Len())
			continue
		}
		if !strings.Contains(err.Error(), `region 2, "Caudate": `+c.want) {
			t.Errorf("error %q lacks %q", err, c.want)
		}
	}
}

func TestTwoHundredRegions(t *testing.T) {
	var all []svg.Region
	for i := range 200 {
		all = append(all, aRegion(fmt.Sprint("Region ", i+1), float64(i)/50, i%2 == 0))
	}
	_, elements := draw(t, all...)
	if n := count(elements, "text", "font-size", "12"); n != 200 {
		t.Errorf("%d rows", n)
	}
}

func TestModelsLookAlikeInAllRows(t *testing.T) {
	a, b := small(), small()
	b.Models[0], b.Models[1] = b.Models[1], b.Models[0]
	_, all := draw(t, a, b)
	swatches := map[string][]string{}
	for i, e := range all {
		if e.name == "text" && (e.text == "srtm" || e.text == "logan-ref") {
			swatches[e.text] = append(swatches[e.text], all[i-2].attrs["stroke"]+" "+all[i-2].attrs["stroke-dasharray"])
		}
	}
	s, l := swatches["srtm"], swatches["logan-ref"]
	if len(s) != 2 || len(l) != 2 || s[0] != s[1] || l[0] != l[1] || s[0] == l[0] {
		t.Errorf("%v", swatches)
	}
}

// A broken is a writer that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriterErrorsAreReturned(t *testing.T) {
	if err := svg.Write(broken{}, svg.Figure{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}

func TestRealCurves(t *testing.T) {
	body, err := os.ReadFile("../../../shared/data/ds001420/sub-02_ses-baseline_tacs.tsv")
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	names := strings.Split(lines[0], "\t")
	regions := make([]svg.Region, len(names)-2)
	for _, line := range lines[1:] {
		var row []float64
		for _, cell := range strings.Split(line, "\t") {
			v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, v)
		}
		for i := range regions {
			r := &regions[i]
			r.Name = names[i+2]
			r.StartMin, r.EndMin = append(r.StartMin, row[0]/60), append(r.EndMin, row[1]/60)
			r.Measured = append(r.Measured, row[i+2]/1000)
		}
	}
	_, all := draw(t, regions...)
	if n := count(all, "text", "font-size", "12"); n != len(regions) || n < 5 {
		t.Errorf("%d rows for %d regions", n, len(regions))
	}
}
