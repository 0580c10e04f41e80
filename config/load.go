package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxConfigBytes bounds a configuration file.
const maxConfigBytes = 1 << 20

// Load reads a configuration file over the defaults: what the file leaves out
// stays as Default has it, and the protocols that are shipped stay unless the
// file has its own for their tracer or says builtin: false. A wrong file is refused whole, with every fault and
// its line. ${NAME} in a value is taken from the environment.
func Load(file string) (Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return Config{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxConfigBytes))
	if err != nil {
		return Config{}, err
	}
	c, faults := Parse(body, os.LookupEnv)
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = fmt.Errorf("%s: %w", file, f)
	}
	return c, errors.Join(errs...)
}

// Parse reads a configuration and returns everything that is wrong with it,
// in the order of its lines.
func Parse(body []byte, env func(string) (string, bool)) (Config, []Fault) {
	c := Default()
	file, err := parser.ParseBytes(body, 0)
	if err != nil {
		return c, []Fault{{Path: "file", What: yaml.FormatError(err, false, false)}}
	}
	c.Protocols = nil
	r := reader{env: env, lines: map[string]int{}}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			r.value(doc.Body, reflect.ValueOf(&c).Elem(), "")
		}
	}
	if c.Builtin {
		c.Protocols = laidOver(c.Protocols)
	}
	for _, f := range c.Check() {
		if f.Line = r.lines[f.Path]; !r.faulty(f.Path) {
			r.faults = append(r.faults, f)
		}
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return c, r.faults
}

// A reader walks a YAML tree beside the Config that it describes, so that it
// can go on after a fault.
type reader struct {
	env    func(string) (string, bool)
	faults []Fault
	lines  map[string]int
}

func (r *reader) fault(n ast.Node, path, format string, args ...any) {
	r.faults = append(r.faults, Fault{Path: path, What: fmt.Sprintf(format, args...), Line: lineOf(n)})
}

func (r *reader) faulty(path string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Path == path })
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (r *reader) value(n ast.Node, v reflect.Value, path string) {
	r.lines[path] = lineOf(n)
	_, custom := v.Addr().Interface().(interface{ UnmarshalYAML(func(any) error) error })
	switch {
	case n.Type() == ast.NullType:
	case custom:
		r.scalar(n, v, path)
	case v.Kind() == reflect.Struct:
		r.fields(n, v, path)
	case v.Kind() == reflect.Slice:
		r.items(n, v, path)
	default:
		r.scalar(n, v, path)
	}
}

func (r *reader) fields(n ast.Node, v reflect.Value, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		r.fault(n, orTop(path), "must hold settings, such as name: value")
		return
	}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().String()
		at := strings.TrimPrefix(path+"."+key, ".")
		field, ok := fieldNamed(v, key)
		if !ok {
			r.fault(it.Key(), at, "unknown setting; known are %s", strings.Join(fieldNames(v), ", "))
			continue
		}
		r.value(it.Value(), field, at)
	}
}

func (r *reader) items(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fault(n, path, "must be a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		r.value(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(list)
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

func (r *reader) scalar(n ast.Node, v reflect.Value, path string) {
	if err := yaml.NodeToValue(n, v.Addr().Interface()); err != nil {
		r.fault(n, path, "%s", mismatch(v, err))
		return
	}
	if v.Kind() != reflect.String {
		return
	}
	v.SetString(variable.ReplaceAllStringFunc(v.String(), func(s string) string {
		value, ok := r.env(s[2 : len(s)-1])
		if !ok {
			r.fault(n, path, "%s is not set in the environment", s)
		}
		return value
	}))
}

// mismatch says what a value of v's kind looks like, in place of what the decoder
// says of Go types; durations and the like have texts of their own.
func mismatch(v reflect.Value, err error) string {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		if v.Type() != reflect.TypeFor[Duration]() {
			return "must be a whole number"
		}
	case reflect.Float64:
		return "must be a number"
	case reflect.Bool:
		return "must be true or false"
	case reflect.String:
		return "must be text; put it in quotes"
	}
	return plain(err)
}

// plain returns the message of a YAML error without its drawing of the file.
func plain(err error) string {
	var y yaml.Error
	if errors.As(err, &y) {
		return y.GetMessage()
	}
	return err.Error()
}

func orTop(path string) string {
	if path == "" {
		return "file"
	}
	return path
}

func fieldNamed(v reflect.Value, name string) (reflect.Value, bool) {
	i := slices.Index(fieldNames(v), name)
	if i < 0 {
		return reflect.Value{}, false
	}
	return v.Field(i), true
}

func fieldNames(v reflect.Value) []string {
	names := make([]string, v.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
	}
	return names
}
