package due

import "lastmile/internal/fact"

// Seen are the kinds of what somebody should have seen with their own eyes, and photographed or had signed.
var Seen = []string{"delivery", "household-delivery", "milestone-reached"}

// Paid are the kinds that move money and name a voucher. Like those that were seen, their entries want a file that proves them.
func Paid() []string {
	var kinds []string
	for _, k := range fact.Kinds() {
		if k.Field("voucher") != nil {
			kinds = append(kinds, k.Name)
		}
	}
	return kinds
}
