package casework

import (
	"fmt"
	"math/big"

	"lastmile/internal/poverty"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/rule"
)

// estimateDigits are the decimals of a weighted estimate that a case keeps: 9.
const estimateDigits = 1_000_000_000

// Measured gives what the assessment of a county case is measured by, as its step states it, from an acceptance check: the four indicators in the
// form by which the check's rulebook decides. A published ratio is kept as count and count, the composite as one exact fraction; an
// estimate or its bound is rounded to nine decimals, to the side that makes passing harder.
func Measured(r *acceptance.Result) ([]string, error) {
	wrong, omission, satisfaction := &r.Indicators[1], &r.Indicators[2], &r.Indicators[3]
	var lines []string
	for _, m := range []struct {
		name      string
		indicator *acceptance.Indicator
		published func() (rule.Ratio, error)
		below     bool
	}{
		{"composite_incidence", &r.Indicators[0], func() (rule.Ratio, error) { return composite(r.County, wrong.Published, omission.Published) }, true},
		{"wrong_exit_rate", wrong, func() (rule.Ratio, error) { return rule.Ratio{Count: wrong.Published.Of, Of: wrong.Published.Per}, nil }, true},
		{"omission_rate", omission, func() (rule.Ratio, error) {
			return rule.Ratio{Count: omission.Published.Of, Of: omission.Published.Per}, nil
		}, true},
		{"satisfaction", satisfaction, func() (rule.Ratio, error) {
			return rule.Ratio{Count: satisfaction.Published.Of, Of: satisfaction.Published.Per}, nil
		}, false},
	} {
		if m.indicator.Verdict == acceptance.Undetermined {
			return nil, fmt.Errorf("%s cannot be stated: it is undetermined (%s)", m.name, m.indicator.Design.Note)
		}
		ratio, err := rule.Ratio{}, error(nil)
		switch r.Rulebook.Form {
		case acceptance.Published:
			ratio, err = m.published()
		case acceptance.Design:
			ratio = rounded(m.indicator.Design.Value, m.below)
		default:
			ratio = rounded(m.indicator.Design.Bound, m.below)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		lines = append(lines, fmt.Sprintf("%s=%s", m.name, ratio))
	}
	return lines, nil
}

// composite is the incidence by the published ratios: those who are counted and those whom the two error rates are extrapolated to.
func composite(c acceptance.County, wrong, omission acceptance.Ratio) (rule.Ratio, error) {
	persons := new(big.Rat).SetInt64(c.Remaining)
	for _, part := range []struct {
		rate       acceptance.Ratio
		population int64
	}{{wrong, c.Exited}, {omission, c.NonRegistered}} {
		if part.population > 0 {
			persons.Add(persons, new(big.Rat).Mul(big.NewRat(part.rate.Of, part.rate.Per), new(big.Rat).SetInt64(part.population)))
		}
	}
	persons.Quo(persons, new(big.Rat).SetInt64(c.RuralPopulation))
	if !persons.Num().IsInt64() || !persons.Denom().IsInt64() {
		return rule.Ratio{}, fmt.Errorf("the fraction %s has too many digits", persons)
	}
	return rule.Ratio{Count: persons.Num().Int64(), Of: persons.Denom().Int64()}, nil
}

// rounded keeps an estimate as a fraction, away from the side on which it passes.
func rounded(n poverty.Number, below bool) rule.Ratio {
	exact := new(big.Rat)
	exact.SetFloat64(float64(n))
	exact.Mul(exact, big.NewRat(estimateDigits, 1))
	count := new(big.Int).Div(exact.Num(), exact.Denom()) // rounds down
	if below && !exact.IsInt() {
		count.Add(count, big.NewInt(1))
	}
	return rule.Ratio{Count: count.Int64(), Of: estimateDigits}
}
