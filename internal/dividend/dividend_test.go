package dividend_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/countytest"
	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/notice"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

// withStakes opens a county in which three villages have stakes in a farm, whose plan guarantees 365,000 yuan a year from 2019 on.
func withStakes(t testing.TB) *countytest.County {
	c := countytest.New(t)
	c.Record(t, &party.Party{ID: "farm", Name: "Farm", Kind: "enterprise"}, &programme.Fund{ID: "FARM", Name: "Farm", Sponsor: "farm", Purpose: "Dividends"},
		&enterprise.Investment{ID: "I", Name: "Farm", Project: countytest.Project, Investor: "farm", Role: "Introduced it"},
		&enterprise.InvestmentStage{Investment: "I", Stage: "committed", Amount: 10_000_000_00, FundSource: "farm", Document: "Agreement"},
		&enterprise.InvestmentStage{Investment: "I", Stage: "contracted", Amount: 7_000_000_00, FundSource: "farm", Document: "Contract"})
	for i, stake := range []fact.Money{1_000_000_00, 2_000_000_00, 4_000_000_00} {
		c.Record(t, &enterprise.Stake{Investment: "I", Village: countytest.Collective(i), Amount: stake, Document: "Certificate"})
	}
	for i := range 4 {
		c.Record(t, &party.Party{ID: fmt.Sprintf("H-%d", i), Name: "Household", Kind: "household", Area: countytest.Village(0)})
	}
	c.Record(t, &dividend.Plan{ID: "PLAN", Name: "Plan", Investment: "I", Fund: "FARM", Guaranteed: 365_000_00, Begins: "2019-01-01", Years: 3, Notice: 7})
	c.On = "2020-01-06"
	return c
}

func declaration(id string, from date.Date, amount fact.Money, formula string) *dividend.Declaration {
	return &dividend.Declaration{ID: id, Plan: "PLAN", From: from, Until: from.AddDays(364), Amount: amount, Formula: formula}
}

// post puts the list of a declaration up in public for seven days.
func post(t testing.TB, c *countytest.County, id, declaration string) *notice.Notice {
	t.Helper()
	n, err := dividend.Freeze(t.Context(), c.DB, countytest.Book, declaration)
	if err != nil {
		t.Fatal(err)
	}
	n.ID, n.Place = id, "Village boards"
	c.Record(t, n)
	return n
}

// approved records a dividend of 2019 of 350,000.01 yuan by stake and its approval when the notice has run.
func approved(t testing.TB) *countytest.County {
	c := withStakes(t)
	c.Record(t, declaration("D-2019", "2019-01-01", 350_000_01, "stake"))
	post(t, c, "N-2019", "D-2019")
	c.On = "2020-01-14"
	c.Record(t, &dividend.Approval{Declaration: "D-2019", Minutes: "Meeting"})
	return c
}

// share is a village's plan to share dividend money out.
func share(id, village, declaration string, amount fact.Money, list ...string) *dividend.Sharing {
	return &dividend.Sharing{ID: id, Village: village, Declaration: declaration, Amount: amount, List: list}
}

// postSharing puts the list of a sharing up in public for seven days.
func postSharing(t testing.TB, c *countytest.County, id, sharing string) *notice.Notice {
	t.Helper()
	n, err := dividend.FreezeSharing(t.Context(), c.DB, countytest.Book, sharing)
	if err != nil {
		t.Fatal(err)
	}
	n.ID, n.Place = id, "Village board"
	c.Record(t, n)
	return n
}

// paidOut is the county when its first village has been paid 50,000 yuan of the dividend of 2019.
func paidOut(t testing.TB) *countytest.County {
	c := approved(t)
	c.Record(t, &dividend.Payment{Declaration: "D-2019", Village: countytest.Collective(0), Amount: 50_000_00, Voucher: "v"})
	c.On = "2020-01-16"
	return c
}

// TestIncomeWhenSharedOut follows a dividend from the plan to households: it is income of theirs when it is handed over, not before.
func TestIncomeWhenSharedOut(t *testing.T) {
	c := approved(t)
	for i, share := range []fact.Money{50_000_00, 100_000_00, 200_000_01} {
		c.Record(t, &dividend.Payment{Declaration: "D-2019", Village: countytest.Collective(i), Amount: share, Voucher: "v"})
	}
	village := countytest.Collective(0)
	if got := c.Number(t, figure.Sum, "household-income", figure.At{}); got != 0 {
		t.Errorf("a village's dividend counts %d as income of households before it is shared", got)
	}
	c.On = "2020-01-16"
	sharing := share("S", village, "D-2019", 20_000_00, "H-0=2", "H-1=4", "H-2=1")
	c.Record(t, sharing)
	c.Refuses(t, "dividend.notice-missing", &dividend.SharingApproval{Sharing: "S", Minutes: "Assembly"})
	postSharing(t, c, "N-S", "S")
	c.On = "2020-01-23"
	c.Refuses(t, "dividend.notice-running", &dividend.SharingApproval{Sharing: "S", Minutes: "Assembly"})
	c.On = "2020-01-24"
	c.Record(t, &dividend.Use{Village: village, For: "works", To: countytest.Supplier, Amount: 12_000_00, Voucher: "v", What: "Road"},
		&dividend.Use{Village: village, For: "posts", To: "H-3", Amount: 3_000_00, Voucher: "v", What: "Cleaner, one quarter"}, &dividend.SharingApproval{Sharing: "S", Minutes: "Assembly"})
	if got := c.Number(t, figure.Sum, "household-income", figure.At{}); got != 3_000_00 {
		t.Errorf("households got %s before anything was handed over, want the wage of 3000.00", fact.Money(got))
	}
	portions, err := sharing.Portions()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range portions {
		c.Record(t, &dividend.Share{Sharing: "S", Household: p.Household, Amount: p.Amount, Receipt: "r"})
	}
	if got := c.Number(t, figure.Sum, "household-income", figure.At{}); got != 23_000_00 {
		t.Errorf("households got %s, want 23000.00", fact.Money(got))
	}
	spent, err := dividend.Spent(t.Context(), c.DB, countytest.Book, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := (dividend.Spending{Village: village, Received: 50_000_00, Works: 12_000_00, Posts: 3_000_00, Shared: 20_000_00, Left: 15_000_00}); *spent[village] != want {
		t.Errorf("the village's money is %+v, want %+v", *spent[village], want)
	}
	years, err := dividend.Years(t.Context(), c.DB, countytest.Book, "PLAN", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(years) != 1 || years[0].Paid != 350_000_01 || years[0].Guaranteed != 365_000_00 || years[0].Shortfall != 14_999_99 {
		t.Errorf("the year is %+v, want 350000.01 paid of 365000.00", years)
	}
	for terms, want := range map[string]int64{"dividend-shortfall": 14_999_99, "dividend-guaranteed": 365_000_00, "dividend:CNY-dividend": 350_000_01} {
		if got := c.Number(t, figure.Sum, terms, figure.At{}); got != want {
			t.Errorf("%s is %s, want %s", terms, fact.Money(got), fact.Money(want))
		}
	}
	if got := c.Number(t, figure.Distinct, "dividend-village", figure.At{}); got != 3 {
		t.Errorf("%d villages were paid, want 3", got)
	}
	if got := c.Number(t, figure.Balance, "entitled:CNY-dividend", figure.At{}); got != 0 {
		t.Errorf("%s is still owed", fact.Money(got))
	}
	c.CheckReplay(t)
}

// TestApprovalWaitsForNoticeAndObjections tries to approve a dividend before its notice has run and its objections are settled, to pay it before it is approved,
// and more than is owed.
func TestApprovalWaitsForNoticeAndObjections(t *testing.T) {
	c := withStakes(t)
	for code, f := range map[string]fact.Fact{
		"dividend.outside":   declaration("X", "2018-01-01", 1_00, "stake"),
		"dividend.period":    &dividend.Declaration{ID: "X", Plan: "PLAN", From: "2019-01-01", Until: "2020-01-01", Amount: 1_00, Formula: "stake"},
		"dividend.fund":      &dividend.Plan{ID: "X", Name: "Plan", Investment: "I", Fund: countytest.Fund, Guaranteed: 1_00, Begins: "2019-01-01", Years: 1, Notice: 7},
		"stake.more":         &enterprise.Stake{Investment: "I", Village: countytest.Collective(0), Amount: 1, Document: "Certificate"},
		"stake.village":      &enterprise.Stake{Investment: "I", Village: "H-0", Amount: 1, Document: "Certificate"},
		"investment.more":    &enterprise.InvestmentStage{Investment: "I", Stage: "paid-in", Amount: 7_000_000_01, FundSource: "farm", Document: "Certificate"},
		"investment.sponsor": &enterprise.InvestmentStage{Investment: "I", Stage: "committed", Amount: 1, FundSource: "szse", Document: "Agreement"},
	} {
		c.Refuses(t, code, f)
	}
	c.Record(t, declaration("D", "2019-01-01", 300_00, "equal"))
	village := countytest.Collective(1)
	c.Refuses(t, "dividend.again", declaration("D2", "2019-01-01", 1_00, "equal"))
	c.Refuses(t, "dividend.notice-missing", &dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	other := &notice.Notice{ID: "N-0", Dividend: "D", Title: "Dividend", Area: countytest.Book, Place: "Board", Days: 7, DayKind: "calendar", List: []string{"VC=1.00"}, Hash: notice.Hash([]string{"VC=1.00"})}
	c.Refuses(t, "notice.dividend", other)
	n := post(t, c, "N", "D")
	for _, o := range []string{"O-1", "O-2"} {
		c.Record(t, &notice.Objection{ID: o, Notice: n.ID, Anonymous: true, Text: "Why so little?", AnswerBy: "2020-01-20"})
	}
	c.Record(t, &notice.Answer{Objection: "O-1", Verdict: notice.Rejected, Text: "It follows the stake"})
	for _, on := range []date.Date{"2020-01-06", "2020-01-13"} {
		c.On = on
		c.Refuses(t, "dividend.notice-running", &dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	}
	c.On = "2020-01-14"
	c.Refuses(t, "dividend.objections-open", &dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	c.Refuses(t, "dividend.unapproved", &dividend.Payment{Declaration: "D", Village: village, Amount: 1, Voucher: "v"})
	upheld := c.Record(t, &notice.Answer{Objection: "O-2", Verdict: notice.Upheld, Text: "A village was forgotten"})
	c.Refuses(t, "dividend.objection-upheld", &dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	c.Record(t, &fact.Reversal{Entry: upheld[0].Seq, Reason: "It was not"}, &notice.Answer{Objection: "O-2", Verdict: notice.Rejected, Text: "All are on it"},
		&dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	board, err := dividend.BoardOf(t.Context(), c.DB, countytest.Book, notice.DividendType, "D")
	if err != nil || board == nil || board.Raised != 2 || board.Open != 0 || board.Upheld != 0 || board.Until != "2020-01-13" {
		t.Errorf("the board is %+v (%v)", board, err)
	}
	for _, refused := range []struct {
		code string
		fact fact.Fact
	}{
		{"dividend.approved-already", &dividend.Approval{Declaration: "D", Minutes: "Another meeting"}},
		{"dividend.more", &dividend.Payment{Declaration: "D", Village: village, Amount: 100_01, Voucher: "v"}},
		{"dividend.more", &dividend.Payment{Declaration: "D", Village: "H-0", Amount: 1, Voucher: "v"}},
		{"dividend.short", &dividend.Use{Village: village, For: "works", To: countytest.Supplier, Amount: 1, Voucher: "v", What: "Road"}},
	} {
		c.Refuses(t, refused.code, refused.fact)
	}
}

// TestSharingWaitsForNoticeAndObjections tries to share out what may not be shared out, to whom, and before it may be.
func TestSharingWaitsForNoticeAndObjections(t *testing.T) {
	c := paidOut(t)
	village := countytest.Collective(0)
	for _, refused := range []struct {
		code string
		fact fact.Fact
	}{
		{"dividend.short", share("S", village, "D-2019", 50_000_01, "H-0=1")},
		{"household.unregistered", share("S", village, "D-2019", 100_00, countytest.Supplier+"=1")},
		{"sharing.line", share("S", village, "D-2019", 100_00, "H-0")},
		{"sharing.line", share("S", village, "D-2019", 100_00, "H-0=0")},
		{"sharing.twice", share("S", village, "D-2019", 100_00, "H-0=1", "H-0=2")},
		{"sharing.nothing", share("S", village, "D-2019", 1, "H-0=1", "H-1=1")},
		{"ref.unknown", share("S", village, "D-none", 100_00, "H-0=1")},
	} {
		c.Refuses(t, refused.code, refused.fact)
	}
	c.Record(t, share("S", village, "D-2019", 100_00, "H-0=1", "H-1=1", "H-2=1"))
	approval := &dividend.SharingApproval{Sharing: "S", Minutes: "Assembly"}
	c.Refuses(t, "dividend.unapproved", &dividend.Share{Sharing: "S", Household: "H-0", Amount: 33_34, Receipt: "r"})
	c.Refuses(t, "dividend.notice-missing", approval)
	other := &notice.Notice{ID: "N-0", Sharing: "S", Title: "Shared out", Area: countytest.Village(0), Place: "Board", Days: 7, DayKind: "calendar", List: []string{"H-3=100.00"}, Hash: notice.Hash([]string{"H-3=100.00"})}
	c.Refuses(t, "notice.sharing", other)
	n := postSharing(t, c, "N-1", "S")
	if len(n.Lines) != 3 || n.Lines[0] != "H×× 1份 33.34" {
		t.Errorf("the board shows %q", n.Lines)
	}
	c.Record(t, &notice.Objection{ID: "O", Notice: "N-1", Anonymous: true, Text: "My neighbour is not on it", AnswerBy: "2020-02-01"})
	c.On = "2020-01-24"
	c.Refuses(t, "dividend.objections-open", approval)
	answer := c.Record(t, &notice.Answer{Objection: "O", Verdict: notice.Upheld, Text: "It was forgotten"})
	c.Refuses(t, "dividend.objection-upheld", approval)
	c.Record(t, &fact.Reversal{Entry: answer[0].Seq, Reason: "It was not"}, &notice.Answer{Objection: "O", Verdict: notice.Rejected, Text: "It has moved away"}, approval)
	for _, refused := range []struct {
		code string
		fact fact.Fact
	}{
		{"dividend.approved-already", &dividend.SharingApproval{Sharing: "S", Minutes: "Another assembly"}},
		{"share.amount", &dividend.Share{Sharing: "S", Household: "H-0", Amount: 33_33, Receipt: "r"}},
		{"share.none", &dividend.Share{Sharing: "S", Household: "H-3", Amount: 33_33, Receipt: "r"}},
	} {
		c.Refuses(t, refused.code, refused.fact)
	}
	c.Record(t, &dividend.Share{Sharing: "S", Household: "H-0", Amount: 33_34, Receipt: "r"})
	c.Refuses(t, "share.none", &dividend.Share{Sharing: "S", Household: "H-0", Amount: 33_34, Receipt: "r2"})
	var s dividend.Sharing
	if thing, ok, err := fact.ThingOf[dividend.Sharing](t.Context(), c.DB, countytest.Book, notice.SharingType, "S"); err != nil || !ok {
		t.Fatal(ok, err)
	} else {
		s = *thing.Fact
	}
	list, err := dividend.SharedOut(t.Context(), c.DB, countytest.Book, &s)
	if err != nil || len(list) != 3 || list[0].Receipt != "r" || list[0].On != "2020-01-24" || list[1].On != "" || list[1].Amount != 33_33 {
		t.Errorf("the list shows %+v (%v)", list, err)
	}
	c.CheckReplay(t)
}

// TestSharingRestartsWhenItsListChanges corrects a list of households that is up: its notice no longer counts, and the new list runs from its own first day. What
// is approved cannot be corrected.
func TestSharingRestartsWhenItsListChanges(t *testing.T) {
	c := paidOut(t)
	village := countytest.Collective(0)
	first := c.Record(t, share("S", village, "D-2019", 100_00, "H-0=1", "H-1=1"))
	postSharing(t, c, "N-1", "S")
	c.On = "2020-01-18"
	correct := func(seq int64, f fact.Fact) ([]fact.Receipt, error) {
		d := c.Draft(f)
		d.Corrects = seq
		return c.Recorder.Record(t.Context(), d)
	}
	second, err := correct(first[0].Seq, share("S", village, "D-2019", 100_00, "H-0=1", "H-2=1"))
	if err != nil {
		t.Fatal(err)
	}
	approval := &dividend.SharingApproval{Sharing: "S", Minutes: "Assembly"}
	c.On = "2020-01-24"
	c.Refuses(t, "dividend.notice-missing", approval) // what has run is the list as it was
	postSharing(t, c, "N-2", "S")
	c.On = "2020-01-31"
	c.Refuses(t, "dividend.notice-running", approval)
	c.On = "2020-02-01"
	approved := c.Record(t, approval)
	if _, err := correct(second[0].Seq, share("S", village, "D-2019", 90_00, "H-0=1", "H-2=1")); err == nil {
		t.Error("a sharing that is approved was corrected")
	}
	c.Record(t, &fact.Reversal{Entry: approved[0].Seq, Reason: "The assembly met too early"})
	spent, err := dividend.Spent(t.Context(), c.DB, countytest.Book, "")
	if err != nil || spent[village].Left != 50_000_00 || spent[village].SetAside != 0 {
		t.Errorf("after the approval was taken back the village's money is %+v (%v)", spent[village], err)
	}
	c.CheckReplay(t)
}

// TestDividendRestartsWhenItsListChanges corrects a list that is still up, and refuses to correct what is approved.
func TestDividendRestartsWhenItsListChanges(t *testing.T) {
	c := withStakes(t)
	first := c.Record(t, declaration("D", "2019-01-01", 300_00, "equal"))
	post(t, c, "N-1", "D")
	d := c.Draft(declaration("D", "2019-01-01", 310_00, "equal"))
	d.Corrects = first[0].Seq
	second, err := c.Recorder.Record(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	c.On = "2020-01-14"
	c.Refuses(t, "dividend.notice-missing", &dividend.Approval{Declaration: "D", Minutes: "Meeting"}) // what is up is the list as it was
	post(t, c, "N-2", "D")
	c.On = "2020-01-22"
	c.Record(t, &dividend.Approval{Declaration: "D", Minutes: "Meeting"})
	if got := c.Number(t, figure.Sum, "dividend-declared:CNY-dividend", figure.At{}); got != 310_00 {
		t.Errorf("%s is declared, want what the correction says", fact.Money(got))
	}
	d = c.Draft(declaration("D", "2019-01-01", 320_00, "equal"))
	d.Corrects = second[0].Seq
	if _, err := c.Recorder.Record(t.Context(), d); err == nil {
		t.Error("an approved dividend was corrected")
	}
	c.CheckReplay(t)
}

// TestNothingIsLeftOver divides random amounts over random stakes and households: nothing is left over, and each gets its part to the fen.
func TestNothingIsLeftOver(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 200).Draw(r, "parts")
		s := dividend.Sharing{Amount: fact.Money(rapid.Int64Range(100_00, 1_000_000_000_00).Draw(r, "amount"))}
		var whole int64
		for i, n := range parts {
			s.List = append(s.List, fmt.Sprintf("H-%d=%d", i, n))
			whole += n
		}
		portions, err := s.Portions()
		if err != nil {
			r.Fatal(err)
		}
		var sum fact.Money
		for i, p := range portions {
			sum += p.Amount
			if exact := float64(s.Amount) * float64(parts[i]) / float64(whole); float64(p.Amount) < exact-1.01 || float64(p.Amount) > exact+1.01 {
				r.Fatalf("%d of %d parts of %s are %s", parts[i], whole, s.Amount, p.Amount)
			}
		}
		if sum != s.Amount {
			r.Fatalf("shares of %s add up to %s", s.Amount, sum)
		}
	})
}

// TestListAddsUp declares random amounts by stake and by equal parts: the list adds up to the amount, and all of it is owed.
func TestListAddsUp(t *testing.T) {
	c := withStakes(t)
	day := date.Date("2019-01-01") // each declares a day of its own
	var owed int64
	rapid.Check(t, func(r *rapid.T) {
		day = day.AddDays(1)
		amount := fact.Money(rapid.Int64Range(1, 1_000_000_00).Draw(r, "amount"))
		d := declaration("D-"+string(day), day, amount, rapid.SampledFrom([]string{"stake", "equal"}).Draw(r, "formula"))
		d.Until = day
		c.On = "2020-01-06"
		c.Record(t, d)
		post(t, c, "N-"+d.ID, d.ID)
		c.On = "2020-01-14"
		c.Record(t, &dividend.Approval{Declaration: d.ID, Minutes: "Meeting"})
		owed += int64(amount)
		if got := c.Number(t, figure.Balance, "entitled:CNY-dividend", figure.At{}); got != owed {
			r.Fatalf("%s is owed, %s was declared", fact.Money(got), fact.Money(owed))
		}
	})
}
