package decision

import "lastmile/internal/date"

// Exit is one household's leaving, as announced.
type Exit struct {
	Household string
	Announced date.Date
	Persons   []string // who was lifted: see PersonsLifted
}

// PersonsLifted returns the members on the day of the announcement: those are the persons an exit lifts out of poverty.
// A member who died between approval and announcement is not among them; one who dies after it stays counted.
func PersonsLifted(members []Member, announced date.Date) []string {
	var persons []string
	for i := range members {
		if members[i].During.Contains(announced) {
			persons = append(persons, members[i].Person)
		}
	}
	return persons
}

// Lifted counts the persons of many exits in the two ways that are published. Who leaves, relapses and leaves again is
// counted in two exits and is one person: say which number is meant.
type Lifted struct {
	Exits    int // persons, once for each exit
	Distinct int // persons, once each
}

// CountLifted counts the persons lifted by the given exits.
func CountLifted(exits []Exit) Lifted {
	var count Lifted
	seen := map[string]bool{}
	for _, exit := range exits {
		for _, person := range exit.Persons {
			count.Exits++
			seen[person] = true
		}
	}
	count.Distinct = len(seen)
	return count
}
