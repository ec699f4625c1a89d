package casework_test

import (
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/household"
)

// People are found by what they are called and by their documents, whole, and no longer once their personal data is erased. A part of a number finds nobody.
func TestSearch(t *testing.T) {
	r := openRegister(t)
	receipt := r.do("2014-02-10", card("H1", 100))
	r.do("2014-02-11", card("H2", 101))
	find := func(text string) []household.Hit {
		t.Helper()
		list, err := household.Search(ctx, r.DB, r.Recorder.Keyed, text, "2015-01-01")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	document := number("1975-03-02", 201)
	for _, c := range []struct {
		text, member, by string
	}{
		{document, "H1-01", "document"},
		{document[:6] + " " + document[6:], "H1-01", "document"},
		{"阿卜杜拉·麦麦提" + string(rune(0x4e00+100)), "H1-01", "name"},
		{"阿卜杜拉 • 麦麦提" + string(rune(0x4e00+101)), "H2-01", "name"},
		{"古丽" + string(rune(0x4e00+100)), "H1-02", "name"},
		{"139-0000-0100", "H1-01", "phone"},
	} {
		if got := find(c.text); len(got) != 1 || got[0].Member != c.member || got[0].By != c.by || got[0].Household != c.member[:2] || got[0].Area != village {
			t.Errorf("%q finds %+v, want %s by %s", c.text, got, c.member, c.by)
		}
	}
	if got := find("阿卜杜拉"); len(got) != 2 {
		t.Errorf("a given name finds %+v, want both who are called so", got)
	}
	for _, part := range []string{document[:17], "古", "麦麦", ""} {
		if got := find(part); len(got) != 0 {
			t.Errorf("%q finds %+v", part, got)
		}
	}
	r.do("2015-01-01", &fact.Erasure{Entry: receipt.Seq, Reason: "asked for by the family"}, func(d *fact.Draft) { d.Actor, d.Approvers = fact.Operator, []string{"wu"} })
	if got := find(document); len(got) != 0 {
		t.Errorf("after the erasure the document finds %+v", got)
	}
	if got := find("阿卜杜拉"); len(got) != 1 || got[0].Household != "H2" {
		t.Errorf("after the erasure the name finds %+v", got)
	}
	names, err := household.HeadNames(ctx, r.DB, county, []string{"H1", "H2"})
	if err != nil || len(names) != 1 || names["H2"] != "阿卜杜拉·麦麦提"+string(rune(0x4e00+101)) {
		t.Errorf("heads are called %v (%v)", names, err)
	}
	r.replay(t)
}
