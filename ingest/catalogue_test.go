package ingest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tacstream/ingest"
)

// codes returns the constants of type Code in this package.
func codes(t *testing.T) []ingest.Code {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []ingest.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, ingest.Code(text))
		}
		return true
	})
	return list
}

// A new code is a constant and a row.
func TestEveryCodeIsInTheCatalogueOnce(t *testing.T) {
	var listed []ingest.Code
	for _, e := range ingest.Catalogue() {
		listed = append(listed, e.Code)
	}
	declared := codes(t)
	if len(declared) < 60 {
		t.Fatalf("only %d codes are found", len(declared))
	}
	slices.Sort(listed)
	slices.Sort(declared)
	if !slices.Equal(listed, declared) {
		t.Errorf("the catalogue has\n%v,\ndeclared are\n%v", listed, declared)
	}
	if unique := slices.Compact(declared); len(unique) != len(listed) {
		t.Error("two constants are one code")
	}
}

func TestTheCatalogueSpeaksInSentences(t *testing.T) {
	sentence := func(s string) bool {
		return s != "" && strings.HasSuffix(s, ".") && strings.ToUpper(s[:1]) == s[:1]
	}
	levels := map[ingest.Level]bool{ingest.LevelNotice: true, ingest.LevelWarn: true, ingest.LevelDoubt: true, ingest.LevelFault: true}
	for _, e := range ingest.Catalogue() {
		if !levels[e.Level] {
			t.Errorf("%s has the level %q", e.Code, e.Level)
		}
		if !sentence(e.Means) {
			t.Errorf("%s means %q", e.Code, e.Means)
		}
		if e.Do == "" && e.Level == ingest.LevelNotice {
			continue
		}
		if !sentence(e.Do) {
			t.Errorf("%s: do %q", e.Code, e.Do)
		}
	}
}

func TestLevelsSuitReasonsAndWarnings(t *testing.T) {
	for _, e := range ingest.Warnings() {
		if e.Level == ingest.LevelFault {
			t.Errorf("%s is a warning and a fault", e.Code)
		}
	}
	shared := len(ingest.Reasons()) + len(ingest.Warnings()) - len(ingest.Catalogue())
	for _, e := range ingest.Reasons()[:len(ingest.Reasons())-shared] {
		if e.Level == ingest.LevelDoubt {
			t.Errorf("%s is no warning and a doubt", e.Code)
		}
	}
}

func TestAnUnknownCodeHasNoEntry(t *testing.T) {
	if e, ok := ingest.EntryOf("OF_A_LATER_RELEASE"); ok || e != (ingest.Entry{}) || ingest.Code("OF_A_LATER_RELEASE").Do() != "" {
		t.Errorf("%+v, %v", e, ok)
	}
	if ingest.CodeTruncated.Do() == "" {
		t.Error("nothing to do about a truncated object")
	}
}
