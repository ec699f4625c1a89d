package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/household/identity"
)

// recordedAt is when the office enters what happened on a day: the Monday after, headquarters at 09:00 UTC, then the counties a minute apart.
func recordedAt(book string, on date.Date) time.Time {
	day := on.Time()
	monday := day.AddDate(0, 0, 7-(int(day.Weekday())+6)%7)
	return monday.Add(9*time.Hour + time.Duration(slices.Index([]string{entity.Headquarters, Wushan, Maigaiti}, book))*time.Minute)
}

// numberOf is an identity number with a right check character.
func numberOf(area string, birth date.Date, n int) string {
	digits := area + strings.ReplaceAll(string(birth), "-", "") + fmt.Sprintf("%03d", n)
	return digits + string(identity.CheckCharacter(digits))
}
