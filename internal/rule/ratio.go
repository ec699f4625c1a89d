package rule

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Ratio is a count out of a count, kept as both: 39 of 1,951. It is compared exactly and only rounded when printed, so
// 39 of 1,951 is below 2% though it prints as 2.00%. A plain number is a ratio of 1.
type Ratio struct {
	Count int64
	Of    int64
}

// Compare returns -1, 0 or 1 as r is smaller than, equal to or larger than another ratio; both must be of more than 0.
func (r Ratio) Compare(other Ratio) int {
	if fits(r) && fits(other) {
		return cmp.Compare(r.Count*other.Of, other.Count*r.Of)
	}
	left := new(big.Int).Mul(big.NewInt(r.Count), big.NewInt(other.Of))
	return left.Cmp(new(big.Int).Mul(big.NewInt(other.Count), big.NewInt(r.Of)))
}

// fits reports whether products of such ratios stay within 64 bits.
func fits(r Ratio) bool {
	const limit = 1 << 31
	return -limit < r.Count && r.Count < limit && r.Of < limit
}

// Percent prints the ratio in per cent with two decimals, or a plain number when it is one. It is for reading only.
func (r Ratio) Percent() string {
	if r.Of == 1 {
		return strconv.FormatInt(r.Count, 10)
	}
	percent := big.NewRat(r.Count, r.Of)
	return percent.Mul(percent, big.NewRat(100, 1)).FloatString(2) + "%"
}

// String writes the ratio as ParseRatio reads it.
func (r Ratio) String() string {
	if r.Of == 1 {
		return strconv.FormatInt(r.Count, 10)
	}
	return fmt.Sprintf("%d/%d", r.Count, r.Of)
}

// ParseRatio reads "3/100" or a whole number.
func ParseRatio(text string) (Ratio, error) {
	count, of, isRatio := strings.Cut(text, "/")
	if !isRatio {
		of = "1"
	}
	r, err := Ratio{}, error(nil)
	if r.Count, err = strconv.ParseInt(count, 10, 64); err == nil {
		r.Of, err = strconv.ParseInt(of, 10, 64)
	}
	if err != nil || r.Of <= 0 {
		return Ratio{}, fmt.Errorf("ratio %q: write a whole number, or a count out of a count such as 3/100", text)
	}
	return r, nil
}

// MarshalText writes the ratio as String does.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRatio reads.
func (r *Ratio) UnmarshalText(text []byte) error {
	ratio, err := ParseRatio(string(text))
	*r = ratio
	return err
}
