package goods_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/countytest"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/household"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

const project = countytest.Project

// withGivers opens a county with two givers of masks, two schools, a hospital and a household.
func withGivers(t testing.TB) *countytest.County {
	c := countytest.New(t)
	for _, p := range []party.Party{{ID: "giver-a", Name: "A", Kind: "member"}, {ID: "giver-b", Name: "B", Kind: "foundation"}} {
		c.Record(t, &p)
	}
	for id, kind := range map[string]string{"SC-1": "school", "SC-2": "school", "HO-1": "hospital", "H-0": "household"} {
		c.Record(t, &party.Party{ID: id, Name: id, Kind: kind, Area: countytest.Village(0)})
	}
	c.Record(t, &programme.Fund{ID: "A", Name: "A", Sponsor: "giver-a", Purpose: "Masks"}, &programme.Fund{ID: "B", Name: "B", Sponsor: "giver-b", Purpose: "Masks"},
		&goods.Batch{ID: "MK-1", Maker: "Maker", Commodity: "mask", Expires: "2020-06-30"})
	c.On = "2020-03-02"
	return c
}

func masks(fund string, n int64, batch string) *goods.Donation {
	return &goods.Donation{Project: project, Fund: fund, Commodity: "mask", Quantity: n, Document: "Deed of gift", Batch: batch}
}

// reconciled checks that what came in is what went out and what is left, for each giver, and gives the sums.
func reconciled(t testing.TB, c *countytest.County, on date.Date) map[string]goods.Account {
	t.Helper()
	list, err := goods.Reconcile(t.Context(), c.DB, countytest.Book, "mask", on)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]goods.Account{}
	for _, a := range list {
		if a.In != a.Delivered+a.Lost+a.Underway+a.Held || a.Underway < 0 || a.Held < 0 {
			t.Fatalf("on %q %+v does not add up", on, a)
		}
		sums[a.Fund] = a
	}
	return sums
}

// TestDispatch sends masks to a list and follows each of them.
func TestDispatch(t *testing.T) {
	c := withGivers(t)
	c.Record(t, masks("A", 300, ""), masks("B", 200, ""), masks("B", 100, "MK-1"),
		&goods.Dispatch{ID: "D-1", Project: project, Commodity: "mask", List: []string{"SC-1=200", "SC-2=150", "H-0=10"}, Carrier: "Post"},
		&goods.Dispatch{ID: "D-2", Project: project, Commodity: "mask", Batch: "MK-1", List: []string{"HO-1=60"}, Carrier: "Post"})
	deliver := func(to string, n int64, dispatch, batch string) *goods.Delivery {
		return &goods.Delivery{Project: project, To: to, Commodity: "mask", Quantity: n, Receipt: "r", Dispatch: dispatch, Batch: batch}
	}
	c.On = "2020-03-10"
	delivered := c.Record(t, deliver("SC-1", 200, "D-1", ""), deliver("SC-2", 100, "D-1", ""), deliver("H-0", 10, "D-1", ""))
	c.Record(t, &goods.Loss{Project: project, Commodity: "mask", Quantity: 20, Cause: "Wet", Dispatch: "D-1", To: "SC-2"},
		&goods.DispatchReturn{Dispatch: "D-1", To: "SC-2", Quantity: 30, Reason: "Too many"})
	for _, refused := range []struct {
		code string
		fact fact.Fact
	}{
		{"stock.short", deliver("SC-1", 1, "D-1", "")},
		{"stock.short", deliver("HO-1", 1, "D-1", "")},
		{"stock.short", deliver("HO-1", 171, "", "")},
		{"stock.short", deliver("HO-1", 61, "D-2", "MK-1")},
		{"stock.short", &goods.Loss{Project: project, Commodity: "mask", Quantity: 1, Cause: "Wet", Dispatch: "D-1", To: "SC-2"}},
		{"dispatch.back", &goods.DispatchReturn{Dispatch: "D-1", To: "SC-2", Quantity: 1, Reason: "None left"}},
		{"dispatch.short", &goods.Dispatch{ID: "D-3", Project: project, Commodity: "mask", List: []string{"SC-1=100", "SC-2=71"}, Carrier: "Post"}},
		{"dispatch.other", deliver("HO-1", 1, "D-2", "")},
		{"dispatch.line", &goods.Dispatch{ID: "D-3", Project: project, Commodity: "mask", List: []string{"SC-1"}, Carrier: "Post"}},
		{"dispatch.twice", &goods.Dispatch{ID: "D-3", Project: project, Commodity: "mask", List: []string{"SC-1=1", "SC-1=2"}, Carrier: "Post"}},
		{"ref.unknown", &goods.Dispatch{ID: "D-3", Project: project, Commodity: "mask", List: []string{"nobody=1"}, Carrier: "Post"}},
		{"batch.commodity", &goods.Donation{Project: project, Fund: "A", Commodity: "ambulance", Quantity: 1, Document: "d", Batch: "MK-1"}},
	} {
		c.Refuses(t, refused.code, refused.fact)
	}
	if a := reconciled(t, c, "2020-03-02"); a["A"].Underway+a["B"].Underway != 420 || a["A"].Held+a["B"].Held != 180 {
		t.Errorf("when all was underway the accounts were %+v", a)
	}
	a, b := reconciled(t, c, "")["A"], reconciled(t, c, "")["B"]
	if a.In != 300 || b.In != 300 || a.Delivered+b.Delivered != 310 || a.Lost+b.Lost != 20 || a.Underway+b.Underway != 60 || a.Held+b.Held != 210 {
		t.Errorf("the givers' accounts are %+v and %+v", a, b)
	}
	c.Record(t, &fact.Reversal{Entry: delivered[2].Seq, Reason: "Wrong house"})
	if a := reconciled(t, c, ""); a["A"].Underway+a["B"].Underway != 70 {
		t.Errorf("after a delivery was taken back the accounts are %+v", a)
	}
	c.CheckReplay(t)
}

// TestExpired tries to send, hand out and take in a batch after its last day: it can only be recorded as lost.
func TestExpired(t *testing.T) {
	c := withGivers(t)
	c.Record(t, masks("A", 50, "MK-1"), masks("B", 50, "MK-1"), &goods.Dispatch{ID: "D-1", Project: project, Commodity: "mask", Batch: "MK-1", List: []string{"SC-1=40"}, Carrier: "Post"})
	deliver := &goods.Delivery{Project: project, To: "SC-1", Commodity: "mask", Quantity: 10, Receipt: "r", Batch: "MK-1", Dispatch: "D-1"}
	c.On = "2020-06-30"
	c.Record(t, deliver)
	c.On = "2020-07-01"
	again := *deliver
	again.Receipt = "r2"
	c.Refuses(t, "batch.expired", &again)
	c.Refuses(t, "batch.expired", &goods.Dispatch{ID: "D-2", Project: project, Commodity: "mask", Batch: "MK-1", List: []string{"SC-1=1"}, Carrier: "Post"})
	c.Refuses(t, "batch.expired", masks("A", 1, "MK-1"))
	list, err := goods.ExpiredBy(t.Context(), c.DB, countytest.Book, c.On)
	if err != nil || len(list) != 1 || list[0].Quantity != 60 {
		t.Errorf("expired in store are %+v (%v), want 60 of MK-1", list, err)
	}
	c.Record(t, &goods.Loss{Project: project, Commodity: "mask", Quantity: 60, Cause: "Expired", Batch: "MK-1"},
		&goods.Loss{Project: project, Commodity: "mask", Quantity: 30, Cause: "Expired", Batch: "MK-1", Dispatch: "D-1", To: "SC-1"})
	if a := reconciled(t, c, ""); a["A"].Lost+a["B"].Lost != 90 || a["A"].Held+a["B"].Held != 0 {
		t.Errorf("after the loss the accounts are %+v", a)
	}
}

// TestAssets registers ambulances, accepts and checks them.
func TestAssets(t *testing.T) {
	c := withGivers(t)
	ambulance := func(id string) *goods.Asset {
		return &goods.Asset{ID: id, Name: "Ambulance", Project: project, Commodity: "ambulance", Fund: countytest.Fund, Custodian: "HO-1", Serial: id}
	}
	check := func(kind, result string) *goods.AssetCheck {
		return &goods.AssetCheck{Asset: "A-1", Check: kind, Result: result}
	}
	c.Record(t, &goods.Purchase{Project: project, Supplier: countytest.Supplier, Commodity: "ambulance", Quantity: 2, Amount: 300_000_00, Voucher: "v"})
	c.Refuses(t, "asset.undelivered", ambulance("A-1"))
	c.Record(t, &goods.Delivery{Project: project, To: "HO-1", Commodity: "ambulance", Quantity: 1, Receipt: "r"}, ambulance("A-1"))
	c.Refuses(t, "asset.undelivered", ambulance("A-2"))
	c.Refuses(t, "asset.faulty", check("acceptance", "repair"))
	accepted := c.Record(t, check("acceptance", "good"))
	c.Refuses(t, "asset.accepted", &goods.AssetCheck{Asset: "A-1", Check: "acceptance", Result: "good", Note: "again"})
	c.On = "2020-09-01"
	c.Record(t, check("condition", "repair"), &goods.AssetTransfer{Asset: "A-1", From: "HO-1", To: "SC-1", Reason: "School doctor"})
	c.Refuses(t, "asset.elsewhere", &goods.AssetTransfer{Asset: "A-1", From: "HO-1", To: "SC-2", Reason: "Twice"})
	list, err := goods.Register(t.Context(), c.DB, countytest.Book, c.On)
	if err != nil || len(list) != 1 || list[0].Condition != "repair" || list[0].Class != "SC-1" || list[0].Status != goods.Accepted || list[0].Checked != c.On {
		t.Errorf("the register is %+v (%v)", list, err)
	}
	c.Record(t, &fact.Reversal{Entry: accepted[0].Seq, Reason: "Wrong vehicle"})
	if got := c.Number(t, figure.Sum, "asset-accepted", figure.At{}); got != 0 {
		t.Errorf("%d assets are accepted after the acceptance was taken back", got)
	}
	c.CheckReplay(t)
}

// TestInIsOutAndBalance records random gifts, dispatches, deliveries, losses and returns: whatever is refused, for each giver what came in is what went out
// and what is left.
func TestInIsOutAndBalance(t *testing.T) {
	c := withGivers(t)
	step := 0
	rapid.Check(t, func(r *rapid.T) {
		var drafts []fact.Draft
		dispatch := ""
		for range rapid.IntRange(1, 12).Draw(r, "facts") {
			step++
			n := rapid.Int64Range(1, 60).Draw(r, "quantity")
			to := rapid.SampledFrom([]string{"SC-1", "SC-2", "HO-1"}).Draw(r, "to")
			var f fact.Fact
			switch rapid.IntRange(0, 5).Draw(r, "kind") {
			case 0:
				f = masks(rapid.SampledFrom([]string{"A", "B"}).Draw(r, "fund"), n, "")
			case 1:
				dispatch = fmt.Sprintf("D-%d", step)
				f = &goods.Dispatch{ID: dispatch, Project: project, Commodity: "mask", List: []string{fmt.Sprintf("%s=%d", to, n), fmt.Sprintf("H-0=%d", n)}, Carrier: "Post"}
			case 2:
				f = &goods.Delivery{Project: project, To: to, Commodity: "mask", Quantity: n, Receipt: "r"}
			case 3:
				f = &goods.Delivery{Project: project, To: to, Commodity: "mask", Quantity: n, Receipt: "r", Dispatch: dispatch}
			case 4:
				f = &goods.Loss{Project: project, Commodity: "mask", Quantity: n, Cause: "Torn", Dispatch: dispatch, To: to}
			default:
				if dispatch == "" {
					continue
				}
				f = &goods.DispatchReturn{Dispatch: dispatch, To: to, Quantity: n, Reason: "Too many"}
			}
			c.On = c.On.AddDays(rapid.IntRange(0, 1).Draw(r, "days"))
			if c.On >= countytest.Today {
				c.On = "2020-03-02"
			}
			d := c.Draft(f)
			d.Key = fmt.Sprintf("step-%d", step)
			drafts = append(drafts, d)
		}
		if len(drafts) == 0 {
			return
		}
		if _, _, err := c.Recorder.RecordEach(t.Context(), drafts); err != nil {
			r.Fatal(err)
		}
		reconciled(t, c, "")
	})
	c.CheckReplay(t)
}

// TestHouseholdDelivery hands goods to a household of the register, from the store and by dispatch: they have come to the household's village.
func TestHouseholdDelivery(t *testing.T) {
	c := withGivers(t)
	c.Record(t, &household.Household{ID: "CARD-1", Area: countytest.Village(0), Standard: "national", Attribute: "ordinary", MainCause: "skill", HouseGrade: "b",
		Members: []string{"01 head 1975-03-02 male ordinary"}, Names: []string{"01 马某"}},
		masks("A", 100, ""), &goods.Dispatch{ID: "D-1", Project: project, Commodity: "mask", List: []string{"CARD-1=40", "SC-1=20"}, Carrier: "Post"})
	deliver := func(to string, n int64, receipt, dispatch string) *goods.HouseholdDelivery {
		return &goods.HouseholdDelivery{Project: project, Household: to, Commodity: "mask", Quantity: n, Receipt: receipt, Dispatch: dispatch}
	}
	c.Refuses(t, "ref.unknown", deliver("nobody", 1, "r", ""))
	c.Refuses(t, "ref.unknown", deliver("SC-1", 1, "r", ""))
	c.Refuses(t, "stock.short", deliver("CARD-1", 41, "r", "D-1"))
	c.Refuses(t, "stock.short", deliver("CARD-1", 41, "r", ""))
	receipts := c.Record(t, deliver("CARD-1", 40, "r", "D-1"), deliver("CARD-1", 5, "r2", ""))
	if a := reconciled(t, c, "")["A"]; a.Delivered != 45 || a.Underway != 20 || a.Held != 35 {
		t.Errorf("after both deliveries the account is %+v", a)
	}
	list, err := goods.Movements(t.Context(), c.DB, countytest.Book, ledger.Delivery, "mask", c.On)
	if err != nil || len(list) != 2 || list[0].To != "recipient:CARD-1" || list[0].Amount+list[1].Amount != 45 || list[0].Area != countytest.Village(0) {
		t.Errorf("deliveries are %+v (%v)", list, err)
	}
	if r, ok := goods.ReceiptOf(list[0].Fact); !ok || r.To != "CARD-1" {
		t.Errorf("the receipt is %+v", r)
	}
	for area, want := range map[string]int64{countytest.Village(0): 45, countytest.Village(1): 0, countytest.Town: 45, countytest.Book: 45} {
		if got := c.Number(t, figure.Sum, "delivery:mask", figure.At{Filter: figure.Filter{Area: area}}); got != want {
			t.Errorf("%d masks were delivered in %s, want %d", got, area, want)
		}
	}
	c.Record(t, &fact.Reversal{Entry: receipts[1].Seq, Reason: "Wrong house"})
	if got := c.Number(t, figure.Sum, "delivery:mask", figure.At{Filter: figure.Filter{Area: countytest.Village(0)}}); got != 40 {
		t.Errorf("%d masks were delivered in the village after one delivery was taken back, want 40", got)
	}
	c.CheckReplay(t)
}
