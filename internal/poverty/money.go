package poverty

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// moneyMax bounds an amount, and a line times the members it is for, so that both are exact as int64 and as float64.
const moneyMax = 1 << 53

// sizeMax bounds the members of one household.
const sizeMax = 10_000

var errMoney = errors.New("not an amount of money: write digits with at most two decimals, such as 3218 or -120.50")

// parseFen reads an amount in yuan, such as "3218", "-120.5" or "0.07", exactly to fen. Zeros past the second decimal are
// accepted because they change nothing; any other digit there is refused, as rounding is the owner's decision.
func parseFen(text string) (int64, error) {
	digits := strings.TrimPrefix(text, "-")
	whole, decimals, point := strings.Cut(digits, ".")
	if whole == "" || point && decimals == "" {
		return 0, errMoney
	}
	decimals = strings.TrimRight(decimals, "0")
	if len(decimals) > 2 {
		return 0, errMoney
	}
	var fen int64
	for _, part := range [3]string{whole, decimals, "00"[len(decimals):]} {
		for i := range len(part) {
			c := part[i]
			if c < '0' || c > '9' {
				return 0, errMoney
			}
			fen = fen*10 + int64(c-'0')
			if fen > moneyMax {
				return 0, fmt.Errorf("larger than %s, the largest amount that is kept exactly", formatFen(moneyMax))
			}
		}
	}
	if len(digits) < len(text) {
		fen = -fen
	}
	return fen, nil
}

// formatFen writes fen as yuan with two decimals.
func formatFen(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return sign + strconv.FormatInt(fen/100, 10) + fmt.Sprintf(".%02d", fen%100)
}
