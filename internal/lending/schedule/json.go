package schedule

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Limits of what Decode reads.
const (
	MaxInputBytes = 1 << 30
	MaxContracts  = 1_000_000
	maxProblems   = 100 // reported at once
)

// A Batch is what one JSON text holds: one contract, or an array of them.
type Batch struct {
	Contracts []Contract
	Array     bool // the contracts were given as an array, be it of one
}

// Decode reads one contract or an array of contracts, in the form that
// docs/loan-schedule.md describes. The error is Problems, for all contracts at
// once; in an array their fields begin with the contract's place, from 1.
func Decode(in io.Reader) (Batch, error) {
	var b Batch
	var problems Problems
	limited := &io.LimitedReader{R: in, N: MaxInputBytes + 1}
	err := b.read(bufio.NewReader(limited), &problems)
	if limited.N <= 0 {
		err = fmt.Errorf("more than %d bytes: split it into several files", MaxInputBytes)
	}
	if err != nil {
		problem := NewProblem("input", "terms.json", "%s", inputMessage(err))
		problem.Cause = err
		problems = append(problems, *problem)
	}
	return b, problems.orNil()
}

func (b *Batch) read(in *bufio.Reader, problems *Problems) error {
	first, err := firstByte(in)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(in)
	if first != '[' {
		c, err := readContract(decoder, "", problems)
		if err != nil {
			return err
		}
		b.Contracts = append(b.Contracts, c)
		return atEnd(decoder)
	}

	b.Array = true
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		if len(b.Contracts) == MaxContracts {
			return fmt.Errorf("more than %d contracts: split them into several files", MaxContracts)
		}
		if len(*problems) >= maxProblems {
			return errors.New("too many problems: correct these, the rest was not read")
		}
		c, err := readContract(decoder, place(len(b.Contracts)), problems)
		if err != nil {
			return err
		}
		b.Contracts = append(b.Contracts, c)
	}
	if _, err := decoder.Token(); err != nil {
		return err
	}
	return atEnd(decoder)
}

// place begins the field names of contract i of an array.
func place(i int) string { return fmt.Sprintf("contract %d: ", i+1) }

// firstByte returns the first byte that is not space, and leaves it unread.
func firstByte(in *bufio.Reader) (byte, error) {
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		if _, err := in.Discard(3); err != nil {
			return 0, err
		}
	}
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, in.UnreadByte()
		}
	}
}

func atEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("more text after its end: put several contracts into one array, as [{…}, {…}]")
	}
	return nil
}

func inputMessage(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return "empty: give one contract as a JSON object, or several in an array"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "ends in the middle: a closing bracket or brace is missing"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON: %s, at byte %d", syntax, syntax.Offset)
	}
	return err.Error()
}

func readContract(decoder *json.Decoder, prefix string, problems *Problems) (Contract, error) {
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return Contract{}, err
	}
	var c Contract
	for _, problem := range c.read(raw) {
		problem.Field = prefix + problem.Field
		*problems = append(*problems, problem)
	}
	return c, nil
}

// UnmarshalJSON reads a contract and validates it; the error is Problems.
func (c *Contract) UnmarshalJSON(raw []byte) error {
	*c = Contract{}
	return c.read(raw).orNil()
}

// read fills the contract in and returns all that is wrong with it. Checks
// that compare fields wait until each field by itself is right.
func (c *Contract) read(raw []byte) Problems {
	var p Problems
	o := openObject(raw, "", &p)
	if o == nil {
		return p
	}
	decimals := 2
	o.count("decimals", &decimals)
	switch {
	case decimals < 0 || decimals > MaxDecimals:
		p.add("decimals", "terms.range", "%d is out of range: give %d to %d", decimals, 0, MaxDecimals)
		decimals = 2
	case decimals == 0:
		c.Decimals = NoDecimals
	case decimals != 2:
		c.Decimals = decimals
	}

	o.text("id", &c.ID)
	o.require("principal", "annual_rate", "disbursed_on")
	if _, listed := o.fields["due"]; !listed {
		o.require("instalments")
	}
	o.amount("principal", decimals, &c.Principal)
	o.rate("annual_rate", &c.Rate)
	o.count("instalments", &c.Instalments)
	o.day("disbursed_on", &c.DisbursedOn)
	o.day("first_due_on", &c.FirstDueOn)
	o.positive("every", &c.Every)
	o.choice("period", periodNames, (*uint8)(&c.Period))
	o.positive("pay_day", &c.PayDay)
	o.list("due", func(item *object) {
		var due Due
		item.require("on")
		item.day("on", &due.On)
		if string(item.fields["principal"]) == `"rest"` {
			due.Principal = Rest
			delete(item.fields, "principal")
		} else if item.amount("principal", decimals, &due.Principal); due.Principal < 0 {
			p.add(item.prefix+"principal", "terms.below-zero", "cannot be negative")
		}
		c.Due = append(c.Due, due)
	})
	o.choice("method", methodNames, (*uint8)(&c.Method))
	o.choice("day_count", dayCountNames, (*uint8)(&c.DayCount))
	o.choice("rounding", roundingNames, (*uint8)(&c.Rounding))
	o.amount("instalment_multiple", decimals, &c.InstalmentMultiple)
	o.count("grace_principal", &c.GracePrincipal)
	o.count("grace_interest_payment", &c.GraceInterestPayment)
	o.count("grace_interest_charged", &c.GraceInterestCharged)
	o.list("disbursements", func(item *object) {
		var d Disbursement
		item.require("on", "amount")
		item.day("on", &d.On)
		item.amount("amount", decimals, &d.Amount)
		c.Disbursements = append(c.Disbursements, d)
	})
	o.list("rate_changes", func(item *object) {
		var change RateChange
		item.require("on", "annual_rate")
		item.day("on", &change.On)
		item.rate("annual_rate", &change.Rate)
		c.RateChanges = append(c.RateChanges, change)
	})
	o.truth("smooth", &c.Smooth)
	o.close()

	if len(p) == 0 {
		if err := c.Validate(); err != nil {
			return err.(Problems)
		}
		return nil
	}
	var single Problems
	c.checkAmounts(&single)
	c.checkTerms(&single)
	for _, problem := range single {
		if !slices.ContainsFunc(p, func(known Problem) bool { return known.Field == problem.Field }) {
			p = append(p, problem)
		}
	}
	return p
}

// object is a JSON object whose fields are taken out one by one; what nobody
// took is unknown.
type object struct {
	fields   map[string]json.RawMessage
	known    []string
	prefix   string
	problems *Problems
}

// openObject returns nil, and adds a problem, when raw is not an object.
func openObject(raw []byte, prefix string, p *Problems) *object {
	whole := strings.TrimSuffix(prefix, ".")
	if whole == "" {
		whole = "input"
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		p.add(whole, "terms.json", "not an object: write it as {\"field\": value, …}")
		return nil
	}
	o := &object{fields: make(map[string]json.RawMessage), prefix: prefix, problems: p}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			p.add(whole, "terms.json", "not JSON: %s", err)
			return nil
		}
		name := token.(string) // names of a JSON object are strings, or Token fails
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			p.add(whole, "terms.json", "not JSON: %s", err)
			return nil
		}
		if _, twice := o.fields[name]; twice {
			p.add(prefix+name, "terms.twice", "given twice: leave one out")
		}
		o.fields[name] = value
	}
	return o
}

func (o *object) problem(name, code, format string, args ...any) {
	o.problems.add(o.prefix+name, code, format, args...)
}

// take removes a field and returns its value; null is as good as absent.
func (o *object) take(name string) (raw json.RawMessage, ok bool) {
	o.known = append(o.known, name)
	raw, ok = o.fields[name]
	delete(o.fields, name)
	return raw, ok && string(raw) != "null"
}

func (o *object) require(names ...string) {
	for _, name := range names {
		if raw, ok := o.fields[name]; !ok || string(raw) == "null" {
			o.problem(name, "terms.missing", "missing")
			delete(o.fields, name)
		}
	}
}

// literal returns the text of a JSON string or number.
func (o *object) literal(name string) (text string, ok bool) {
	raw, ok := o.take(name)
	if !ok {
		return "", false
	}
	switch raw[0] {
	case '"':
		if err := json.Unmarshal(raw, &text); err != nil {
			o.problem(name, "terms.json", "not JSON: %s", err)
			return "", false
		}
		return text, true
	case '{', '[', 't', 'f':
		o.problem(name, "terms.json", "give one value in quotes, or a number")
		return "", false
	}
	return string(raw), true
}

func (o *object) text(name string, to *string) {
	if text, ok := o.literal(name); ok {
		*to = text
	}
}

func (o *object) decimal(name string, places int, to *int64) {
	text, ok := o.literal(name)
	if !ok {
		return
	}
	value, err := parseDecimal(text, places)
	if err != nil {
		o.problem(name, "terms.number", "%[3]v", text, places, err)
		return
	}
	*to = value
}

func (o *object) amount(name string, places int, to *int64) { o.decimal(name, places, to) }

func (o *object) rate(name string, to *int64) { o.decimal(name, rateDecimals, to) }

func (o *object) count(name string, to *int) {
	value := int64(*to)
	o.decimal(name, 0, &value)
	*to = int(value)
}

// positive reads a count that may be left out but not be zero, because zero
// stands for leaving it out.
func (o *object) positive(name string, to *int) {
	raw := o.fields[name]
	given := raw != nil && string(raw) != "null"
	before := len(*o.problems)
	o.count(name, to)
	if given && *to == 0 && len(*o.problems) == before {
		o.problem(name, "terms.zero", "0 is out of range: give 1 or more")
	}
}

func (o *object) day(name string, to *Day) {
	text, ok := o.literal(name)
	if !ok {
		return
	}
	day, err := ParseDay(text)
	if err != nil {
		o.problem(name, "terms.date", "%[2]v", text, err)
		return
	}
	*to = day
}

func (o *object) choice(name string, names []string, to *uint8) {
	text, ok := o.literal(name)
	if !ok {
		return
	}
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, text) })
	if i < 0 {
		o.problem(name, "terms.choice", "%q is unknown: choose %s", text, choices(names))
		return
	}
	*to = uint8(i)
}

func (o *object) truth(name string, to *bool) {
	raw, ok := o.take(name)
	if !ok {
		return
	}
	if string(raw) != "true" && string(raw) != "false" {
		o.problem(name, "terms.json", "%s is neither true nor false", raw)
		return
	}
	*to = string(raw) == "true"
}

func (o *object) list(name string, each func(*object)) {
	raw, ok := o.take(name)
	if !ok {
		return
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		o.problem(name, "terms.json", "not a list: write it as [{…}, {…}]")
		return
	}
	if len(items) > MaxInstalments {
		o.problem(name, "terms.json", "more than %d entries", MaxInstalments)
		return
	}
	for i, item := range items {
		entry := openObject(item, fmt.Sprintf("%s%s[%d].", o.prefix, name, i), o.problems)
		if entry == nil {
			continue
		}
		each(entry)
		entry.close()
	}
}

// close reports the fields nobody took.
func (o *object) close() {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		o.problem(name, "terms.json", "unknown field: choose from %s", strings.Join(o.known, ", "))
	}
}

// MarshalJSON writes the contract in the form Decode reads, without the fields
// that have their usual value. Equal contracts are written alike.
func (c Contract) MarshalJSON() ([]byte, error) {
	type due struct {
		On        Day    `json:"on"`
		Principal string `json:"principal,omitempty"`
	}
	type payout struct {
		On     Day    `json:"on"`
		Amount string `json:"amount"`
	}
	type change struct {
		On   Day    `json:"on"`
		Rate string `json:"annual_rate"`
	}
	form := struct {
		ID                   string   `json:"id,omitempty"`
		Principal            string   `json:"principal"`
		Rate                 string   `json:"annual_rate"`
		Instalments          int      `json:"instalments"`
		DisbursedOn          Day      `json:"disbursed_on"`
		FirstDueOn           Day      `json:"first_due_on,omitzero"`
		Every                int      `json:"every,omitempty"`
		Period               string   `json:"period,omitempty"`
		PayDay               int      `json:"pay_day,omitempty"`
		Due                  []due    `json:"due,omitempty"`
		Method               string   `json:"method,omitempty"`
		DayCount             string   `json:"day_count,omitempty"`
		Rounding             string   `json:"rounding,omitempty"`
		Decimals             *int     `json:"decimals,omitempty"`
		InstalmentMultiple   string   `json:"instalment_multiple,omitempty"`
		GracePrincipal       int      `json:"grace_principal,omitempty"`
		GraceInterestPayment int      `json:"grace_interest_payment,omitempty"`
		GraceInterestCharged int      `json:"grace_interest_charged,omitempty"`
		Disbursements        []payout `json:"disbursements,omitempty"`
		RateChanges          []change `json:"rate_changes,omitempty"`
		Smooth               bool     `json:"smooth,omitempty"`
	}{
		ID: c.ID, Principal: c.write(c.Principal), Rate: writeRate(c.Rate),
		Instalments: c.instalments(), DisbursedOn: c.DisbursedOn, FirstDueOn: c.FirstDueOn, PayDay: c.PayDay,
		GracePrincipal: c.GracePrincipal, GraceInterestPayment: c.GraceInterestPayment,
		GraceInterestCharged: c.GraceInterestCharged, Smooth: c.Smooth,
	}
	if c.Every > 1 {
		form.Every = c.Every
	}
	if c.Period != Months {
		form.Period = c.Period.String()
	}
	if c.Method != EqualInstalment {
		form.Method = c.Method.String()
	}
	if c.DayCount != Thirty360 {
		form.DayCount = c.DayCount.String()
	}
	if c.Rounding != HalfEven {
		form.Rounding = c.Rounding.String()
	}
	if places := c.decimals(); places != 2 {
		form.Decimals = &places
	}
	if c.multiple() > 1 {
		form.InstalmentMultiple = c.write(c.InstalmentMultiple)
	}
	for _, d := range c.Due {
		entry := due{On: d.On}
		switch {
		case d.Principal == Rest:
			entry.Principal = "rest"
		case d.Principal != 0:
			entry.Principal = c.write(d.Principal)
		}
		form.Due = append(form.Due, entry)
	}
	for _, d := range c.Disbursements {
		form.Disbursements = append(form.Disbursements, payout{d.On, c.write(d.Amount)})
	}
	for _, change := range c.RateChanges {
		form.RateChanges = append(form.RateChanges, struct {
			On   Day    `json:"on"`
			Rate string `json:"annual_rate"`
		}{change.On, writeRate(change.Rate)})
	}
	return json.Marshal(form)
}
