package acceptance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// county lists 6 poor villages of 5 exited, 4 non-registered and 1 remaining households, and 4 others of half as many.
func county() []Listed {
	var list []Listed
	for v := range 10 {
		stratum, exited, outside := "poor", 5, 4
		if v >= 6 {
			stratum, exited, outside = "other", 2, 2
		}
		village := fmt.Sprintf("v%02d", v)
		add := func(group Group, n int) {
			for range n {
				list = append(list, Listed{stratum, village, fmt.Sprintf("%s-%02d", village, len(list)), group})
			}
		}
		add(Exited, exited)
		add(NonRegistered, outside)
		add(Remaining, 1)
	}
	return list
}

func plan(seed string) Plan {
	return Plan{Seed: seed, Villages: map[string]int{"poor": 3, "other": 2}, Households: map[Group]int{Exited: 3, NonRegistered: 2}, Reserves: 1}
}

func TestSameSeedSameList(t *testing.T) {
	want, err := Draw(county(), plan("2019-06-30 county hall"))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		got, err := Draw(rapid.Permutation(county()).Draw(t, "list"), plan("2019-06-30 county hall"))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("another order of the list gives another sample: %v, %v", got, err)
		}
	})
	other, err := Draw(county(), plan("another seed"))
	if err != nil || reflect.DeepEqual(other.Households, want.Households) {
		t.Errorf("another seed gives the same sample, %v", err)
	}
	if other.ListSHA256 != want.ListSHA256 {
		t.Error("the hash of the list depends on the seed")
	}
	changed := county()
	changed[3].Group = Remaining
	if moved, _ := Draw(changed, plan("x")); moved.ListSHA256 == want.ListSHA256 {
		t.Error("a changed list has the same hash")
	}
}

// TestByShell draws as the documentation says anyone can: printf 'seed\nvillage\npoor\nv00\n' | sha256sum, and the smallest sums.
// The first sum was made with those two commands.
func TestByShell(t *testing.T) {
	sum := func(texts ...string) string {
		s := sha256.Sum256([]byte(strings.Join(texts, "\n") + "\n"))
		return hex.EncodeToString(s[:])
	}
	if got := sum("seed", "village", "poor", "v00"); got != byShell {
		t.Fatalf("the sum is %s", got)
	}
	smallest := func(n int, names []string, key func(string) string) []string {
		slices.SortFunc(names, func(a, b string) int { return strings.Compare(key(a), key(b)) })
		return names[:min(n, len(names))]
	}
	drawing, err := Draw(county(), plan("seed"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, stratum := range []string{"other", "poor"} {
		var villages []string
		for _, h := range county() {
			if h.Stratum == stratum && !slices.Contains(villages, h.Village) {
				villages = append(villages, h.Village)
			}
		}
		n := plan("").Villages[stratum]
		chosen := smallest(n, villages, func(v string) string { return sum("seed", "village", stratum, v) })
		slices.Sort(chosen)
		for _, village := range chosen {
			for _, group := range []Group{Exited, NonRegistered} {
				var households []string
				for _, h := range county() {
					if h.Village == village && h.Group == group {
						households = append(households, h.Household)
					}
				}
				want = append(want, smallest(plan("").Households[group]+1, households, func(h string) string { return sum("seed", "household", village, h) })...)
			}
		}
	}
	var got []string
	for _, h := range drawing.Households {
		got = append(got, h.Household)
	}
	if !slices.Equal(got, want) {
		t.Errorf("drawn %v, by hand %v", got, want)
	}
}

// TestWeights draws with many seeds: every household must be in the sample as often as its weight says.
func TestWeights(t *testing.T) {
	const draws = 2000
	times := map[string]float64{}
	weight := map[string]float64{}
	for i := range draws {
		drawing, err := Draw(county(), plan(fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range drawing.Households {
			if !h.Reserve {
				times[h.Household]++
				weight[h.Household] = h.Weight
			}
		}
	}
	for _, h := range county() {
		if h.Group == Remaining {
			if times[h.Household] > 0 {
				t.Errorf("%s was drawn though the plan asks for none of its group", h.Household)
			}
			continue
		}
		chance := 1 / weight[h.Household]
		if off := times[h.Household]/draws - chance; math.Abs(off) > 5*math.Sqrt(chance*(1-chance)/draws) {
			t.Errorf("%s was drawn %v times of %d, its weight is %v", h.Household, times[h.Household], draws, weight[h.Household])
		}
	}
}

func TestShortages(t *testing.T) {
	p := plan("seed")
	p.Villages["other"] = 9
	drawing, err := Draw(county(), p)
	if err != nil {
		t.Fatal(err)
	}
	if drawing.Shortages[0] != (Shortage{Stratum: "other", Wanted: 9, Has: 4}) {
		t.Errorf("%+v", drawing.Shortages)
	}
	few := 0
	for _, s := range drawing.Shortages[1:] {
		if s.Group != Exited || s.Wanted != 3 || s.Has != 2 || !strings.Contains(s.String(), "has 2 households of group exited, 3 were asked for") {
			t.Errorf("%v", s)
		}
		few++
	}
	if few != 4 {
		t.Errorf("%d villages are short of exited households, want the 4 small ones", few)
	}
	for _, h := range drawing.Households {
		if h.Stratum == "other" && h.Weight != 1 {
			t.Errorf("%s: all villages and all households are in, the weight is %v", h.Household, h.Weight)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	good := county()
	for want, change := range map[string]func(list []Listed, p *Plan) []Listed{
		"seed":           func(l []Listed, p *Plan) []Listed { p.Seed = ""; return l },
		"the list is em": func(l []Listed, p *Plan) []Listed { return nil },
		"on the list tw": func(l []Listed, p *Plan) []Listed { return append(l, l[0]) },
		"group":          func(l []Listed, p *Plan) []Listed { l[0].Group = "rich"; return l },
		"one line":       func(l []Listed, p *Plan) []Listed { l[0].Household = "a\nb"; return l },
		"is in strata":   func(l []Listed, p *Plan) []Listed { l[1].Stratum = "other"; return l },
		"does not say":   func(l []Listed, p *Plan) []Listed { delete(p.Villages, "other"); return l },
		"reserves":       func(l []Listed, p *Plan) []Listed { p.Reserves = -1; return l },
		"plan":           func(l []Listed, p *Plan) []Listed { p.Households[Exited] = -1; return l },
	} {
		p := plan("seed")
		if _, err := Draw(change(slices.Clone(good), &p), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

const byShell = "182b5828677e69289a35f0a2ebb741c48b3348d3af13d4277a904e60e08e05da"
