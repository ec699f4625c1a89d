package schedule_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	. "lastmile/internal/lending/schedule"
)

const small = `{"principal": "100", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15"`

func TestRunKeepsTheShape(t *testing.T) {
	const schedule = `{"rows": [
  {"n": 1, "due_on": "2020-02-15", "principal": "49.75", "interest": "1.00", "total": "50.75", "balance": "50.25"},
  {"n": 2, "due_on": "2020-03-15", "principal": "50.25", "interest": "0.50", "total": "50.75", "balance": "0.00"}
], "principal": "100.00", "interest": "1.50", "total": "101.50"}`
	for _, test := range []struct{ name, in, want string }{
		{"object", small + "}", schedule + "\n"},
		{"array of one", "[" + small + "}]", "[\n" + schedule + "\n]\n"},
		{"array of two, one with an id", "[" + small + `, "id": "L-\"1\""}, ` + small + "}]",
			"[\n" + `{"id": "L-\"1\"", ` + schedule[1:] + ",\n" + schedule + "\n]\n"},
		{"empty array", " []", "[]\n"},
		{"numbers instead of strings, mixed case, byte order mark",
			"\ufeff" + `{"principal": 100.00, "annual_rate": 12, "instalments": "2", "disbursed_on": "2020-01-15", "day_count": "30/360", "method": "Equal-Instalment"}`, schedule + "\n"},
		{"null is as good as absent", small + `, "every": null, "smooth": null}`, schedule + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Run(strings.NewReader(test.in), &out, JSON); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), test.want)
			}
			if !json.Valid(out.Bytes()) {
				t.Error("not JSON")
			}
		})
	}
}

func TestRunDecimals(t *testing.T) {
	for _, test := range []struct{ decimals, principal, want string }{
		{"0", "100", `"principal": "50", "interest": "1", "total": "51", "balance": "50"`},
		{"0", "100.00", `"principal": "50", "interest": "1", "total": "51", "balance": "50"`},
		{"3", "100", `"principal": "49.751", "interest": "1.000", "total": "50.751", "balance": "50.249"`},
	} {
		var out bytes.Buffer
		in := `{"principal": ` + test.principal + `, "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "decimals": ` + test.decimals + "}"
		if err := Run(strings.NewReader(in), &out, JSON); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("decimals %s: %s\nlacks %s", test.decimals, out.String(), test.want)
		}
	}
}

func TestRunTable(t *testing.T) {
	var out bytes.Buffer
	if err := Run(strings.NewReader(`{"id": "L-204", "principal": "100", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "method": "flat"}`), &out, Table); err != nil {
		t.Fatal(err)
	}
	const want = `
L-204
  n      due on  principal  interest   total  balance
  1  2020-02-15      50.00      1.00   51.00    50.00
  2  2020-03-15      50.00      1.00   51.00     0.00
         in all     100.00      2.00  102.00         
flat rate 12 %, true annual rate 15.9648 %
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestRunAccount(t *testing.T) {
	var out bytes.Buffer
	if err := Run(strings.NewReader(`{"principal": "10000", "annual_rate": "4.35", "instalments": 3, "disbursed_on": "2023-12-15",
		"day_count": "ACT/ACT", "grace_interest_payment": 1, "grace_principal": 1, "rate_changes": [{"on": "2024-02-05", "annual_rate": "3.85"}]}`), &out, Account); err != nil {
		t.Fatal(err)
	}
	const want = `
row 1, due 2024-01-15: interest 10000.00 × 4.35 % × (16/365 + 15/366) (2023-12-15 to 2024-01-15) = 36.896362003143947900291938, rounded half-even to 36.90, of which and of earlier interest 0.00 is due now and 36.90 later; principal 0.00: grace, none before row 2; owed afterwards 10000.00
row 2, due 2024-02-15: interest 10000.00 × 4.35 % × 21/366 (2024-01-15 to 2024-02-05) + 10000.00 × 3.85 % × 10/366 (2024-02-05 to 2024-02-15) = 35.478142076502732240437158, rounded half-even to 35.48, of which and of earlier interest 72.38 is due now and 0.00 later; principal 4989.90: instalment 5025.38 less the interest of the period; owed afterwards 5010.10
row 3, due 2024-03-15: interest 5010.10 × 3.85 % × 29/366 (2024-02-15 to 2024-03-15) = 15.283542759562841530054644, rounded half-even to 15.28; principal 5010.10: the last row takes the balance; owed afterwards 0.00
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Every message that a person can meet, as it is shown.
func TestProblems(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", "input: empty: give one contract as a JSON object, or several in an array"},
		{"cut off", `[{"principal": "1"`, "input: ends in the middle: a closing bracket or brace is missing"},
		{"not JSON", `principal=5`, "input: not JSON: invalid character 'p' looking for beginning of value, at byte 1"},
		{"two objects", small + "}" + small + "}", "input: more text after its end: put several contracts into one array, as [{…}, {…}]"},
		{"not an object", `[5]`, `contract 1: input: not an object: write it as {"field": value, …}`},
		{"no fields", `{}`, "principal: missing\nannual_rate: missing\ndisbursed_on: missing\ninstalments: missing"},
		{"all at once", `{"principal": "5,000", "annual_rate": "4.35%", "instalments": 0, "disbursed_on": "2020-02-30", "method": "annuity", "rounding": "bankers", "smooth": 1, "grace_principle": 2}`,
			`principal: "5,000" is not a decimal number: write it as 1234.56
annual_rate: "4.35%" is not a decimal number: write it as 1234.56
disbursed_on: "2020-02-30" is not in the calendar: that month has 29 days
method: "annuity" is unknown: choose equal-instalment, equal-principal, bullet, irregular or flat
rounding: "bankers" is unknown: choose half-even, half-up, down or up
smooth: 1 is neither true nor false
grace_principle: unknown field: choose from decimals, id, principal, annual_rate, instalments, disbursed_on, first_due_on, every, period, pay_day, due, method, day_count, rounding, instalment_multiple, grace_principal, grace_interest_payment, grace_interest_charged, disbursements, rate_changes, smooth
instalments: 0 is out of range: give 1 to 3660`},
		{"in its place", "[" + small + "}, " + small + `, "every": 0}, ` + small + `, "every": 1e2}]`,
			"contract 2: every: 0 is out of range: give 1 or more\ncontract 3: every: \"1e2\" is not a decimal number: write it as 1234.56"},
		{"more decimals than fen", strings.Replace(small, `"100"`, `"100.005"`, 1) + "}",
			"principal: 100.005 has more than 2 decimals: leave out or round what is beyond"},
		{"too large to read", strings.Replace(small, `"100"`, `"99999999999999999999"`, 1) + "}", "principal: 99999999999999999999 is too large"},
		{"too large to lend", strings.Replace(small, `"100"`, `"10000000000000.01"`, 1) + "}",
			"principal: 10000000000000.01 is out of range: lend from 0.01 to 10000000000000.00"},
		{"negative rate", strings.Replace(small, `"12"`, `"-1"`, 1) + "}", "annual_rate: -1 % is out of range: give a rate from 0 to 1000"},
		{"twice", small + `, "every": 1, "every": 2}`, "every: given twice: leave one out"},
		{"first due too early", small + `, "first_due_on": "2020-01-15"}`, "first_due_on: 2020-01-15 is not after the disbursement on 2020-01-15: give a later day"},
		{"grace beyond the term", small + `, "grace_principal": 3, "grace_interest_charged": -1}`,
			"grace_principal: 3 is out of range: the contract has 2 instalments, so give 0 to 2\ngrace_interest_charged: -1 is out of range: the contract has 2 instalments, so give 0 to 2"},
		{"pay day that is none", small + `, "pay_day": 32}`, "pay_day: 32 is not a day of the month: give 1 to 31"},
		{"pay day of a week", small + `, "pay_day": 3, "period": "weeks"}`, "pay_day: instalments every so many weeks have no day of the month: leave it out"},
		{"pay day elsewhere", small + `, "pay_day": 31, "first_due_on": "2020-02-28"}`,
			"pay_day: first_due_on 2020-02-28 does not fall on day 31: make it 2020-02-29, or leave pay_day out"},
		{"beyond the calendar", strings.Replace(small, "2020", "9998", 1) + `, "period": "years"}`, "instalments: the last due date is beyond the year 9999: lower instalments or every"},
		{"irregular without dates", small + `, "method": "irregular"}`, "due: an irregular contract needs its dates: list them with the principal of each"},
		{"dates out of order", small + `, "method": "bullet", "due": [{"on": "2020-03-01"}, {"on": "2020-03-01"}]}`,
			"due[1]: 2020-03-01 is not after 2020-03-01: put the dates in order, each later than the one before and than disbursed_on"},
		{"dates and instalments disagree", small + `, "method": "bullet", "first_due_on": "2020-02-01", "due": [{"on": "2020-03-01"}]}`,
			"instalments: 2, but due lists 1 dates: make them equal, or leave instalments out\nfirst_due_on: due lists the dates already: leave it out"},
		{"amounts nobody uses", small + `, "method": "bullet", "due": [{"on": "2020-03-01", "principal": "5"}, {"on": "2020-04-01"}]}`,
			"due[0]: principal is named, but only method irregular uses it: leave it out"},
		{"rest in the middle", small + `, "method": "irregular", "due": [{"on": "2020-03-01", "principal": "rest"}, {"on": "2020-04-01", "principal": "rest"}]}`,
			"due[0]: only the last date can take the rest: name an amount"},
		{"amounts short", small + `, "method": "irregular", "due": [{"on": "2020-03-01", "principal": "50"}, {"on": "2020-04-01", "principal": "49.99"}]}`,
			`due: the amounts add up to 99.99, the principal is 100.00: make them equal, or the last one "rest"`},
		{"amounts over", small + `, "method": "irregular", "due": [{"on": "2020-03-01", "principal": "50"}, {"on": "2020-04-01", "principal": "50.01"}]}`,
			"due[1]: principal 50.01: the dates may name from 0 to the principal 100.00 in all"},
		{"negative amount", small + `, "method": "irregular", "due": [{"on": "2020-03-01", "principal": "-0.01"}, {"on": "2020-04-01", "principal": "rest"}]}`,
			"due[0].principal: cannot be negative"},
		{"grace on named amounts", small + `, "method": "irregular", "grace_principal": 1, "due": [{"on": "2020-03-01"}, {"on": "2020-04-01", "principal": "rest"}]}`,
			"grace_principal: an irregular contract names its principal for each date: give 0 there instead"},
		{"more repaid than paid out", small + `, "method": "irregular", "due": [{"on": "2020-03-01", "principal": "60"}, {"on": "2020-04-01", "principal": "rest"}],
			"disbursements": [{"on": "2020-01-15", "amount": "50"}, {"on": "2020-03-01", "amount": "50"}]}`,
			"due[0]: principal 60.00 is more than the 50.00 owed on 2020-03-01: name less, or pay out earlier"},
		{"parts do not add up", small + `, "disbursements": [{"on": "2020-01-20", "amount": "50"}, {"on": "2020-01-19", "amount": "40"}]}`,
			`disbursements[0]: the first is on 2020-01-20, disbursed_on says 2020-01-15: make them equal
disbursements[1]: 2020-01-19 is before 2020-01-20: put them in order of their dates
disbursements: they add up to 90.00, the principal is 100.00: make them equal (the list includes the first)`},
		{"paid out too late, and nothing", small + `, "disbursements": [{"on": "2020-01-15", "amount": "100"}, {"on": "2020-03-15", "amount": "0"}]}`,
			"disbursements[1]: 2020-03-15 is not before the last due date 2020-03-15: pay it out earlier\ndisbursements[1]: amount 0.00 is out of range: pay out at least 0.01"},
		{"rate changes", small + `, "rate_changes": [{"on": "2020-01-14", "annual_rate": "1"}, {"on": "2020-01-14", "annual_rate": "1001"}, {"on": "2020-03-15", "annual_rate": "1"}]}`,
			`rate_changes[0]: 2020-01-14 is before the disbursement on 2020-01-15: give a later day
rate_changes[1]: 2020-01-14 is before the disbursement on 2020-01-15: give a later day
rate_changes[1]: annual_rate 1001 % is out of range: give a rate from 0 to 1000
rate_changes[2]: 2020-03-15 changes nothing, the last due date is 2020-03-15: leave it out`},
		{"rate changed twice a day", small + `, "rate_changes": [{"on": "2020-01-20", "annual_rate": "1"}, {"on": "2020-01-20", "annual_rate": "2"}]}`,
			"rate_changes[1]: 2020-01-20 is not after 2020-01-20: put them in order, one a day"},
		{"entries of a list", small + `, "rate_changes": [{"date": "2020-01-20"}], "disbursements": 5}`,
			`disbursements: not a list: write it as [{…}, {…}]
rate_changes[0].on: missing
rate_changes[0].annual_rate: missing
rate_changes[0].date: unknown field: choose from on, annual_rate`},
		{"debt that grows", `[` + small + `}, {"principal": "1000", "annual_rate": "45", "instalments": 12, "disbursed_on": "2020-01-15", "first_due_on": "2023-01-15"}]`,
			"contract 2: first_due_on: row 1, due 2023-01-15: the instalment 237.86 does not cover the interest 1350.00, so the debt would grow: bring the first due date nearer to disbursed_on, or lower annual_rate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Run(strings.NewReader(test.in), &out, JSON)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want Problems", err)
			}
			if err.Error() != test.want {
				t.Errorf("got\n%s\nwant\n%s", err, test.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

// What is written reads back as the same contract.
func TestContractRoundTrip(t *testing.T) {
	for i := range 2_000 {
		want := randomContract(rand.New(rand.NewPCG(9, uint64(i))))
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Contract
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s:\n%v", text, err)
		}
		again, err := json.Marshal(got)
		if err != nil || string(again) != string(text) {
			t.Fatalf("%s\nis read and written as\n%s", text, again)
		}
		a, errA := Schedule(nil, want)
		b, errB := Schedule(nil, &got)
		if !reflect.DeepEqual(a, b) || (errA == nil) != (errB == nil) {
			t.Fatalf("%s: schedule differs after reading back", text)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, format := range []Format{JSON, Table, Account} {
		if got, err := ParseFormat(format.String()); err != nil || got != format {
			t.Errorf("%s is read as %s, %v", format, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("xml was read")
	}
}

// FuzzRun feeds anything to Run: it must print a schedule or return Problems.
func FuzzRun(f *testing.F) {
	for _, text := range []string{
		small + "}", "[" + small + "}]", "[]", "{}", "", "[", "null", "5", `"x"`, "\ufeff[", `{"principal":{}}`, `{"":1}`, `[[]]`,
		small + `, "due": [{"on": "2020-03-01", "principal": "rest"}], "method": "irregular"}`,
		small + `, "disbursements": [{"on": "2020-01-15", "amount": "50"}, {"on": "2020-02-15", "amount": "50"}]}`,
		small + `, "rate_changes": [{"on": "2020-01-20", "annual_rate": "1"}], "period": "weeks", "every": 3660}`,
		`{"principal": "10000000000000", "annual_rate": "1000", "instalments": 3660, "disbursed_on": "0001-01-01", "period": "days"}`,
		`{"principal": "-9223372036854775808", "annual_rate": 1e999, "instalments": -1, "disbursed_on": "9999-12-31", "decimals": 6}`,
		small + `, "decimals": 0, "instalment_multiple": "7", "grace_principal": 1, "smooth": true, "method": "flat"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, format := range []Format{JSON, Table, Account} {
			var out bytes.Buffer
			err := Run(bytes.NewReader(in), &out, format)
			var problems Problems
			switch {
			case err == nil && format == JSON && !json.Valid(out.Bytes()):
				t.Errorf("printed what is not JSON: %s", out.Bytes())
			case err != nil && (!errors.As(err, &problems) || out.Len() > 0):
				t.Errorf("got %v and printed %q", err, out.String())
			}
		}
	})
}

// The example of the manual gives what the manual says.
func TestManualExample(t *testing.T) {
	manual, err := os.ReadFile("../../../docs/loan-schedule.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(info string) string {
		_, rest, found := strings.Cut(string(manual), "```json "+info+"\n")
		text, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("the manual has no block %q", info)
		}
		return text
	}
	var out bytes.Buffer
	if err := Run(strings.NewReader(block("contract")), &out, JSON); err != nil {
		t.Fatal(err)
	}
	if want := block("schedule"); out.String() != want {
		t.Errorf("the manual says\n%s\nbut it gives\n%s", want, out.String())
	}
}
