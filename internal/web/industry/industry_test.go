package industry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/api"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/due"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/livestock"
	"lastmile/internal/notice"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

const (
	village = testworld.Town + "201"
	home    = "p-" + testworld.Wushan
)

// sharing is what the village shares out to two households, one of which has had its share.
var sharing = &dividend.Sharing{ID: "SH-1", Village: "VC-1", Declaration: "DIV-1", Amount: 2_000_00, List: []string{"H-1=3", "H-2=1"}}

func sharingNotice(t *testing.T) *notice.Notice {
	t.Helper()
	n, err := sharing.Notice(7, map[string]string{"H-1": "农户", "H-2": "农户"})
	if err != nil {
		t.Fatal(err)
	}
	n.ID, n.Title, n.Area, n.Place = "N-SH-1", "Shared out 分红到户公示", village, "Village board 村委会"
	return n
}

// app is a world in whose county a village has a herd, a contract, a stake, a dividend, masks and an ambulance.
func app(t *testing.T) *webtest.App {
	t.Helper()
	a := webtest.New(t)
	for _, f := range []struct {
		on   date.Date
		fact fact.Fact
	}{
		{"2020-01-02", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "北关村"}},
		{"2020-01-02", &party.Party{ID: "VC-1", Name: "北关村集体经济联合社", Kind: "village-collective", Area: village}},
		{"2020-01-02", &party.Party{ID: "H-1", Name: "农户", Kind: "household", Area: village}},
		{"2020-01-02", &party.Party{ID: "H-2", Name: "农户", Kind: "household", Area: village}},
		{"2020-01-02", &party.Party{ID: "SC-1", Name: "小学", Kind: "school", Area: testworld.Town}},
		{"2020-01-02", &party.Party{ID: "HO-1", Name: "县医院", Kind: "hospital", Area: testworld.Wushan}},
		{"2020-01-02", &party.Party{ID: "farm", Name: "Farm", Kind: "listed-company"}},
		{"2020-01-02", &programme.Commodity{ID: "sheep", Name: "Ewes 母羊", Unit: "head"}},
		{"2020-01-02", &programme.Commodity{ID: "lamb", Name: "Lambs 羊羔", Unit: "head"}},
		{"2020-01-02", &programme.Commodity{ID: "mask", Name: "Masks 口罩", Unit: "piece"}},
		{"2020-01-02", &programme.Commodity{ID: "ambulance", Name: "Ambulances 救护车", Unit: "piece"}},
		{"2020-05-02", &goods.Purchase{Project: home, Supplier: "builder-" + testworld.Wushan, Commodity: "sheep", Quantity: 12, Amount: 12_000_00, Voucher: "V-1"}},
		{"2020-05-02", &livestock.Herd{ID: "HERD-1", Name: "Herd of Beiguan 北关村羊群", Project: home, Village: village, Owner: "VC-1", Animals: "sheep", Young: "lamb", Fund: "own"}},
		{"2020-05-02", &livestock.Intake{Herd: "HERD-1", Heads: 12, Receipt: "RC-1"}},
		{"2020-05-03", &livestock.Contract{ID: "BC-1", Herd: "HERD-1", Household: "H-1", Heads: 10, Until: "2021-05-03", Offspring: "household", Share: 10, Replace: true, Deposit: 500_00, Inspect: 20}},
		{"2020-05-04", &livestock.Birth{Herd: "HERD-1", Contract: "BC-1", Heads: 8}},
		{"2020-05-05", &livestock.Death{Herd: "HERD-1", Contract: "BC-1", Of: "animals", Heads: 2, Cause: "predator"}},
		{"2020-05-20", &livestock.Sale{Herd: "HERD-1", Contract: "BC-1", Of: "young", Heads: 5, Price: 5_000_00, Cost: 400_00, Buyer: "Market"}},
		{"2020-05-21", &livestock.StockTake{Herd: "HERD-1", Contract: "BC-1", Of: "animals", Heads: 7, Reason: "one strayed"}},
		{"2020-05-02", &enterprise.Investment{ID: "INV-1", Name: "Cattle farm", Project: home, Investor: "farm", Role: "Brought them together"}},
		{"2020-05-02", &enterprise.InvestmentStage{Investment: "INV-1", Stage: "committed", Amount: 900_000_00, FundSource: "farm", Document: "Letter"}},
		{"2020-05-02", &enterprise.InvestmentStage{Investment: "INV-1", Stage: "contracted", Amount: 800_000_00, FundSource: "farm", Document: "Contract"}},
		{"2020-05-02", &enterprise.InvestmentStage{Investment: "INV-1", Stage: "paid-in", Amount: 700_000_00, FundSource: "farm", Document: "Bank"}},
		{"2020-05-02", &enterprise.Forecast{Investment: "INV-1", Of: "sales", Period: "a full year", Amount: 300_000_00, Author: "farm", Basis: "Study"}},
		{"2020-05-02", &enterprise.SalesReport{Investment: "INV-1", From: "2020-04-01", Until: "2020-04-30", Amount: 20_000_00, Reporter: "farm"}},
		{"2020-05-02", &enterprise.Stake{Investment: "INV-1", Village: "VC-1", Amount: 100_000_00, Document: "Certificate"}},
		{"2020-05-02", &enterprise.JobOffer{ID: "JOB-1", Employer: "farm", Area: testworld.Wushan, Title: "Herder", Posts: 4}},
		{"2020-05-03", &enterprise.Placement{ID: "PL-1", Offer: "JOB-1", Household: "H-1", Wage: 3_000_00}},
		{"2020-05-02", &programme.Fund{ID: "farm-fund", Name: "Dividends of the farm", Sponsor: "farm", Purpose: "Dividends"}},
		{"2020-05-02", &dividend.Plan{ID: "PLAN-1", Name: "Plan", Investment: "INV-1", Fund: "farm-fund", Rate: 800, Guaranteed: 9_000_00, Begins: "2019-05-01", Years: 5, Notice: 7}},
		{"2020-05-03", &dividend.Declaration{ID: "DIV-1", Plan: "PLAN-1", From: "2019-05-01", Until: "2020-04-30", Amount: 8_000_00, Formula: "stake"}},
		{"2020-05-03", &notice.Notice{ID: "N-1", Dividend: "DIV-1", Title: "Dividend", Area: testworld.Wushan, Place: "Board", Days: 7, DayKind: "calendar", List: []string{"VC-1=8000.00"}, Hash: notice.Hash([]string{"VC-1=8000.00"})}},
		{"2020-05-05", &notice.Objection{ID: "O-1", Notice: "N-1", Anonymous: true, Text: "Why?", AnswerBy: "2020-05-09"}},
		{"2020-05-06", &notice.Answer{Objection: "O-1", Verdict: notice.Rejected, Text: "As agreed"}},
		{"2020-05-11", &dividend.Approval{Declaration: "DIV-1", Minutes: "Minutes"}},
		{"2020-05-12", &dividend.Payment{Declaration: "DIV-1", Village: "VC-1", Amount: 6_000_00, Voucher: "DV-1"}},
		{"2020-05-13", &dividend.Use{Village: "VC-1", For: "posts", To: "H-1", Amount: 1_000_00, Voucher: "VP-1", What: "Cleaner"}},
		{"2020-05-14", sharing},
		{"2020-05-14", sharingNotice(t)},
		{"2020-05-22", &dividend.SharingApproval{Sharing: "SH-1", Minutes: "Assembly"}},
		{"2020-05-23", &dividend.Share{Sharing: "SH-1", Household: "H-1", Amount: 1_500_00, Receipt: "RS-1"}},
		{"2020-05-24", &dividend.Sharing{ID: "SH-2", Village: "VC-1", Declaration: "DIV-1", Amount: 500_00, List: []string{"H-2=1"}}},
		{"2020-05-02", &goods.Batch{ID: "LOT-1", Maker: "Maker", Commodity: "mask", Expires: "2020-06-20"}},
		{"2020-05-02", &goods.Donation{Project: home, Fund: "own", Commodity: "mask", Quantity: 1_000, Document: "Deed", Batch: "LOT-1"}},
		{"2020-05-03", &goods.Dispatch{ID: "DIS-1", Project: home, Commodity: "mask", Batch: "LOT-1", List: []string{"SC-1=300", "HO-1=200"}, Carrier: "Post"}},
		{"2020-05-05", &goods.Delivery{Project: home, To: "SC-1", Commodity: "mask", Quantity: 300, Receipt: "RC-9", Batch: "LOT-1", Dispatch: "DIS-1"}},
		{"2020-05-06", &goods.Loss{Project: home, Commodity: "mask", Quantity: 50, Cause: "Wet", Batch: "LOT-1"}},
		{"2020-05-02", &goods.Donation{Project: home, Fund: "own", Commodity: "ambulance", Quantity: 1, Document: "Deed"}},
		{"2020-05-03", &goods.Delivery{Project: home, To: "HO-1", Commodity: "ambulance", Quantity: 1, Receipt: "RC-10"}},
		{"2020-05-03", &goods.Asset{ID: "AMB-1", Name: "Ambulance", Project: home, Commodity: "ambulance", Fund: "own", Custodian: "HO-1", Serial: "甘E 0001"}},
	} {
		record(t, a, f.on, f.fact)
	}
	return a
}

// record has the operator record a fact, approved where it needs to be.
func record(t *testing.T, a *webtest.App, on date.Date, f fact.Fact) {
	t.Helper()
	d := fact.Draft{Fact: f, On: on, Actor: fact.Operator, Source: "test"}
	if fact.KindOf(f).Approval != nil {
		d.Approvers = []string{"approver", "second"}
	}
	if _, err := a.Store.Recorder.Record(t.Context(), d); err != nil {
		t.Fatalf("record %T: %v", f, err)
	}
}

// TestPages opens every page in both languages and asks for the numbers that the records give.
func TestPages(t *testing.T) {
	a := app(t)
	en := a.As("officer")
	zh := en.In("zh-CN")
	w := testworld.Wushan
	for _, p := range []struct {
		path   string
		en, zh []string
	}{
		{"/herds", []string{"1 herd with 9 head, 7 of them", "8 young were born"}, []string{"村集体畜群 1 个", "9 头"}},
		{"/herds?county=" + testworld.Maigaiti, []string{"No village has a herd"}, []string{"尚无村集体畜群"}},
		{"/herds/" + w + "/HERD-1", []string{"Delivered to the village +12", "Died −2", "Missing at stock-take −1", "Present 9 3", "one strayed"}, []string{"盘亏 −1", "现有 9 3"}},
		{"/herds/" + w + "/HERD-1?on=2020-05-04", []string{"12 Ewes on 4 May 2020", "Present 12 8"}, []string{"现有 12 8"}},
		{"/contracts", []string{"1 contract with 1 household over 10 head: 7 are there now", "BC-1"}, []string{"1 份合同"}},
		{"/contracts?state=missing&village=" + village, []string{"1 contract Download"}, []string{"1 份合同 下载"}},
		{"/contracts?state=ended", []string{"0 of 1", "No contract matches"}, []string{"没有符合条件的合同"}},
		{"/contracts/" + w + "/BC-1", []string{"10 head lent to household H-1", "¥4,100.00", "Cause: Predator", "3 lost, 0 replaced, 3 to replace", "was due by 23 May 2020"}, []string{"4,100.00 元", "野兽", "损失 3"}},
		{"/contracts/" + w + "/BC-1/paper", []string{"Party A lends Party B 10 Ewes", "Party A gets 10 %", "signature, seal"}, []string{"母羊 10 头（只）承包给乙方", "10 % 归甲方", "签字盖章"}},
		{"/investments", []string{"¥900,000 committed, ¥800,000 contracted, ¥700,000 paid in"}, []string{"意向 90 万元"}},
		{"/investments/" + w + "/INV-1", []string{"Letter", "a full year", "¥300,000", "¥20,000", "1 stake of a village"}, []string{"各方预测（不计入实绩）", "1 笔村集体入股"}},
		{"/jobs", []string{"1 company offers 4 posts; 1 are filled. Of 1 persons placed, 1 are of registered poor households"}, []string{"在岗 1 人"}},
		{"/dividends", []string{"of which ¥6,000 was paid", "8%"}, []string{"已公布分红 1 期"}},
		{"/dividends/" + w + "/DIV-1", []string{"Being paid", "1 raised, 1 answered, 0 upheld", "DV-1", "¥3,000"}, []string{"收到 1 件", "支付中"}},
		{"/dividends/" + w + "/DIV-1/notice", []string{"北关村", "¥8,000.00", "10 May 2020"}, []string{"村集体分红公示", "北关村"}},
		{"/dividends/uses", []string{"1 village was paid ¥6,000", "¥1,000 for welfare posts", "¥1,500 shared to households", "¥3,500 unspent"}, []string{"公益岗位 1,000 元"}},
		{"/sharings", []string{"2 village lists: ¥2,500 for 3 households, of which ¥1,500 was handed over", "Being handed over", "To put up"}, []string{"3 户共分得 2,500 元", "待公示"}},
		{"/sharings/" + w + "/SH-1", []string{"Dividend shared out by", "¥2,000 for 2 households", "14 May 2020 to 21 May 2020", "RS-1", "Not handed over yet", "0 raised"}, []string{"已向 1 户发放", "尚未发放", "发放中"}},
		{"/sharings/" + w + "/SH-2", []string{"Not put up yet; the plan asks for 7 days"}, []string{"尚未公示，方案要求公示 7 天"}},
		{"/notices/" + w + "/N-SH-1", []string{"Parts and yuan", "农× 3份 1,500.00", "Dividend"}, []string{"份数和金额（元）", "农× 3份 1,500.00"}},
		{"/notices/" + w + "/N-1", []string{"Village", "北关村集体经济联合社 8000.00"}, []string{"北关村集体经济联合社 8000.00"}},
		{"/due?reason=hand", []string{"SH-1", "Shares not handed over"}, []string{"分红待发放到户"}},
		{"/goods", []string{"3 kinds of goods"}, []string{"物资 3 类"}},
		{"/goods?commodity=mask", []string{"1,000 came in, 300 were delivered, 200 are on their way, 50 were lost and 450 are in store"}, []string{"收入 1,000"}},
		{"/goods/donations", []string{"3 donations and purchases"}, []string{"捐赠和采购 3 笔"}},
		{"/goods/deliveries", []string{"RC-9", "RC-10", "RC-1"}, []string{"RC-9"}},
		{"/goods/deliveries?proof=open&commodity=mask", []string{"1 line"}, []string{"1 条"}},
		{"/goods/dispatches", []string{"1 dispatch; 1 not yet received in full"}, []string{"在途"}},
		{"/goods/dispatches/" + w + "/DIS-1", []string{"500 sent on 3 May 2020", "300 received. Receivers: 2", "RC-9"}, []string{"接收方 2 个"}},
		{"/goods/assets", []string{"1 asset is registered: 0 accepted", "甘E 0001"}, []string{"待验收"}},
		{"/goods/assets/" + w + "/AMB-1", []string{"To be accepted", "县医院"}, []string{"由县医院保管"}},
		{"/due", []string{"inspection overdue", "Animals missing", "many deaths", "Dividend owed", "not confirmed", "Expires soon", "To be accepted"}, []string{"检查逾期", "牲畜缺失", "分红待付", "未签收", "临期"}},
		{"/due?reason=pay", []string{"DIV-1"}, []string{"DIV-1"}},
		{"/flow?commodity=mask", []string{"Losses 1 50 50"}, []string{"损耗 1 50 50"}},
		{"/todo", []string{"1 inspection overdue", "1 place with animals missing"}, []string{"份合同检查逾期"}},
	} {
		for _, one := range []struct {
			page  *webtest.Page
			texts []string
		}{{en.Get(p.path), p.en}, {zh.Get(p.path), p.zh}} {
			one.page.Says(200, one.texts...)
			if strings.Contains(one.page.Body, "⟦") {
				t.Errorf("%s has a text that is missing or wants an argument: %s", p.path, one.page.Body[strings.Index(one.page.Body, "⟦"):][:80])
			}
		}
	}
}

// TestDownloads asks for the tables of lists.
func TestDownloads(t *testing.T) {
	b := app(t).As("officer")
	w := testworld.Wushan
	for path, want := range map[string]string{
		"/herds.csv":                           "HERD-1," + village + ",2,7,1,3,2,1,",
		"/contracts.csv":                       "BC-1,running," + village + ",10,7,8,2,2020-05-23,H-1,HERD-1,2020-05-03,2021-05-03,3,5,1,",
		"/investments.csv":                     "INV-1,farm,900000.00,800000.00,700000.00,300000.00,20000.00,100000.00,",
		"/jobs.csv":                            "farm,JOB-1," + w + ",0.00,4,1,1,1",
		"/dividends.csv":                       "DIV-1,approved,2019-05-01/2020-04-30,9000.00,8000.00,6000.00,3000.00,",
		"/dividends/" + w + "/DIV-1/list.csv":  "VC-1,8000.00,6000.00,DV-1,2020-05-12,",
		"/dividends/uses.csv":                  "VC-1,6000.00,0.00,1000.00,1500.00,500.00,3000.00",
		"/sharings.csv":                        "SH-1,approved,2020-05-21,2,2000.00,1500.00,VC-1,DIV-1",
		"/sharings/" + w + "/SH-1/list.csv":    "H-1,3,1500.00,RS-1,2020-05-23",
		"/goods.csv?commodity=mask":            "mask,own," + home + ",1000,300,200,50,450," + w,
		"/goods/donations.csv?commodity=sheep": "2020-05-02,builder-" + w + ",sheep,12,V-1,own," + home,
		"/goods/deliveries.csv?commodity=mask": "2020-05-05,SC-1,mask,300,RC-9,own," + home + ",LOT-1,partly,",
		"/goods/dispatches.csv":                "DIS-1,2020-05-03,mask,2,500,200,1",
		"/goods/assets.csv":                    "AMB-1,registered,HO-1,甘E 0001,own,,,ambulance," + home,
		"/due.csv?reason=missing":              "BC-1,missing," + village + ",,1",
	} {
		page := b.Get(path)
		if page.Status != 200 || !strings.Contains(page.Body, want) {
			t.Errorf("%s: status %d, no line %q in\n%s", path, page.Status, want, page.Body)
		}
	}
}

// TestAreas comes as somebody of another county, who may see none of it, and as an assistant of this one, who finds forms filled in.
func TestAreas(t *testing.T) {
	a := app(t)
	far, near := a.As("faraway"), a.As("assistant")
	w := testworld.Wushan
	for _, path := range []string{"/herds/" + w + "/HERD-1", "/contracts/" + w + "/BC-1", "/contracts/" + w + "/BC-1/paper", "/dividends/" + w + "/DIV-1", "/dividends/" + w + "/DIV-1/notice", "/dividends/" + w + "/DIV-1/list.csv", "/sharings/" + w + "/SH-1", "/sharings/" + w + "/SH-1/list.csv"} {
		far.Get(path).Says(403)
		near.Get(path).Says(200)
	}
	for _, path := range []string{"/investments/" + w + "/INV-1", "/goods/dispatches/" + w + "/DIS-1", "/goods/assets/" + w + "/AMB-1"} {
		far.Get(path).Says(404)
		near.Get(path).Says(200)
	}
	for _, path := range []string{"/herds", "/contracts.csv", "/investments.csv", "/jobs.csv", "/dividends.csv", "/dividends/uses.csv", "/sharings.csv", "/goods.csv", "/goods/deliveries.csv", "/goods/assets.csv", "/due.csv"} {
		page := far.Get(path)
		for _, hidden := range []string{"HERD-1", "BC-1", "INV-1", "JOB-1", "DIV-1", "SH-1", "VC-1", "RC-9", "AMB-1", "LOT-1"} {
			if strings.Contains(page.Body, hidden) {
				t.Errorf("%s shows %s to somebody of another county", path, hidden)
			}
		}
	}
	links := near.Get("/contracts/" + w + "/BC-1").Links()
	for _, want := range []string{"/record/animal-inspection?contract=BC-1", "/record/animal-sale?contract=BC-1&herd=HERD-1&of=young"} {
		if !strings.Contains(strings.Join(links, " "), want) {
			t.Errorf("the contract's page does not lead to %s: %v", want, links)
		}
	}
	if links := strings.Join(near.Get("/sharings/"+w+"/SH-2").Links(), " "); !strings.Contains(links, "/record/notice?") || !strings.Contains(links, "sharing=SH-2") || !strings.Contains(links, "H-2%3D500.00") {
		t.Errorf("the sharing's page does not lead to the form of its notice with its list: %s", links)
	}
	near.Get("/record/animal-sale?contract=BC-1&herd=HERD-1&of=young").Says(200, "BC-1", "HERD-1")
}

// TestRemembered asks for pages again and again: what is recorded shows at once, and what one visitor was shown shows to nobody else.
func TestRemembered(t *testing.T) {
	a := app(t)
	all, far, near := a.As("officer"), a.As("faraway"), a.As("assistant")
	contract := "/contracts/" + testworld.Wushan + "/BC-1"
	for range 2 {
		all.Get("/goods?commodity=mask").Says(200, "1,000 came in, 300 were delivered, 200 are on their way, 50 were lost and 450 are in store")
		all.Get("/contracts").Says(200, "7 are there now")
		all.Get("/due?reason=inspection").Says(200, "BC-1")
		all.Get("/todo").Says(200, "1 inspection overdue")
		all.In("zh-CN").Get("/due").Says(200, "检查逾期")
		near.Get("/due?reason=inspection").Says(200, "BC-1", "inspection overdue")
		near.Get(contract).Says(200)
		far.Get(contract).Says(403)
		for _, path := range []string{"/goods.csv", "/contracts.csv", "/due.csv", "/todo"} {
			for _, hidden := range []string{"BC-1", "mask", "inspection overdue"} {
				if strings.Contains(far.Get(path).Body, hidden) {
					t.Errorf("%s shows %s to somebody of another county", path, hidden)
				}
			}
		}
	}
	record(t, a, "2020-05-25", &goods.Delivery{Project: home, To: "HO-1", Commodity: "mask", Quantity: 200, Receipt: "RC-11", Batch: "LOT-1", Dispatch: "DIS-1"})
	all.Get("/goods?commodity=mask").Says(200, "500 were delivered, 0 are on their way")
	record(t, a, "2020-05-25", &livestock.Inspection{Contract: "BC-1", Heads: 7, Condition: "good"})
	if page := all.Get("/due?reason=inspection"); strings.Contains(page.Body, "BC-1") {
		t.Error("an inspection that was made is still due")
	}
	record(t, a, "2020-05-26", &livestock.Death{Herd: "HERD-1", Contract: "BC-1", Of: "animals", Heads: 1, Cause: "predator"})
	all.Get("/contracts").Says(200, "6 are there now")
	near.Get(contract).Says(200, "6")
}

// TestDue holds what the page, its download, the work list and the answer to programs say is due against what package due finds.
func TestDue(t *testing.T) {
	a := app(t)
	record(t, a, "2020-05-06", &livestock.Death{Herd: "HERD-1", Contract: "BC-1", Of: "young", Heads: 2, Cause: "predator"})
	record(t, a, "2020-05-25", &livestock.StockTake{Herd: "HERD-1", Contract: "BC-1", Of: "young", Heads: 0, Reason: "one strayed"})
	w := testworld.Wushan
	items, err := due.Items(t.Context(), a.Store.DB, w, a.Store.Today())
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]bool{}
	var lines []string
	for _, i := range items {
		reasons[i.Reason] = true
		code := i.ID
		if i.Type == "entry" {
			code = w + ":" + i.ID
		}
		lines = append(lines, fmt.Sprintf("%s,%s,%s,%s,%d", code, i.Reason, i.Area, i.By, i.Number))
	}
	for _, reason := range []string{"missing", "deaths", "inspection", "post", "pay", "hand", "underway", "receipt", "expiry", "accept"} {
		if !reasons[reason] {
			t.Errorf("nothing is due for the reason %s in %v", reason, lines)
		}
	}
	officer := a.As("officer")
	csv := strings.Split(strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(officer.Get("/due.csv?county="+w).Body, "\ufeff"), "\r", "")), "\n")
	if head := "what,reason,area,day,number"; csv[0] != head || !slices.Equal(csv[1:], lines) {
		t.Errorf("the download has\n%s\nwant %s and\n%s", strings.Join(csv, "\n"), head, strings.Join(lines, "\n"))
	}
	var answer api.Dues
	if err := json.Unmarshal([]byte(officer.Get(api.Path+"/due?limit=200&book="+w).Body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Due) != len(items) {
		t.Errorf("programs are answered %d things, want %d", len(answer.Due), len(items))
	}
	for n, d := range answer.Due {
		if i := items[n]; i != (due.Item{Reason: d.Reason, Book: d.Book, Area: d.Area, Type: d.Type, ID: d.ID, By: d.By, Number: d.Number, Commodity: d.Commodity, Project: d.Project, Kind: d.Kind}) {
			t.Errorf("programs are answered %+v, want %+v", d, i)
		}
	}
	todo := officer.Get("/todo")
	for _, c := range due.Tally(items) {
		todo.Says(200, fmt.Sprintf("%d %s", c.N, map[string]string{"missing": "places with animals missing", "deaths": "places with many deaths", "inspection": "inspection overdue", "post": "list to put up",
			"pay": "dividend not wholly paid", "hand": "sharing not wholly handed over", "underway": "dispatch not confirmed", "receipt": "deliveries without receipt", "expiry": "batch about to expire", "accept": "asset to accept"}[c.Reason]))
	}
	links := strings.Join(a.As("assistant").Get("/due").Links(), "\n")
	for _, want := range []string{
		"/record/animal-stock-take?contract=BC-1&herd=HERD-1&of=animals",
		"/record/animal-stock-take?contract=BC-1&herd=HERD-1&of=young",
		"/record/animal-inspection?contract=BC-1",
		"/record/dividend-share?sharing=SH-1",
		"/record/delivery?batch=LOT-1&commodity=mask&project=" + home,
		"/record/asset-check?asset=AMB-1&check=acceptance",
		"/record/proof?book=" + w + "&entry=",
		"/sharings/" + w + "/SH-2", "/goods/dispatches/" + w + "/DIS-1", "/entries/" + w + "/",
	} {
		if !strings.Contains(links, want) {
			t.Errorf("the page does not lead to %s:\n%s", want, links)
		}
	}
}

// TestPrograms asks as a program for what the downloads of lists say.
func TestPrograms(t *testing.T) {
	b := app(t).As("officer")
	w := testworld.Wushan
	read := func(path string, answer any) {
		t.Helper()
		if err := json.Unmarshal([]byte(b.Get(api.Path+path).Says(200).Body), answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var herds api.Herds
	if read("/herds?book="+w, &herds); len(herds.Herds) != 1 {
		t.Fatalf("herds: %+v", herds)
	}
	if h := herds.Herds[0]; h.ID != "HERD-1" || h.Area != village || h.Kept != 2 || h.Lent != 7 || h.Young != 3 || h.Born != 8 || h.Died != 2 || h.Missing != 1 || h.Contracts != 1 {
		t.Errorf("herd: %+v", h)
	}
	var contracts api.Contracts
	if read("/contracts?herd=HERD-1&book="+w, &contracts); len(contracts.Contracts) != 1 {
		t.Fatalf("contracts: %+v", contracts)
	}
	if c := contracts.Contracts[0]; c.ID != "BC-1" || c.Area != village || c.Animals != 7 || c.Young != 3 || c.Missing != 1 || c.Duty != 10 || c.Inspected != "" || c.InspectedBy != "2020-05-23" {
		t.Errorf("contract: %+v", c)
	}
	var investments api.Investments
	if read("/investments?book="+w, &investments); len(investments.Investments) != 1 {
		t.Fatalf("investments: %+v", investments)
	}
	if i := investments.Investments[0]; i.ID != "INV-1" || i.Area != w || i.Committed != 900_000_00 || i.PaidIn != 700_000_00 || i.Staked != 100_000_00 || i.SalesExpected != 300_000_00 || i.SalesReported != 20_000_00 {
		t.Errorf("investment: %+v", i)
	}
	var stocks api.Stocks
	read("/goods?commodity=mask&book="+w, &stocks)
	if want := []api.Stock{{Book: w, Commodity: "mask", Fund: "own", Project: home, Area: w, In: 1000, Delivered: 300, Lost: 50, Underway: 200, Held: 450}}; !slices.Equal(stocks.Stock, want) {
		t.Errorf("stock: %+v, want %+v", stocks.Stock, want)
	}
	if read("/goods?book="+w, &stocks); len(stocks.Stock) != 3 {
		t.Errorf("all stock: %+v, want sheep, masks and an ambulance", stocks.Stock)
	}
	var dispatches api.Dispatches
	if read("/goods/dispatches?book="+w, &dispatches); len(dispatches.Dispatches) != 1 {
		t.Fatalf("dispatches: %+v", dispatches)
	}
	if d := dispatches.Dispatches[0]; d.ID != "DIS-1" || d.Area != w || d.Sent != 500 || d.Underway != 200 {
		t.Errorf("dispatch: %+v", d)
	}
}
