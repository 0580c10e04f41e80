package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Write writes the configuration as a commented YAML file that Load reads back
// to the same.
func (c Config) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# tacstream's configuration. A setting that is left out has its default.\n")
	writeFields(&b, reflect.ValueOf(c), "")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeFields writes one struct, each field under its comment.
func writeFields(b *strings.Builder, v reflect.Value, indent string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, opts, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if opts == "omitempty" && v.Field(i).IsZero() {
			continue
		}
		if indent == "" {
			b.WriteString("\n")
		}
		for _, line := range wrap(field.Tag.Get("doc"), 96-len(indent)) {
			fmt.Fprintf(b, "%s# %s\n", indent, line)
		}
		writeValue(b, v.Field(i), indent, name)
	}
}

func writeValue(b *strings.Builder, v reflect.Value, indent, name string) {
	switch {
	case v.Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		writeFields(b, v, indent+"  ")
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		for i := range v.Len() {
			var item strings.Builder
			writeItem(&item, v.Index(i), indent+"    ", i == 0)
			b.WriteString(item.String())
		}
	default:
		body, err := yaml.MarshalWithOptions(v.Interface(), yaml.Flow(true))
		if err != nil {
			panic(err) // plain values only
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, strings.TrimSpace(string(body)))
	}
}

// writeItem writes one struct of a list, with the dash on its own line so that
// comments keep their place; only the first item is commented.
func writeItem(b *strings.Builder, v reflect.Value, indent string, commented bool) {
	fmt.Fprintf(b, "%s-\n", indent[2:])
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, opts, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if opts == "omitempty" && v.Field(i).IsZero() {
			continue
		}
		if commented {
			for _, line := range wrap(field.Tag.Get("doc"), 96-len(indent)) {
				fmt.Fprintf(b, "%s# %s\n", indent, line)
			}
		}
		writeValue(b, v.Field(i), indent, name)
	}
}

// wrap breaks text into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
