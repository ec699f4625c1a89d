package acceptance

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Group is the part of the rural population that a household belongs to.
type Group string

const (
	Exited        Group = "exited"         // registered and declared out of poverty: some may be wrong
	NonRegistered Group = "non-registered" // never registered: some may have been omitted
	Remaining     Group = "remaining"      // registered and still poor
)

var groups = []Group{Exited, NonRegistered, Remaining}

// Listed is a household on the list that the sample is drawn from.
type Listed struct {
	Stratum   string `json:"stratum"`   // such as poor villages and others
	Village   string `json:"village"`   // unique in the county
	Household string `json:"household"` // unique in the county
	Group     Group  `json:"group"`
}

// Plan says how many to draw.
type Plan struct {
	Seed       string         `json:"seed"`       // published; any text in one line
	Villages   map[string]int `json:"villages"`   // stratum -> villages
	Households map[Group]int  `json:"households"` // households of each group in each village drawn
	Reserves   int            `json:"reserves"`   // further households of each group in each village, to stand in for those who refuse or are away
}

// Drawn is a household of the sample.
type Drawn struct {
	Listed
	Place   int     `json:"place"`   // from 1, in the order of the draw within village and group
	Reserve bool    `json:"reserve"` // visited only instead of a household drawn before it
	Weight  float64 `json:"weight"`  // households of the list that it, or the one it stands in for, represents: one over the chance of being drawn
}

// Shortage is a place where the list had fewer than the plan asked for; all there were are in the sample.
type Shortage struct {
	Stratum string `json:"stratum"`
	Village string `json:"village"` // empty: the stratum has too few villages
	Group   Group  `json:"group"`
	Wanted  int    `json:"wanted"`
	Has     int    `json:"has"`
}

// Drawing is a sample with what is needed to draw it again.
type Drawing struct {
	Seed       string     `json:"seed"`
	ListSHA256 string     `json:"list_sha256"` // see ListSHA256
	Households []Drawn    `json:"households"`
	Shortages  []Shortage `json:"shortages"`
}

// Draw draws villages of each stratum and then households of each group in each of those villages. The order of the draw is that of the
// SHA-256 of these lines, each ended by a newline:
//
//	seed, "village", stratum, village
//	seed, "household", village, household
//
// so a place in it is checked with printf and sha256sum. The result does not depend on the order of the list. A stratum of the list that
// the plan does not name is an error, as leaving out a part of the county must be said: give it 0.
func Draw(list []Listed, plan Plan) (*Drawing, error) {
	if err := check(list, plan); err != nil {
		return nil, err
	}
	drawing := &Drawing{Seed: plan.Seed, ListSHA256: ListSHA256(list)}
	villages := map[string][]string{}
	households := map[string]map[Group][]Listed{}
	for _, h := range list {
		if households[h.Village] == nil {
			households[h.Village] = map[Group][]Listed{}
			villages[h.Stratum] = append(villages[h.Stratum], h.Village)
		}
		households[h.Village][h.Group] = append(households[h.Village][h.Group], h)
	}
	for _, stratum := range sortedKeys(villages) {
		all := villages[stratum]
		chosen := inDrawOrder(all, func(village string) string { return lines(plan.Seed, "village", stratum, village) })
		wanted := plan.Villages[stratum]
		if len(all) < wanted {
			drawing.Shortages = append(drawing.Shortages, Shortage{Stratum: stratum, Wanted: wanted, Has: len(all)})
		}
		chosen = chosen[:min(wanted, len(all))]
		slices.Sort(chosen)
		for _, village := range chosen {
			for _, group := range groups {
				drawing.drawGroup(households[village][group], group, stratum, village, plan, float64(len(all))/float64(len(chosen)))
			}
		}
	}
	return drawing, nil
}

// drawGroup draws the households of one group in one village, which stands for so many villages.
func (d *Drawing) drawGroup(all []Listed, group Group, stratum, village string, plan Plan, villagesEach float64) {
	wanted := plan.Households[group]
	if len(all) < wanted {
		d.Shortages = append(d.Shortages, Shortage{Stratum: stratum, Village: village, Group: group, Wanted: wanted, Has: len(all)})
	}
	drawn := min(wanted, len(all))
	if drawn == 0 {
		return
	}
	weight := villagesEach * float64(len(all)) / float64(drawn)
	order := inDrawOrder(all, func(h Listed) string { return lines(plan.Seed, "household", village, h.Household) })
	for i, h := range order[:min(drawn+plan.Reserves, len(all))] {
		d.Households = append(d.Households, Drawn{Listed: h, Place: i + 1, Reserve: i >= drawn, Weight: weight})
	}
}

func check(list []Listed, plan Plan) error {
	if plan.Seed == "" || strings.Contains(plan.Seed, "\n") {
		return fmt.Errorf("seed %q: it must be a text in one line, published so that the draw can be repeated", plan.Seed)
	}
	if len(list) == 0 {
		return fmt.Errorf("the list is empty: there is nothing to draw from")
	}
	stratumOf := map[string]string{}
	seen := map[string]bool{}
	for i, h := range list {
		where := fmt.Sprintf("household %d of the list (%s)", i+1, h.Household)
		for _, text := range []string{h.Stratum, h.Village, h.Household} {
			if text == "" || strings.Contains(text, "\n") {
				return fmt.Errorf("%s: stratum %q, village %q and household must be texts in one line", where, h.Stratum, h.Village)
			}
		}
		if !slices.Contains(groups, h.Group) {
			return fmt.Errorf("%s: group %q is not one of exited, non-registered, remaining", where, h.Group)
		}
		if seen[h.Household] {
			return fmt.Errorf("%s: it is on the list twice", where)
		}
		seen[h.Household] = true
		if stratum, ok := stratumOf[h.Village]; ok && stratum != h.Stratum {
			return fmt.Errorf("%s: village %q is in strata %q and %q; it can be in one", where, h.Village, stratum, h.Stratum)
		}
		stratumOf[h.Village] = h.Stratum
		if n, ok := plan.Villages[h.Stratum]; !ok || n < 0 {
			return fmt.Errorf("stratum %q: the plan does not say how many of its villages to draw; give a number, 0 to leave it out", h.Stratum)
		}
	}
	for group, n := range plan.Households {
		if !slices.Contains(groups, group) || n < 0 {
			return fmt.Errorf("plan: %d households of group %q; the groups are exited, non-registered, remaining and the number 0 or more", n, group)
		}
	}
	if plan.Reserves < 0 {
		return fmt.Errorf("plan: %d reserves; give 0 or more", plan.Reserves)
	}
	return nil
}

func lines(texts ...string) string { return strings.Join(texts, "\n") + "\n" }

// inDrawOrder sorts by the SHA-256 of the key, which differs between any two.
func inDrawOrder[T any](all []T, key func(T) string) []T {
	type candidate struct {
		one T
		sum [sha256.Size]byte
	}
	candidates := make([]candidate, len(all))
	for i, one := range all {
		candidates[i] = candidate{one, sha256.Sum256([]byte(key(one)))}
	}
	slices.SortFunc(candidates, func(a, b candidate) int { return bytes.Compare(a.sum[:], b.sum[:]) })
	order := make([]T, len(all))
	for i, c := range candidates {
		order[i] = c.one
	}
	return order
}

// ListSHA256 is the hash of a list, whatever its order: its households sorted, each as four lines, stratum, village, household and group.
func ListSHA256(list []Listed) string {
	sorted := make([]string, len(list))
	for i, h := range list {
		sorted[i] = lines(h.Stratum, h.Village, h.Household, string(h.Group))
	}
	slices.Sort(sorted)
	sum := sha256.Sum256([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// String names the shortage in a sentence.
func (s Shortage) String() string {
	if s.Village == "" {
		return "stratum " + s.Stratum + " has " + strconv.Itoa(s.Has) + " villages, " + strconv.Itoa(s.Wanted) + " were asked for"
	}
	return "village " + s.Village + " has " + strconv.Itoa(s.Has) + " households of group " + string(s.Group) + ", " + strconv.Itoa(s.Wanted) + " were asked for"
}
