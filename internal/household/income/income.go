// Package income keeps the income account of a household and compares it with a poverty line.
//
//	  wages                          A17a
//	+ household business             A17b
//	+ transfers                      A17c
//	+ property                       A17d
//	- cost of production             A18
//	= net income                     A19     / members who share it  = net income a person   A20
//
// (A17 to A20 are the lines of the registration form.) Every amount is a Line with a Code from codes.csv, which says
// where it is summed, whether it can be expected again, and which rulebook switch it depends on. Money that is no
// income has codes too, so that it is recorded and seen to be left out: relocation and repair money, one-off relief,
// loans, dividends the village has not distributed, and the village's ewes in the household's care, whose lambs are
// income when sold.
//
// Money is whole fen. Income a person is only ever printed, never compared: y/n > z is asked as y > z × n, so nothing
// depends on rounding. At the line a household is poor; it has left poverty only above it. That is the one reading of
// the published rules without a gap between "classified as poor" and "exceeds".
package income

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Fen is an amount of money in fen; 100 fen are one yuan.
type Fen int64

// AmountMax bounds one amount (ten billion yuan), so that no sum of a household's lines can overflow.
const AmountMax Fen = 1_000_000_000_000

// ParseYuan reads an amount of yuan with at most two decimals, such as 4000, -12.5 or 3,534.93.
func ParseYuan(text string) (Fen, error) {
	plain, negative := strings.CutPrefix(strings.TrimSpace(text), "-")
	whole, part, hasPart := strings.Cut(plain, ".")
	whole, ok := dropThousands(whole)
	digits := whole + (part + "00")[:2]
	if !ok || len(part) > 2 || hasPart && part == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("amount %q: write yuan with at most two decimals, for example 3534.93", text)
	}
	fen, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || Fen(fen) > AmountMax {
		return 0, fmt.Errorf("amount %q is larger than %s yuan", text, AmountMax)
	}
	if negative {
		fen = -fen
	}
	return Fen(fen), nil
}

// dropThousands takes the commas out of 1,234,567 and refuses 1,23.
func dropThousands(whole string) (string, bool) {
	if !strings.Contains(whole, ",") {
		return whole, whole != ""
	}
	groups := strings.Split(whole, ",")
	if groups[0] == "" || len(groups[0]) > 3 {
		return "", false
	}
	for _, group := range groups[1:] {
		if len(group) != 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// String writes the amount in yuan with two decimals.
func (f Fen) String() string {
	sign, n := "", uint64(f)
	if f < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// PerPerson returns an amount a person in whole fen, rounded to the nearest with halves away from zero. It is for
// display only: no rule may use it. Nobody sharing gives zero.
func (f Fen) PerPerson(members int) Fen {
	if members <= 0 {
		return 0
	}
	n := Fen(members)
	quotient, remainder := f/n, f%n
	if 2*max(remainder, -remainder) >= n {
		quotient += Fen(math.Copysign(1, float64(f)))
	}
	return quotient
}
