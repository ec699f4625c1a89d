package schedule

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// rateDecimals is the number of decimals of a percentage in parts per million.
const rateDecimals = 4

// appendDecimal appends value / 10^places with exactly that many decimals.
func appendDecimal(b []byte, value int64, places int) []byte {
	magnitude := uint64(value)
	if value < 0 {
		b = append(b, '-')
		magnitude = -magnitude
	}
	var digits [24]byte
	i := len(digits)
	for n := 0; magnitude > 0 || n <= places; n++ {
		if n == places && n > 0 {
			i--
			digits[i] = '.'
		}
		i--
		digits[i] = byte('0' + magnitude%10)
		magnitude /= 10
	}
	return append(b, digits[i:]...)
}

// write returns an amount in the contract's decimals.
func (c *Contract) write(amount int64) string {
	return string(appendDecimal(nil, amount, c.decimals()))
}

// FormatAmount returns an amount in the contract's decimals.
func (c *Contract) FormatAmount(amount int64) string { return c.write(amount) }

// writeRate returns a rate as a percentage, without the zeros at its end.
func writeRate(ppm int64) string {
	text := string(appendDecimal(nil, ppm, rateDecimals))
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// parseDecimal reads a plain decimal number as a whole number of 10^-places.
// It never rounds: decimals beyond the places must be zeros.
func parseDecimal(text string, places int) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a decimal number: write it as 1234.56", text)
	}
	if len(fraction) > places {
		if strings.Trim(fraction[places:], "0") != "" {
			return 0, fmt.Errorf("%s has more than %d decimals: leave out or round what is beyond", text, places)
		}
		fraction = fraction[:places]
	}
	value, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%s is too large", text)
	} else if err != nil {
		return 0, fmt.Errorf("read %s: %w", text, err)
	}
	if negative {
		value = -value
	}
	return value, nil
}
