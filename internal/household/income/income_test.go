package income

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
)

var (
	year2019 = date.Interval{From: date.Date("2019-01-01"), To: date.Date("2019-12-31")}
	endOf    = date.Date("2019-12-31")
	strict   = Rules{Concept: "net_income", MigrantWage: "net", SelfConsumption: "counted", InventoryRule: "when_sold"}
)

// ledger reads an account written one line a row: code, yuan, and optionally a person.
func ledger(t *testing.T, text string) []Line {
	t.Helper()
	var lines []Line
	for i, row := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := strings.Fields(row)
		amount, err := ParseYuan(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		line := Line{ID: fmt.Sprint(i + 1), Code: Code(fields[0]), Amount: amount, On: date.Date("2019-06-15"), Verified: endOf}
		if len(fields) > 2 {
			line.Person = fields[2]
		}
		lines = append(lines, line)
	}
	return lines
}

func sum(t *testing.T, text string, rules Rules) Account {
	t.Helper()
	account, err := Sum(ledger(t, text), year2019, endOf, rules)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func yuan(t *testing.T, text string) Fen {
	t.Helper()
	amount, err := ParseYuan(text)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// Edge case 1: income exactly at the line is not above it, one fen more is.
// Edge case 2: with a line of 3,500 and 3 or 7 members nothing is divided, so nothing is rounded.
func TestEdgeCases1And2AtTheLine(t *testing.T) {
	line := PovertyLine{Amount: 350000}
	for _, members := range []int{1, 3, 7} {
		at := line.Amount * Fen(members)
		if line.Exceeded(at, members) {
			t.Errorf("%d members with %s are above the line of %s", members, at, line.Amount)
		}
		if !line.Exceeded(at+1, members) {
			t.Errorf("%d members with %s are not above the line of %s", members, at+1, line.Amount)
		}
	}
	// 1,050,001 fen among three prints as the line itself, and still is above it.
	if above := Fen(1050001); above.PerPerson(3) != line.Amount || !line.Exceeded(above, 3) {
		t.Errorf("%s among three prints %s", above, above.PerPerson(3))
	}
}

func TestExceededAgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := PovertyLine{Amount: Fen(rapid.Int64Range(1, 1_000_000).Draw(t, "line"))}
		members := rapid.IntRange(1, 20).Draw(t, "members")
		net := line.Amount*Fen(members) + Fen(rapid.Int64Range(-30, 30).Draw(t, "difference"))
		exact := big.NewRat(int64(net), int64(members)).Cmp(new(big.Rat).SetInt64(int64(line.Amount))) > 0
		if line.Exceeded(net, members) != exact {
			t.Fatalf("%s among %d against %s: Exceeded is %t", net, members, line.Amount, !exact)
		}
	})
}

// Edge case 3: a business may lose money, income may be zero, and nobody may be left to share it.
func TestEdgeCase3LossZeroNobody(t *testing.T) {
	loss := sum(t, `
		business.livestock   2000
		expense.production   6500
		transfer.pension     1200`, strict)
	if want := yuan(t, "-3300"); loss.Net != want || loss.Net.PerPerson(2) != want/2 {
		t.Errorf("net = %s, a person %s", loss.Net, loss.Net.PerPerson(2))
	}
	line := PovertyLine{Amount: 374700}
	if line.Exceeded(loss.Net, 2) || line.Exceeded(0, 1) || line.Exceeded(AmountMax, 0) {
		t.Error("a loss, nothing, or an income shared by nobody is above the line")
	}
}

// Edge case 4: a household of five splits into three and two in the middle of the year.
func TestEdgeCase4SplitAndMerge(t *testing.T) {
	until, from := date.Interval{To: date.Date("2019-06-30")}, date.Interval{From: date.Date("2019-07-01")}
	member := func(person, household string, during date.Interval) Membership {
		return Membership{person, household, during, true}
	}
	memberships := []Membership{
		member("father", "H", date.Interval{}), member("mother", "H", date.Interval{}), member("aunt", "H", date.Interval{}),
		member("son", "H", until), member("wife", "H", until),
		member("son", "K", from), member("wife", "K", from),
	}
	lines := ledger(t, `
		business.crops     100.01
		wage.local        3000      son
		net.repeating     -0.03`)
	got := Apportion("H", lines, memberships, endOf)
	want := map[string]string{
		"H": "business.crops 60.01, net.repeating -0.02",
		"K": "business.crops 40.00, wage.local 3000.00, net.repeating -0.01",
	}
	for household, text := range want {
		if describe(got[household]) != text {
			t.Errorf("%s: %s, want %s", household, describe(got[household]), text)
		}
	}

	// The aunt dies: what the household earned together stays with the four who remain.
	memberships[2].During.To = date.Date("2019-08-01")
	if got := describe(Apportion("H", lines[:1], memberships, endOf)["H"]); got != "business.crops 50.01" {
		t.Errorf("after a death H has %s", got)
	}
	// All move to L: the two households have merged.
	var merged []Membership
	for _, m := range memberships {
		m.During.To = date.Date("2019-10-01")
		merged = append(merged, m)
	}
	for _, person := range []string{"father", "mother", "son", "wife"} {
		merged = append(merged, member(person, "L", date.Interval{From: date.Date("2019-10-02")}))
	}
	if got := describe(Apportion("H", lines, merged, endOf)["L"]); got != "business.crops 100.01, wage.local 3000.00, net.repeating -0.03" {
		t.Errorf("after the merger L has %s", got)
	}
	// Nobody remains anywhere: the record stays where it was made.
	if got := describe(Apportion("H", lines, nil, endOf)["H"]); got != "business.crops 100.01, wage.local 3000.00, net.repeating -0.03" {
		t.Errorf("with nobody left H has %s", got)
	}
}

func describe(lines []Line) string {
	var parts []string
	for _, line := range lines {
		parts = append(parts, fmt.Sprintf("%s %s", line.Code, line.Amount))
	}
	return strings.Join(parts, ", ")
}

func TestApportionLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var memberships []Membership
		for i := range rapid.IntRange(1, 9).Draw(t, "members") {
			person, home := fmt.Sprint("p", i), rapid.SampledFrom([]string{"H", "K", "L", ""}).Draw(t, "home")
			memberships = append(memberships, Membership{person, "H", date.Interval{To: date.Date("2019-06-30")}, rapid.Bool().Draw(t, "shares")})
			if home != "" {
				memberships = append(memberships, Membership{person, home, date.Interval{From: date.Date("2019-07-01")}, true})
			}
		}
		amount := Fen(rapid.Int64Range(-int64(AmountMax), int64(AmountMax)).Draw(t, "amount"))
		parts := Apportion("H", []Line{{Code: "net.repeating", Amount: amount, On: date.Date("2019-05-01")}}, memberships, endOf)
		total := Fen(0)
		for _, lines := range parts {
			for _, line := range lines {
				total += line.Amount
			}
		}
		if total != amount {
			t.Fatalf("%s divided adds up to %s", amount, total)
		}
	})
}

// Edge case 5: lambs sold are income, the village's ewes are not; a loan and its subsidy are neither income nor cost.
func TestEdgeCase5SheepAndLoans(t *testing.T) {
	account := sum(t, `
		business.livestock         20000
		expense.production          4200
		expense.contract_fee         500
		excluded.village_asset     12000
		excluded.loan_principal    50000
		excluded.interest_subsidy   2175`, strict)
	if account.Net != yuan(t, "15300") || account.Property != 0 || account.Excluded != yuan(t, "64175") {
		t.Errorf("account = %+v", account)
	}
}

// Edge case 6: fixed-purpose money, gifts and aid are recorded and excluded; a dividend counts once it is distributed.
func TestEdgeCase6ExcludedMoney(t *testing.T) {
	account := sum(t, `
		excluded.house_repair      11500
		excluded.relocation        60000
		excluded.aid_in_kind         800
		excluded.condolence          500
		excluded.relief             3000
		excluded.village_dividend  20000
		property.dividend            300
		property.requisition        9000`, strict)
	if account.Net != yuan(t, "9300") {
		t.Errorf("net = %s, want the dividend and the compensation", account.Net)
	}
	if account.Repeating != yuan(t, "300") {
		t.Errorf("repeating = %s, want the dividend alone: compensation is paid once", account.Repeating)
	}
}

// Edge case 7: wage gross or net, produce eaten, stock unsold: each a switch, each visible in the account.
func TestEdgeCase7Switches(t *testing.T) {
	const lines = `
		wage.migrant            30000   son
		expense.living_away      9000   son
		business.eaten           1200
		business.stock           2500
		expense.transfers_paid    250`
	for _, c := range []struct {
		name      string
		turn      func(*Rules)
		net, left string
	}{
		{"as published", func(*Rules) {}, "22200", "2750"},
		{"gross wage", func(r *Rules) { r.MigrantWage = "gross" }, "31200", "11750"},
		{"produce eaten ignored", func(r *Rules) { r.SelfConsumption = "ignored" }, "21000", "3950"},
		{"stock valued", func(r *Rules) { r.InventoryRule = "valued" }, "24700", "250"},
		{"disposable income", func(r *Rules) { r.Concept = "disposable_income" }, "21950", "2500"},
	} {
		rules := strict
		c.turn(&rules)
		if account := sum(t, lines, rules); account.Net != yuan(t, c.net) || account.SwitchedOff != yuan(t, c.left) || account.MigrantCostMissing {
			t.Errorf("%s: net %s, switched off %s, want %s and %s", c.name, account.Net, account.SwitchedOff, c.net, c.left)
		}
	}
	if account := sum(t, "wage.migrant 30000 son\nexpense.living_away 9000 daughter", strict); !account.MigrantCostMissing {
		t.Error("nobody noticed that the son's living cost is missing")
	}
	if account := sum(t, "wage.migrant_net 21000 son", strict); account.MigrantCostMissing {
		t.Error("a wage that is net already wants a living cost")
	}
}

func TestSumSeparatesVerifiedFromUnverified(t *testing.T) {
	lines := ledger(t, "wage.local 5000\nexpense.production 700\nbusiness.crops 900\nexpense.tax 30")
	lines[2].Verified = ""
	lines[3].Verified = endOf.AddDays(1)
	account, err := Sum(lines, year2019, endOf, strict)
	if err != nil {
		t.Fatal(err)
	}
	if account.Net != 430000 || account.UnverifiedIncome != 90000 || account.UnverifiedExpense != 3000 || account.Lines != 2 {
		t.Errorf("account = %+v", account)
	}
	lines[0].On = date.Date("2020-01-01")
	if account, _ = Sum(lines, year2019, endOf, strict); account.Net != -70000 {
		t.Errorf("net with the wage of the next year = %s", account.Net)
	}
}

func TestSumRefuses(t *testing.T) {
	good := Line{ID: "7", Code: "wage.local", Amount: 100, On: endOf}
	for _, c := range []struct {
		name  string
		spoil func(*Line)
		want  string
	}{
		{"code", func(l *Line) { l.Code = "wage.royal" }, `code "wage.royal" is not in the code list`},
		{"date", func(l *Line) { l.On = "" }, "give the date"},
		{"negative", func(l *Line) { l.Amount = -1 }, "expense code"},
		{"large", func(l *Line) { l.Amount = AmountMax + 1 }, "larger than"},
	} {
		line := good
		c.spoil(&line)
		if _, err := Sum([]Line{line}, year2019, endOf, strict); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line 7") {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Edge case 8: the line of the year and of the county's province; a later line does not change an earlier decision.
func TestEdgeCase8LineOfYearAndProvince(t *testing.T) {
	published, err := PublishedLines()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ area, on, want string }{
		{"620524", "2018-11-30", "3500.00"}, // Gansu's own
		{"620524", "2019-11-30", "3747.00"}, // none of its own on file: the national one
		{"653127201207", "2018-11-30", "3535.00"},
		{"620524103", "2020-11-30", "4000.00"},
		{"", "2016-06-30", "3146.00"},
	} {
		line, ok := published.At("administrative", c.area, date.Date(c.on))
		if !ok || line.Amount.String() != c.want {
			t.Errorf("area %q on %s: line %s (%t), want %s", c.area, c.on, line.Amount, ok, c.want)
		}
	}
	if line, ok := published.At("administrative", "62", date.Date("2013-12-31")); ok {
		t.Errorf("before 2014 the administrative series has %s", line.ID)
	}

	province, err := ReadLines(strings.NewReader(linesHeader + `
a,national,2019,3747,x,2019-01-01,2019-12-31,C,x
a,33,2019,4600,x,2019-01-01,2019-06-30,B,x
a,33,2019,4800,x,2019-07-01,2019-12-31,B,x
`))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := province.At("a", "330100", date.Date("2019-06-30"))
	after, _ := province.At("a", "330100", date.Date("2019-07-01"))
	national, _ := province.At("a", "620524", date.Date("2019-07-01"))
	net := yuan(t, "4700")
	if !national.Exceeded(net, 1) || after.Exceeded(net, 1) || !before.Exceeded(net, 1) {
		t.Errorf("4,700 yuan: national %s, province before %s and after %s", national.ID, before.ID, after.ID)
	}
}

// The administrative series is 2,800 yuan raised by 6 % a year, rounded to the yuan, until 2019.
func TestAdministrativeSeriesIsSixPerCentAYear(t *testing.T) {
	published, err := PublishedLines()
	if err != nil {
		t.Fatal(err)
	}
	exact := big.NewRat(2800, 1)
	for year := 2014; year <= 2019; year++ {
		line, ok := published.At("administrative", "", date.Date(fmt.Sprintf("%d-07-01", year)))
		if want := exact.FloatString(0) + ".00"; !ok || line.Amount.String() != want {
			t.Errorf("%d: %s, want %s", year, line.Amount, want)
		}
		exact.Mul(exact, big.NewRat(106, 100))
	}
}

func TestReadLinesRefuses(t *testing.T) {
	for _, c := range []struct{ name, rows, want string }{
		{"overlap", "a,62,2019,1,x,2019-01-01,,A,s\na,62,2020,2,x,2020-01-01,,A,s", "hold on the same days"},
		{"amount", "a,62,2019,1.234,x,2019-01-01,,A,s", "line 2: amount"},
		{"zero", "a,62,2019,0,x,2019-01-01,,A,s", "not possible"},
		{"date", "a,62,2019,1,x,2019-02-31,,A,s", "valid_from"},
		{"order", "a,62,2019,1,x,2019-02-01,2019-01-01,A,s", "before it begins"},
		{"year", "a,62,now,1,x,2019-02-01,,A,s", `year "now"`},
		{"source", "a,62,2019,1,x,2019-02-01,,A,", "source is empty"},
		{"columns", "a,62", "line 2"},
	} {
		if _, err := ReadLines(strings.NewReader(linesHeader + "\n" + c.rows + "\n")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestParseYuan(t *testing.T) {
	for text, want := range map[string]Fen{"4000": 400000, "3,534.93": 353493, "-0.05": -5, "12.5": 1250, " 7 ": 700, "1,234,567": 123456700} {
		if got, err := ParseYuan(text); err != nil || got != want {
			t.Errorf("ParseYuan(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", ".5", "1.", "1.234", "1,23", "1e3", "４", "--1", "12,3456", "10000000000.01", "99999999999999999999", "1.-2"} {
		if got, err := ParseYuan(text); err == nil {
			t.Errorf("ParseYuan(%q) = %d, want an error", text, got)
		}
	}
}

func TestYuanRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := Fen(rapid.Int64Range(-int64(AmountMax), int64(AmountMax)).Draw(t, "amount"))
		if again, err := ParseYuan(amount.String()); err != nil || again != amount {
			t.Fatalf("ParseYuan(%s) = %d, %v", amount, again, err)
		}
	})
}

func TestRollingYear(t *testing.T) {
	if got := RollingYear(date.Date("2020-06-15")).String(); got != "2019-06-01 to 2020-05-31" {
		t.Errorf("identified on 2020-06-15: %s", got)
	}
	if got := RollingYear(date.Date("2020-03-31")).String(); got != "2019-03-01 to 2020-02-29" {
		t.Errorf("identified on 2020-03-31: %s", got)
	}
}

func TestCodesAreComplete(t *testing.T) {
	for _, entry := range Codes() {
		if entry.English == "" || entry.Chinese == "" || entry.Source == "" {
			t.Errorf("%s lacks words or a source", entry.Code)
		}
		if !strings.HasPrefix(string(entry.Code), string(entry.Kind)+".") {
			t.Errorf("%s is summed under %s", entry.Code, entry.Kind)
		}
		if entry.Kind == Excluded && entry.Repeats {
			t.Errorf("%s is excluded and repeats", entry.Code)
		}
	}
}
