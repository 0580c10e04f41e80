package config_test

import (
	"go/ast"
	"go/types"
	"testing"
)

// Whoever wraps ErrRejected by hand makes a rejection without a code, which
// the public reads as INTERNAL. Reject and NewSentinel ask for one.
func TestEveryRejectionHasACode(t *testing.T) {
	p := loadProgram(t)
	rejected := p.of(t, "ingest").types.Scope().Lookup("ErrRejected")
	if rejected == nil {
		t.Fatal("ingest has no ErrRejected")
	}
	asked, made := 0, 0
	for u, obj := range p.uses() {
		switch {
		case obj != rejected:
		case isAsked(u):
			asked++
		case u.path == "ingest" && u.function() == "Unwrap":
			made++
		default:
			t.Errorf("%s makes a rejection of ErrRejected: make it with ingest.Reject or ingest.NewSentinel, which give it a code", p.at(u.source, u.id.Pos()))
		}
	}
	if asked < 3 || made != 1 {
		t.Errorf("%d files ask whether an error is rejected and %d place makes one so; want several and one", asked, made)
	}
}

// A reason that says something has a code.
func TestEveryReasonHasACode(t *testing.T) {
	p := loadProgram(t)
	reason := p.of(t, "ingest").types.Scope().Lookup("Reason").Type()
	n := 0
	for _, s := range p.sources {
		for _, f := range s.files {
			ast.Inspect(f, func(node ast.Node) bool {
				if lit, ok := node.(*ast.CompositeLit); ok && types.Identical(s.info.TypeOf(lit), reason) && len(lit.Elts) > 0 {
					n++
					if !givesCode(lit) {
						t.Errorf("%s says a reason without a code", p.at(s, lit.Pos()))
					}
				}
				return true
			})
		}
	}
	if n < 20 {
		t.Errorf("only %d reasons were found", n)
	}
}

// givesCode reports whether a literal of a Reason gives it a code.
func givesCode(lit *ast.CompositeLit) bool {
	for _, e := range lit.Elts {
		pair, isPair := e.(*ast.KeyValueExpr)
		if !isPair {
			return true // all fields, in order
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Code" {
			return true
		}
	}
	return false
}

// isAsked reports whether a use is an argument of errors.Is.
func isAsked(u use) bool {
	for _, n := range u.within {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 2 {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Is" && call.Args[1].Pos() <= u.id.Pos() && u.id.End() <= call.Args[1].End() {
				return true
			}
		}
	}
	return false
}
