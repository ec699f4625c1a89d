package income

import (
	"cmp"
	"slices"

	"lastmile/internal/date"
)

// Membership is one person's time in one household.
type Membership struct {
	Person       string
	Household    string
	During       date.Interval
	SharesIncome bool
}

// Apportion divides the lines of a household that has split or merged among the households its members live in on a
// date, so that each is judged by the money its own people earned.
//
// A person's own line goes where the person is now. What the household earned together is divided in equal parts among
// the members who shared income on the day of the line, and each part goes where that member is now. Members who have
// died or left altogether take no part: what was earned together stays with those who remain. When nobody remains the
// line stays with the household it was recorded for.
//
// Parts are whole fen by the largest remainder, ties to the smaller household id, and always add up to the line. The
// result has the lines of each household in the order they came.
func Apportion(household string, lines []Line, memberships []Membership, on date.Date) map[string][]Line {
	now := map[string]string{}
	for _, m := range memberships {
		if m.During.Contains(on) {
			now[m.Person] = m.Household
		}
	}
	result := map[string][]Line{}
	for _, line := range lines {
		heads := map[string]int{}
		if line.Person != "" {
			if home := now[line.Person]; home != "" {
				heads[home] = 1
			}
		} else {
			for _, m := range memberships {
				if home := now[m.Person]; home != "" && m.Household == household && m.SharesIncome && m.During.Contains(line.On) {
					heads[home]++
				}
			}
		}
		if len(heads) == 0 {
			heads[household] = 1
		}
		for _, share := range divide(line.Amount, heads) {
			part := line
			part.Amount = share.amount
			result[share.household] = append(result[share.household], part)
		}
	}
	return result
}

type share struct {
	household string
	amount    Fen
	remainder Fen
}

// divide splits an amount in proportion to heads by the largest remainder.
func divide(amount Fen, heads map[string]int) []share {
	total, sign := Fen(0), Fen(1)
	if amount < 0 {
		amount, sign = -amount, -1
	}
	for _, n := range heads {
		total += Fen(n)
	}
	shares := make([]share, 0, len(heads))
	left := amount
	for household, n := range heads {
		product := amount * Fen(n)
		shares = append(shares, share{household, product / total, product % total})
		left -= product / total
	}
	slices.SortFunc(shares, func(a, b share) int {
		return cmp.Or(-cmp.Compare(a.remainder, b.remainder), cmp.Compare(a.household, b.household))
	})
	for i := range shares {
		if Fen(i) < left {
			shares[i].amount++
		}
		shares[i].amount *= sign
	}
	slices.SortFunc(shares, func(a, b share) int { return cmp.Compare(a.household, b.household) })
	return shares
}
