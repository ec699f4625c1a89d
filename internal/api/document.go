package api

import (
	"encoding"
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/fact"
)

// Document is the OpenAPI 3.1 document of the API, made from the operations, the Go types that they send and receive, and the kinds of fact.
func Document() map[string]any {
	d := &document{schemas: map[string]any{}}
	paths := map[string]any{}
	for _, o := range operations {
		item, ok := paths[Path+o.path].(map[string]any)
		if !ok {
			item = map[string]any{}
			paths[Path+o.path] = item
		}
		item[strings.ToLower(o.method)] = d.operation(o)
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Last Mile", "version": "1",
			"description": "Facts in, figures out: everything that the pages can do, for programs. Codes of problems are stable.",
			"license":     map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":    []any{map[string]any{"url": "/"}},
		"security":   []any{map[string]any{"token": []any{}}},
		"paths":      paths,
		"components": map[string]any{"schemas": d.schemas, "securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer", "description": "A token made on your account page. Scopes: " + strings.Join(access.Scopes, ", ") + "."}}},
	}
}

type document struct{ schemas map[string]any }

func (d *document) operation(o operation) map[string]any {
	op := map[string]any{"operationId": o.id, "tags": []any{o.group}, "summary": o.summary, "description": "Scope: " + o.scope + "."}
	var params []any
	for _, p := range o.params {
		schema := map[string]any{"type": "string"}
		if p.name == "seq" || p.name == "limit" {
			schema["type"] = "integer"
		}
		if p == pathKind {
			schema["enum"] = kindNames()
		}
		params = append(params, map[string]any{"name": p.name, "in": p.in, "description": p.doc, "required": p.required, "schema": schema})
	}
	if params != nil {
		op["parameters"] = params
	}
	content := func(schema any) map[string]any {
		return map[string]any{"application/json": map[string]any{"schema": schema}}
	}
	switch {
	case o.sends != nil:
		file := map[string]any{}
		for _, typ := range o.sends {
			file[typ] = map[string]any{}
		}
		op["requestBody"] = map[string]any{"required": true, "content": file}
	case o.facts:
		op["requestBody"] = map[string]any{"required": true, "content": content(d.facts(o.body))}
	case o.body != nil:
		op["requestBody"] = map[string]any{"required": true, "content": content(d.schema(reflect.TypeOf(o.body)))}
	}
	responses := map[string]any{"default": map[string]any{"description": "Refused; the errors say why and how to put it right.", "content": content(d.schema(reflect.TypeFor[Refused]()))}}
	good := map[string]any{"description": "Done.", "content": content(d.schema(reflect.TypeOf(o.result)))}
	if _, ok := o.result.(served); ok {
		good["content"] = map[string]any{"*/*": map[string]any{}}
	}
	if o.created {
		responses[strconv.Itoa(http.StatusCreated)] = good
		good = map[string]any{"description": "It had been done before, under the same key.", "content": good["content"]}
	}
	responses[strconv.Itoa(http.StatusOK)] = good
	op["responses"] = responses
	return op
}

func kindNames() []any {
	var names []any
	for _, k := range fact.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// facts is the schema of what is sent to record a fact: its envelope, with the fields of any one kind that people record.
func (d *document) facts(body any) map[string]any {
	envelope := d.object(reflect.TypeOf(body))
	var any1 []any
	for _, k := range fact.Kinds() {
		if len(k.By) == 0 {
			continue
		}
		name := "fact." + k.Name
		schema := k.JSONSchema()
		delete(schema, "$schema")
		delete(schema, "$id")
		if schema["required"] == nil || len(schema["required"].([]string)) == 0 {
			delete(schema, "required")
		}
		d.schemas[name] = schema
		any1 = append(any1, map[string]any{"$ref": "#/components/schemas/" + name})
	}
	envelope["properties"].(map[string]any)["fact"] = map[string]any{"anyOf": any1, "description": "The fields of the kind in the path."}
	return envelope
}

// own is the package whose structs go by their bare names.
var own = reflect.TypeFor[document]().PkgPath()

// schema of a Go type. Structs go into the components, under their name.
func (d *document) schema(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{"type": "object"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	case t.Kind() == reflect.Pointer:
		return d.schema(t.Elem()) // one that may be null is left to object
	case t.Kind() == reflect.Struct:
		name := t.Name()
		if t.PkgPath() != own {
			name = path.Base(t.PkgPath()) + "." + name
		}
		if _, ok := d.schemas[name]; !ok {
			d.schemas[name] = nil // a type that holds itself ends here
			d.schemas[name] = d.object(t)
		}
		return map[string]any{"$ref": "#/components/schemas/" + name}
	}
	switch t.Kind() {
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		if t.Implements(reflect.TypeFor[json.Marshaler]()) { // null where there is no number
			return map[string]any{"type": []any{"number", "null"}}
		}
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

func (d *document) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	var required []any
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous { // its fields stand among those of the struct
			inner := d.object(f.Type)
			maps.Copy(properties, inner["properties"].(map[string]any))
			if names, ok := inner["required"].([]any); ok {
				required = append(required, names...)
			}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		s := d.schema(f.Type)
		if f.Type.Kind() == reflect.Pointer && options != "omitempty" {
			s = map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			s["description"] = doc
		}
		properties[name] = s
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	object := map[string]any{"type": "object", "properties": properties}
	if required != nil {
		object["required"] = required
	}
	return object
}
