package fact

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lastmile/internal/date"
	"lastmile/internal/fault"
)

// ListSeparator stands between the texts of a list in one cell of a table.
const ListSeparator = ";"

// Problems collects everything wrong with one fact, so that it can be reported at once.
type Problems struct {
	list fault.List
}

// Add reports a problem with a field, which is named by its JSON name.
func (p *Problems) Add(field, code, text string, args ...any) *fault.Error {
	e := fault.New(fault.Invalid, code, text, args...).For(field)
	p.list = append(p.list, e)
	return e
}

// Err is nil when there is no problem, else the fault.List.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return p.list
}

// ungroup takes separators of thousands out of digits; ok is false where they stand wrong, as in 1,5.
func ungroup(digits string) (plain string, ok bool) {
	if !strings.Contains(digits, ",") {
		return digits, true
	}
	groups := strings.Split(digits, ",")
	for i, g := range groups {
		if i == 0 && (len(g) == 0 || len(g) > 3) || i > 0 && len(g) != 3 {
			return digits, false
		}
	}
	return strings.Join(groups, ""), true
}

// ParseMoney reads a decimal with at most two places, with or without separators of thousands: 46000, 46000.5, 46,000.50.
func ParseMoney(text string) (Money, error) {
	s := strings.TrimSpace(text)
	digits, negative := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	whole, ok := ungroup(whole)
	if !ok {
		return 0, fmt.Errorf("%q is not an amount: separators of thousands stand wrong", text)
	}
	if len(frac) > 2 && strings.Trim(frac[2:], "0") == "" {
		frac = frac[:2]
	}
	if len(frac) > 2 {
		return 0, fmt.Errorf("%q has more than two decimals", text)
	}
	if whole == "" || len(whole) > 15 {
		return 0, fmt.Errorf("%q is not an amount", text)
	}
	n := int64(0)
	for _, c := range []byte(whole + (frac + "00")[:2]) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not an amount", text)
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return Money(n), nil
}

func (m Money) String() string { return string(appendMoney(nil, int64(m))) }

func appendMoney(b []byte, n int64) []byte {
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	return append(b, '.', byte('0'+n/10%10), byte('0'+n%10))
}

// MarshalText writes the decimal form.
func (m Money) MarshalText() ([]byte, error) { return appendMoney(nil, int64(m)), nil }

// UnmarshalText reads what ParseMoney reads.
func (m *Money) UnmarshalText(text []byte) error {
	v, err := ParseMoney(string(text))
	*m = v
	return err
}

// set puts the text of one cell or form field into the fact. Bounds are checked by check.
func (f *Field) set(v reflect.Value, text string, p *Problems) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	switch f.Type {
	case Text:
		v.SetString(text)
		if len(f.Choices) > 0 && !f.choiceIndex[text] {
			for _, c := range f.Choices { // labels are accepted as well as values
				if strings.EqualFold(text, c.En) || text == c.Zh {
					v.SetString(c.Value)
				}
			}
		}
	case Integer:
		digits, negative := strings.CutPrefix(text, "-")
		digits, ok := ungroup(digits)
		n, err := strconv.ParseUint(digits, 10, 63)
		if negative {
			n = -n
		}
		if err != nil || !ok {
			p.Add(f.Name, "field.integer", "%q is not a whole number", text).Mend("Write digits only, such as 12.")
			return
		}
		v.SetInt(int64(n))
	case Amount:
		m, err := ParseMoney(text)
		if err != nil {
			p.Add(f.Name, "field.money", "%q is not an amount with at most two decimals", text).Mend("Write an amount such as 46000.00.")
			return
		}
		v.SetInt(int64(m))
	case Day:
		d, err := date.Parse(text)
		if err != nil {
			p.Add(f.Name, "field.date", "%q is not a date", text).Mend("Write it as 2020-03-14.")
			return
		}
		v.SetString(string(d))
	case Flag:
		switch strings.ToLower(text) {
		case "true", "yes", "y", "1", "是":
			v.SetBool(true)
		case "false", "no", "n", "0", "否":
		default:
			p.Add(f.Name, "field.flag", "%q is neither yes nor no", text).Mend("Write yes or no.")
		}
	case List:
		v.Set(reflect.ValueOf(tidy(strings.Split(text, ListSeparator))))
	}
}

// tidy trims the texts of a list and leaves out empty ones; nil when none is left.
func tidy(list []string) []string {
	var kept []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// NumberMax bounds every number and amount of a fact, so that sums of them stay far from what an integer holds: ten million million yuan.
const NumberMax = 1_000_000_000_000_000

// empty tells whether a field says nothing.
func empty(v reflect.Value) bool { return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 }

// check reports what is wrong with the value of the field itself.
func (f *Field) check(v reflect.Value, p *Problems) {
	for _, e := range p.list { // what could not be read is not also missing
		if e.Field == f.Name {
			return
		}
	}
	if empty(v) {
		if !f.Optional && !(f.Type == Integer && f.HasMin && f.Min <= 0) {
			p.Add(f.Name, "field.required", "%s is missing", f.En).Mend("Fill it in.")
		}
		return
	}
	switch f.Type {
	case Text:
		f.checkText(v.String(), p)
	case List:
		for _, s := range v.Interface().([]string) {
			if strings.Contains(s, ListSeparator) || s == "" {
				p.Add(f.Name, "field.list", "%q cannot stand in a list", s).Mend("Write each text by itself, without %s.", ListSeparator)
			}
			f.checkText(s, p)
		}
	case Day:
		if !date.Date(v.String()).Valid() {
			p.Add(f.Name, "field.date", "%q is not a date", v.String()).Mend("Write it as 2020-03-14.")
		}
	case Integer, Amount:
		n := v.Int()
		show := func(n int64) string {
			if f.Type == Amount {
				return Money(n).String()
			}
			return strconv.FormatInt(n, 10)
		}
		if n > NumberMax || n < -NumberMax {
			p.Add(f.Name, "field.large", "%s is too large a number", f.En).Mend("Correct the number.")
			return
		}
		if f.HasMin && n < f.Min {
			p.Add(f.Name, "field.min", "%s is %s, the least allowed is %s", f.En, show(n), show(f.Min)).Mend("Correct the number; to take something back record a reversal.")
		}
		if f.HasMax && n > f.Max {
			p.Add(f.Name, "field.max", "%s is %s, the most allowed is %s", f.En, show(n), show(f.Max)).Mend("Correct the number.")
		}
	}
}

func (f *Field) checkText(s string, p *Problems) {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		p.Add(f.Name, "field.encoding", "%s holds bytes that are not text", f.En).Mend("Save the file as UTF-8.")
	case strings.TrimSpace(s) != s: // reading trims, and what is read again must be what was recorded
		p.Add(f.Name, "field.space", "%s begins or ends with a space", f.En).Mend("Remove it.")
	case utf8.RuneCountInString(s) > f.LengthMax:
		p.Add(f.Name, "field.length", "%s has %d characters, %d are allowed", f.En, utf8.RuneCountInString(s), f.LengthMax).Mend("Shorten it.")
	case f.Pattern != nil && !f.Pattern.MatchString(s):
		p.Add(f.Name, "field.pattern", "%q does not look like %s", s, f.En).Mend("%s", f.Hint)
	case len(f.Choices) > 0 && !f.choiceIndex[s]:
		values := make([]string, len(f.Choices))
		for i, c := range f.Choices {
			values[i] = c.Value
		}
		p.Add(f.Name, "field.choice", "%q is not one of the choices of %s", s, f.En).Mend("Use one of: %s.", strings.Join(values, ", "))
	}
}

// Check reports all that is wrong with the fields of a fact of this kind.
func (k *Kind) Check(f Fact, p *Problems) {
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		k.Fields[i].check(v.Field(k.Fields[i].index), p)
	}
	if c, ok := f.(Checker); ok && len(p.list) == 0 {
		c.Check(p)
	}
}

// Set puts the text of one field, as typed, into the fact.
func (k *Kind) Set(f Fact, field *Field, text string, p *Problems) {
	field.set(reflect.ValueOf(f).Elem().Field(field.index), text, p)
}

// Get is the text of one field, as it would be typed.
func (k *Kind) Get(f Fact, field *Field) string {
	v := reflect.ValueOf(f).Elem().Field(field.index)
	switch field.Type {
	case Integer:
		if v.IsZero() && field.Optional {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	case Amount:
		if v.IsZero() && field.Optional {
			return ""
		}
		return Money(v.Int()).String()
	case Flag:
		if v.Bool() {
			return "yes"
		}
		return ""
	case List:
		return strings.Join(v.Interface().([]string), ListSeparator)
	}
	return v.String()
}

// Encode gives the canonical JSON of the public fields and of the private ones ("" when there are none): fields in the order of the
// struct, empty ones left out, money as decimal text.
func (k *Kind) Encode(f Fact) (public, private string) {
	v := reflect.ValueOf(f).Elem()
	b := make([]byte, 0, 256)
	b = k.appendFields(b, v, false)
	public = string(b)
	if k.Private() {
		if b = k.appendFields(b[:0], v, true); len(b) > 2 {
			private = string(b)
		}
	}
	return public, private
}

func (k *Kind) appendFields(b []byte, v reflect.Value, private bool) []byte {
	b = append(b, '{')
	for i := range k.Fields {
		f := &k.Fields[i]
		fv := v.Field(f.index)
		if f.Private != private || empty(fv) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.Name...)
		b = append(b, '"', ':')
		switch f.Type {
		case Integer:
			b = strconv.AppendInt(b, fv.Int(), 10)
		case Amount:
			b = append(b, '"')
			b = appendMoney(b, fv.Int())
			b = append(b, '"')
		case Flag:
			b = append(b, "true"...)
		case List:
			b = append(b, '[')
			for j, s := range fv.Interface().([]string) {
				if j > 0 {
					b = append(b, ',')
				}
				b = appendString(b, s)
			}
			b = append(b, ']')
		default:
			b = appendString(b, fv.String())
		}
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string in the one form that is hashed: only ", \ and control characters are escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < 0x20 || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// Decode makes a fact from JSON objects of public and private fields. Unknown fields and wrong types are problems.
func (k *Kind) Decode(public, private string, p *Problems) Fact {
	f := k.New()
	for _, body := range []string{public, private} {
		if body != "" {
			k.decodeInto(f, []byte(body), p)
		}
	}
	return f
}

func (k *Kind) decodeInto(f Fact, body []byte, p *Problems) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		p.Add("", "json.object", "the body is not a JSON object").Wrap(err).Mend(`Send {"field": value, …}.`)
		return
	}
	v := reflect.ValueOf(f).Elem()
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field := k.Field(name)
		if field == nil {
			p.Add(name, "field.unknown", "%s has no field %q", k.Name, name).Mend("See the fields with: lastmile kinds %s", k.Name)
			continue
		}
		field.setJSON(v.Field(field.index), object[name], p)
	}
}

// setJSON puts a JSON value into the field: text, a number or truth as it would be typed, a list of texts, or null for nothing.
func (f *Field) setJSON(v reflect.Value, raw json.RawMessage, p *Problems) {
	var text string
	var list []string
	var err error
	switch raw[0] {
	case 'n': // null
		return
	case '"':
		err = json.Unmarshal(raw, &text)
	case '[':
		if f.Type == List {
			if err = json.Unmarshal(raw, &list); err == nil {
				v.Set(reflect.ValueOf(tidy(list)))
				return
			}
		} else {
			err = errors.New("a list")
		}
	case '{':
		err = errors.New("an object")
	case 't', 'f':
		if text = string(raw); f.Type != Flag {
			err = errors.New("a truth value")
		}
	default:
		if text = string(raw); f.Type == Flag || f.Type == Day || f.Type == List {
			err = errors.New("a number")
		}
	}
	if err != nil {
		p.Add(f.Name, "json.type", "%s cannot be read from %.40s", f.En, raw).Wrap(err).Mend("Send a value of type %s.", f.Type)
		return
	}
	f.set(v, text, p)
}

// DecodeBody makes the fact of an entry, whose body was canonical when it was recorded.
func DecodeBody(kind, public, private string) (Fact, error) {
	k := Find(kind)
	if k == nil {
		return nil, fmt.Errorf("entry of kind %q: this program does not know the kind", kind)
	}
	f := k.New()
	if k.decodeCanonical(f, public) && (private == "" || k.decodeCanonical(f, private)) {
		return f, nil
	}
	var p Problems
	f = k.Decode(public, private, &p)
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("entry of kind %s: %w", kind, err)
	}
	return f, nil
}
