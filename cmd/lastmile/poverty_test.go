package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/party"
	aid "lastmile/internal/programme"
	"lastmile/internal/store"
)

// The register is measured as a file is, against the published lines; what does not go together is refused with a way out.
func TestPovertyOfRegister(t *testing.T) {
	url := "sqlite:" + t.TempDir() + "/lastmile.db"
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	facts := []fact.Fact{
		&area.Area{Code: "62", Level: "province", Name: "甘肃省"}, &area.Area{Code: "620524", Parent: "62", Level: "county", Name: "武山县"},
		&area.Area{Code: "620524100201", Parent: "620524", Level: "village", Name: "一村"}, &area.Area{Code: "620524100202", Parent: "620524", Level: "village", Name: "二村"},
		&party.Party{ID: "x", Name: "X", Kind: "sponsor"}, &aid.Programme{ID: "p", Name: "P", Sponsor: "x"}, &aid.Designation{County: "620524", Programme: "p", Authority: "x", Document: "y"},
	}
	for i, yuan := range []int{3_999, 4_001, 9_000} {
		id := fmt.Sprint("H", i)
		facts = append(facts, &household.Household{ID: id, Area: fmt.Sprint("62052410020", 1+i/2), Standard: "national", Attribute: "ordinary", MainCause: "skill", Members: []string{"01 head 1975-03-02 male ordinary"}},
			&household.Visit{Household: id, Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: "2019-06-01", IncomeTo: "2020-05-31", Answers: []string{fmt.Sprint("wage.local.01=", yuan)}})
	}
	for _, f := range facts {
		if _, err := s.Recorder.Record(t.Context(), fact.Draft{Fact: f, On: "2020-06-01", Actor: fact.Operator, Source: "test"}); err != nil {
			t.Fatalf("%T: %v", f, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := command(t.Context(), "poverty", "--register", "--area", "620524", "--by", "village", "--as-of", "2020-12-31", "--db", url, "--json")
	var report struct {
		Areas []struct {
			Area      string
			Estimates []struct {
				Measure, Unit string
				Value         float64
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 {
		t.Fatalf("ended with %d: %v\n%s%s", code, err, out, errOut)
	}
	poor := map[string]float64{}
	for _, a := range report.Areas {
		for _, e := range a.Estimates {
			if e.Measure == "poor" && e.Unit == "persons" {
				poor[a.Area] = e.Value
			}
		}
	}
	if len(poor) != 3 || poor[""] != 1 || poor["620524100201"] != 1 || poor["620524100202"] != 0 {
		t.Errorf("the poor are %v, want one, in the first village", poor)
	}
	for _, args := range [][]string{{"poverty"}, {"poverty", "file.csv", "--register"}, {"poverty", "file.csv", "--area", "62"}, {"poverty", "--register", "--as-of", "soon", "--db", url},
		{"poverty", "--register", "--line", "0", "--db", url}, {"poverty", "--register", "--area", "9", "--db", url}} {
		if code, _, errOut := command(t.Context(), args...); code == 0 || errOut == "" {
			t.Errorf("%v ends with %d and says %q", args, code, errOut)
		}
	}
}
