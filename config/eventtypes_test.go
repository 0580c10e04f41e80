package config_test

import (
	"go/ast"
	"go/types"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"tacstream/publish"
)

// Every type of event that the contract names is made by the program: something
// outside publish calls a constructor of its data and, where one constructor
// makes events of several types, names a value that only this type has.
func TestEveryTypeOfEventIsMade(t *testing.T) {
	p := loadProgram(t)
	made := eventConstructors(t, p)
	constants := constantsInUse(p, made)
	for _, kind := range publish.Kinds() {
		data := reflect.TypeOf(kind.New()).Elem()
		if !made.data[data.Name()] {
			t.Errorf("%s: nothing outside publish calls a constructor of %s", kind.Type, data.Name())
			continue
		}
		for field, values := range kind.Only {
			typ := typeOfField(data, field)
			if typ == nil {
				t.Errorf("%s: %s has no field %s", kind.Type, data.Name(), field)
				continue
			}
			found := false
			for _, v := range values {
				found = found || constants[constantKey{typ.PkgPath() + "." + typ.Name(), v}]
			}
			if !found {
				t.Errorf("%s: nothing outside publish gives it %s %s", kind.Type, field, strings.Join(values, " or "))
			}
		}
	}
}

// Every stage of which the contract says that its progress is told is told.
func TestEveryStageTellsItsProgress(t *testing.T) {
	p := loadProgram(t)
	field, ok := reflect.TypeFor[publish.Progress]().FieldByName("Stage")
	if !ok {
		t.Fatal("progress has no stage")
	}
	told := map[constantKey]bool{}
	for u, obj := range p.uses() {
		if key, ok := keyOf(obj); ok && inProgress(u.within) {
			told[key] = true
		}
	}
	for stage := range strings.SplitSeq(field.Tag.Get("enum"), ",") {
		if !told[constantKey{field.Type.PkgPath() + "." + field.Type.Name(), stage}] {
			t.Errorf("nothing tells the progress of %s", stage)
		}
	}
}

// constructors are the constructors of events that are called outside publish, and
// the data that they make.
type constructors struct {
	functions map[string]bool
	data      map[string]bool
}

// eventConstructors returns the functions of publish that return an Event and are
// called by other packages, with the types of data that each names.
func eventConstructors(t *testing.T, p program) constructors {
	t.Helper()
	home := p.of(t, "publish")
	called := map[types.Object]bool{}
	for u, obj := range p.uses() {
		if u.path != home.path {
			called[obj] = true
		}
	}
	m := constructors{map[string]bool{}, map[string]bool{}}
	for _, f := range home.files {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !called[home.info.Defs[fn.Name]] || !returnsEvent(home.info.Defs[fn.Name]) {
				continue
			}
			m.functions[fn.Name.Name] = true
			ast.Inspect(fn, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					if name, ok := home.info.Uses[id].(*types.TypeName); ok {
						m.data[name.Name()] = true
					}
				}
				return true
			})
		}
	}
	if len(m.functions) < 5 {
		t.Fatalf("only %d constructors of events are called", len(m.functions))
	}
	return m
}

// returnsEvent reports whether a function's first result is a publish.Event.
func returnsEvent(fn types.Object) bool {
	results := fn.Type().(*types.Signature).Results()
	if results.Len() == 0 {
		return false
	}
	named, ok := results.At(0).Type().(*types.Named)
	return ok && named.Obj().Name() == "Event"
}

// A constantKey is a type with its package's path, and a value of it.
type constantKey struct{ typ, value string }

// keyOf returns the type and the value of a constant; ok is false for anything
// but the constant of a text.
func keyOf(obj types.Object) (key constantKey, ok bool) {
	c, isConst := obj.(*types.Const)
	if !isConst {
		return key, false
	}
	value, err := strconv.Unquote(c.Val().ExactString())
	return constantKey{c.Type().String(), value}, err == nil
}

// constantsInUse returns the constants that are used outside publish, or by its
// constructors. What says how far a series is makes no other event.
func constantsInUse(p program, made constructors) map[constantKey]bool {
	all := map[constantKey]bool{}
	for u, obj := range p.uses() {
		if u.path == "publish" && !made.functions[u.function()] || inProgress(u.within) {
			continue
		}
		if key, ok := keyOf(obj); ok {
			all[key] = true
		}
	}
	return all
}

// inProgress reports whether the innermost literal is one of a Progress.
func inProgress(within []ast.Node) bool {
	for i := len(within) - 1; i >= 0; i-- {
		if lit, ok := within[i].(*ast.CompositeLit); ok {
			sel, ok := lit.Type.(*ast.SelectorExpr)
			return ok && sel.Sel.Name == "Progress"
		}
	}
	return false
}

// typeOfField returns the type of the field with that name in JSON.
func typeOfField(data reflect.Type, name string) reflect.Type {
	for _, f := range reflect.VisibleFields(data) {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return f.Type
		}
	}
	return nil
}
