package fact

// JSONSchema describes the kind as a JSON Schema (draft 2020-12) object, from its fields alone.
func (k *Kind) JSONSchema() map[string]any {
	properties := map[string]any{}
	var required []string
	for i := range k.Fields {
		f := &k.Fields[i]
		properties[f.Name] = f.schema(k.FieldDoc(f.Name))
		if !f.Optional {
			required = append(required, f.Name)
		}
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  "lastmile:" + k.Name,
		"title":                k.En,
		"description":          k.Doc(),
		"type":                 "object",
		"properties":           properties,
		"required":             required,
		"additionalProperties": false,
	}
}

func (f *Field) schema(doc string) map[string]any {
	s := map[string]any{"title": f.En}
	if doc != "" {
		s["description"] = doc
	} else if f.Hint != "" {
		s["description"] = f.Hint
	}
	switch f.Type {
	case Integer:
		s["type"] = "integer"
		if f.HasMin {
			s["minimum"] = f.Min
		}
		if f.HasMax {
			s["maximum"] = f.Max
		}
	case Amount:
		s["type"] = "string"
		s["pattern"] = `^-?[0-9]+(\.[0-9]{1,2})?$`
	case Day:
		s["type"] = "string"
		s["format"] = "date"
	case Flag:
		s["type"] = "boolean"
	case List:
		s["type"] = "array"
		s["items"] = map[string]any{"type": "string", "maxLength": f.LengthMax}
	default:
		s["type"] = "string"
		s["maxLength"] = f.LengthMax
		if f.Pattern != nil {
			s["pattern"] = f.Pattern.String()
		}
	}
	if len(f.Choices) > 0 {
		values := make([]string, len(f.Choices))
		for i, c := range f.Choices {
			values[i] = c.Value
		}
		s["enum"] = values
	}
	if f.Unit != "" {
		s["x-unit"] = f.Unit
	}
	if f.Ref != "" {
		s["x-ref"] = f.Ref
	}
	if f.Private {
		s["x-private"] = true
	}
	return s
}
