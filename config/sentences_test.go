package config_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tacstream/ingest"
)

// A spoken is a place in the program that makes a warning or a rejection.
type spoken struct {
	at      token.Position
	warning bool
	code    string // name of the constant, "" where it is none
	level   string // likewise
	text    string // the sentence or its format, with X for what is put in by +
}

// utterances are the functions that make warnings and rejections, with the places
// of the code, the level and the text among their arguments; −1 where there is
// none.
var utterances = map[string][3]int{"ingest.Warn": {0, 1, 4}, "b.warn": {-1, 0, 3}, "ingest.Reject": {0, -1, 1}}

func TestWarningsAreWholeSentences(t *testing.T) {
	n := 0
	for _, s := range allSpoken(t) {
		if !s.warning || s.text == "%s" { // a sentence that was made elsewhere
			continue
		}
		n++
		if first, _ := utf8.DecodeRuneInString(s.text); !unicode.IsUpper(first) && !unicode.IsDigit(first) && !strings.HasPrefix(s.text, "%d ") && !strings.HasPrefix(s.text, "%q ") {
			t.Errorf("%s: %q does not begin as a sentence does", s.at, s.text)
		}
		if !strings.HasSuffix(s.text, ".") {
			t.Errorf("%s: %q does not end in a full stop", s.at, s.text)
		}
	}
	if n < 80 {
		t.Errorf("only %d warnings are found", n)
	}
}

// What is said is in the catalogue, as what it is said to be, and no graver.
func TestWarningsAndReasonsAreThoseOfTheCatalogue(t *testing.T) {
	values := codeValues(t)
	ranks := map[string]int{"": 0, "LevelNotice": 0, "LevelWarn": 1, "LevelDoubt": 2}
	rankOf := map[ingest.Level]int{ingest.LevelNotice: 0, ingest.LevelWarn: 1, ingest.LevelDoubt: 2}
	for _, s := range allSpoken(t) {
		if s.code == "" {
			continue
		}
		list := ingest.Reasons()
		if s.warning {
			list = ingest.Warnings()
		}
		i := slices.IndexFunc(list, func(e ingest.Entry) bool { return e.Code == values[s.code] })
		if i < 0 {
			t.Errorf("%s: %s has no row for what it is used as", s.at, s.code)
		} else if s.warning && ranks[s.level] > rankOf[list[i].Level] {
			t.Errorf("%s: %s is graver than its row, %s", s.at, s.code, list[i].Level)
		}
	}
}

// Every code stands somewhere else than in its row.
func TestEveryCodeIsUsed(t *testing.T) {
	used := map[string]bool{}
	eachSource(t, func(dir string, file *ast.File, fset *token.FileSet) {
		if name := path.Base(fset.Position(file.Pos()).Filename); dir == "ingest" && (name == "reason.go" || name == "catalogue.go") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	})
	for name, code := range codeValues(t) {
		if !used[name] {
			t.Errorf("nothing raises %s", code)
		}
	}
}

// allSpoken returns what the program says. A warning that is made otherwise than
// by ingest.Warn is an error.
func allSpoken(t *testing.T) []spoken {
	var all []spoken
	eachSource(t, func(dir string, file *ast.File, fset *token.FileSet) {
		within := ""
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				within = n.Name.Name
			case *ast.CallExpr:
				if args, ok := utterances[inFull(dir, n.Fun)]; ok && within != "warn" {
					s := spoken{at: fset.Position(n.Pos()), warning: nameOf(n.Fun) != "Reject", text: textOf(n.Args[args[2]])}
					s.code, s.level = constantAt(n.Args, args[0]), constantAt(n.Args, args[1])
					all = append(all, s)
				}
			case *ast.CompositeLit:
				of := n.Type
				if list, ok := of.(*ast.ArrayType); ok && len(n.Elts) > 0 && bare(n.Elts[0]) {
					of = list.Elt
				}
				switch name := inFull(dir, of); {
				case name == "fit.rule" && len(n.Elts) == 6:
					all = append(all, spoken{fset.Position(n.Pos()), true, constantName(n.Elts[1]), constantName(n.Elts[2]), textOf(n.Elts[5])})
				case name == "ingest.Reason":
					all = append(all, spoken{at: fset.Position(n.Pos()), code: constantName(valueOf(n, "Code"))})
				case name == "ingest.Warning":
					if len(n.Elts) > 0 && within != "Warn" && (dir != "fit" || within != "warning") {
						t.Errorf("%s: a warning is made otherwise than by ingest.Warn", fset.Position(n.Pos()))
					}
				}
			}
			return true
		})
	})
	return all
}

// eachSource parses every file that is no test.
func eachSource(t *testing.T, visit func(dir string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	eachGoFile(t, func(dir, file string, _ []string) {
		parsed, err := parser.ParseFile(fset, filepath.Join("..", file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		visit(dir, parsed, fset)
	})
}

// codeValues returns the codes by the names of their constants.
func codeValues(t *testing.T) map[string]ingest.Code {
	t.Helper()
	values := map[string]ingest.Code{}
	eachSource(t, func(dir string, file *ast.File, _ *token.FileSet) {
		if dir != "ingest" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && spec.Type != nil && nameOf(spec.Type) == "Code" {
				values[spec.Names[0].Name] = ingest.Code(textOf(spec.Values[0]))
			}
			return true
		})
	})
	if len(values) < 60 {
		t.Fatalf("only %d codes are found", len(values))
	}
	return values
}

// bare reports whether an element of a list is a literal that leaves its type
// out.
func bare(e ast.Expr) bool {
	lit, ok := e.(*ast.CompositeLit)
	return ok && lit.Type == nil
}

// valueOf returns what a literal gives to a field, nil where it gives nothing.
func valueOf(lit *ast.CompositeLit, field string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && nameOf(kv.Key) == field {
			return kv.Value
		}
	}
	return nil
}

// nameOf returns the name of a type, a function or a method.
func nameOf(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// inFull returns the name of a type or a function with its package, or its
// receiver.
func inFull(dir string, e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return nameOf(s.X) + "." + s.Sel.Name
	}
	return path.Base(dir) + "." + nameOf(e)
}

// constantName returns the name of a constant of a code or a level, "" for a
// variable.
func constantName(e ast.Expr) string {
	for _, prefix := range []string{"Code", "Warn", "Level"} {
		if name := nameOf(e); strings.HasPrefix(name, prefix) && name != prefix {
			return name
		}
	}
	return ""
}

func constantAt(args []ast.Expr, at int) string {
	if at < 0 {
		return ""
	}
	return constantName(args[at])
}

// textOf returns a text as far as it is written down, with X for the rest.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return s
		}
	case *ast.BinaryExpr:
		return textOf(e.X) + textOf(e.Y)
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return textOf(e.Args[0])
		}
	}
	return "X"
}
