package figure

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fault"
)

// Claim is a sentence with a stated value and the figure that must bear it out.
type Claim struct {
	ID        string
	Sentence  string
	Qualifier string // =  >  >=  ~ (about)  <~ (nearly)  exp… (a forecast)  - (none)
	Stated    string // decimal, or a date, month or year as ISO text; "" when the sentence states none
	Precision string // unit of the last digit printed; "" for the last digit of Stated
	Unit      string
	Figure    string // "" while nothing computes it
	AsOf      date.Date
	Note      string
}

// Verdict on a claim.
type Verdict string

const (
	Holds       Verdict = "holds"
	Differs     Verdict = "differs"
	Forecast    Verdict = "forecast" // expected when it was written: never true, only set beside what came of it
	NotComputed Verdict = "not computed"
)

// Checked is a claim with the value computed from records.
type Checked struct {
	Claim
	Value    *Value // nil when not computed
	Computed string // decimal text, or a date at the claim's precision
	Verdict  Verdict
}

// Check evaluates a claim's figure as of its date and judges the stated value.
//
//	=   rounds to what is stated at the printed precision     >   more than stated     >=  at least what is stated
//	~   within half a unit of the last digit that is not 0 (of the last decimal where there are decimals)
//	<~  at least 95 % of what is stated, and less than it
//	exp a forecast, whatever came of it
func (b *Book) Check(ctx context.Context, c Claim) (Checked, error) {
	r := Checked{Claim: c, Verdict: NotComputed}
	forecast := strings.HasPrefix(c.Qualifier, "exp")
	if forecast {
		r.Verdict = Forecast
	}
	if c.Figure == "" {
		return r, nil
	}
	v, err := b.Evaluate(ctx, c.Figure, At{AsOf: c.AsOf})
	if err != nil {
		return r, fmt.Errorf("claim %s: %w", c.ID, err)
	}
	r.Value = v
	if !v.Known || v.Of == 0 {
		return r, nil // no record bears on it
	}
	r.Computed = v.Decimal()
	if v.Definition.Unit == "date" {
		digits := map[string]int{"year": len("2006"), "month": len("2006-01")}[c.Unit]
		if digits > 0 {
			r.Computed = r.Computed[:digits]
		}
	}
	if forecast || c.Stated == "" {
		return r, nil
	}
	var holds bool
	if v.Definition.Unit == "date" {
		holds, err = c.holdsOn(r.Computed)
	} else {
		holds, err = c.holds(v.Rat())
	}
	if err != nil {
		return r, fmt.Errorf("claim %s: %w", c.ID, err)
	}
	r.Verdict = Differs
	if holds {
		r.Verdict = Holds
	}
	return r, nil
}

// holdsOn compares days, months or years as text.
func (c *Claim) holdsOn(computed string) (bool, error) {
	if len(c.Stated) != len(computed) {
		return false, fault.New(fault.Invalid, "claim.stated", "%q is not as exact as %s", c.Stated, computed).For("stated").Mend("Write 2019-06-30, or 2019-06 with unit month, or 2019 with unit year.")
	}
	switch c.Qualifier {
	case ">":
		return computed > c.Stated, nil
	case ">=":
		return computed >= c.Stated, nil
	}
	return computed == c.Stated, nil
}

// decimal reads plain digits: nothing that costs more to write out than to type, such as 1e999999999.
func decimal(text string) (*big.Rat, bool) {
	if !decimalForm.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

var decimalForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func (c *Claim) holds(computed *big.Rat) (bool, error) {
	stated, ok := decimal(c.Stated)
	if !ok {
		return false, fault.New(fault.Invalid, "claim.stated", "%q is not a number", c.Stated).For("stated").Mend("Write a decimal such as 60470000, or a date as 2019-06 with unit month.")
	}
	switch c.Qualifier {
	case ">":
		return computed.Cmp(stated) > 0, nil
	case ">=":
		return computed.Cmp(stated) >= 0, nil
	case "<~":
		least := new(big.Rat).Mul(stated, big.NewRat(95, 100))
		return computed.Cmp(least) >= 0 && computed.Cmp(stated) < 0, nil
	case "=", "~", "-", "":
		unit, err := c.unit()
		if err != nil {
			return false, err
		}
		twice := new(big.Rat).Sub(computed, stated)
		half := twice.Abs(twice).Mul(twice, big.NewRat(2, 1)).Cmp(unit)
		if c.Qualifier == "~" || half != 0 {
			return half <= 0, nil
		}
		return new(big.Rat).Abs(computed).Cmp(new(big.Rat).Abs(stated)) < 0, nil // a half rounds away from 0
	}
	return false, fault.New(fault.Invalid, "claim.qualifier", "qualifier %q is not known", c.Qualifier).For("qualifier").Mend("Use one of =, >, >=, ~, <~, exp or -.")
}

// unit is what the last printed digit counts: Precision when given; for "about" the place of the last digit that is not 0; else the
// place of the last digit. Decimals are printed to be exact: their last place counts though it is 0.
func (c *Claim) unit() (*big.Rat, error) {
	if c.Precision != "" {
		u, ok := decimal(c.Precision)
		if !ok || u.Sign() <= 0 {
			return nil, fault.New(fault.Invalid, "claim.precision", "%q is not a number above 0", c.Precision).For("precision").Mend("Write 10000 where tens of thousands are printed, or leave it empty.")
		}
		return u, nil
	}
	whole, frac, _ := strings.Cut(c.Stated, ".")
	if frac != "" {
		return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac))), nil)), nil
	}
	zeros := 0
	if digits := strings.TrimRight(whole, "0"); c.Qualifier == "~" && digits != "" {
		zeros = len(whole) - len(digits)
	}
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(zeros)), nil)), nil
}
