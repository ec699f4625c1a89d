package scenario

import (
	"fmt"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/enterprise"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

const (
	angus     = "INV-ANGUS"
	angusPlan = "ANGUS-PLAN"
	angusFund = "ANGUS"
)

// angusYear is a year's dividend of the cattle farm.
type angusYear struct {
	id          string
	from, until date.Date
	yuan        int64
	posted      date.Date
	paid        date.Date // first day of payment
	villages    int       // paid by the day of the account
}

var angusYears = []angusYear{
	{"ANGUS-2019", "2018-10-01", "2019-09-30", 12_600_000, "2019-10-08", "2019-10-28", 140},
	{"ANGUS-2020", "2019-10-01", "2020-09-30", 20_160_000, "2020-10-05", "2020-10-19", 126},
}

// dividends plans the stakes of Maigaiti's 140 villages in the cattle farm, its plan, two years' dividends and what villages did with the first.
func (p *plan) dividends() error {
	villages := p.villages(Maigaiti)
	p.add(entity.Headquarters, "2018-08-20", &programme.Fund{ID: angusFund, Name: "Dividends of the cattle farm 肉牛养殖分红", Sponsor: "listed-company-c", Purpose: "Dividends to villages"}, nil)
	p.add(Maigaiti, "2018-08-27", &dividend.Plan{
		ID: angusPlan, Name: "Dividends of the cattle farm 肉牛养殖分红方案", Investment: angus, Fund: angusFund, Rate: 600, Guaranteed: yuan(20_000_000),
		Begins: angusYears[0].from, Years: 10, Notice: noticeDays,
	}, document("DIVIDEND PLAN "+angusPlan, "Date    2018-08-27", "At least CNY 20,000,000 a year", "Years   10"))
	holders := make([]enterprise.Holder, len(villages))
	for i, v := range villages {
		holders[i] = enterprise.Holder{Village: p.collective(v), Stake: yuan(1_800_000 + int64(i%7)*200_000)}
		p.add(Maigaiti, date.Date("2018-09-03").AddDays(i/20), &enterprise.Stake{Investment: angus, Village: holders[i].Village, Amount: holders[i].Stake, Document: "Share register of the cattle farm"}, nil)
	}
	for _, y := range angusYears {
		if err := p.angusYear(y, holders); err != nil {
			return err
		}
	}
	return p.spend(villages)
}

// angusYear plans a year's list, its approval and payments.
func (p *plan) angusYear(y angusYear, holders []enterprise.Holder) error {
	until := y.posted.AddDays(noticeDays)
	board := document("LIST OF DIVIDENDS "+y.id, "Up from "+string(y.posted), "Until   "+string(until), fmt.Sprintf("Total   CNY %d", y.yuan), fmt.Sprintf("%d villages", len(holders)))
	p.add(Maigaiti, y.posted, &dividend.Declaration{
		ID: y.id, Plan: angusPlan, From: y.from, Until: y.until, Amount: yuan(y.yuan), Formula: "stake",
	}, nil)
	n := &notice.Notice{ID: "N-" + y.id, Dividend: y.id, Title: "Dividend of the cattle farm 肉牛养殖分红公示", Area: Maigaiti, Place: "Boards of county, towns and villages 县乡村公示栏", Days: noticeDays, DayKind: "calendar"}
	weights := make([]int64, len(holders))
	for i, h := range holders {
		weights[i] = int64(h.Stake)
	}
	shares, err := ledger.Split(int64(yuan(y.yuan)), weights)
	if err != nil {
		return err
	}
	for i, h := range holders {
		n.List = append(n.List, dividend.ListLine(h.Village, fact.Money(shares[i])))
	}
	n.Hash = notice.Hash(n.List)
	p.add(Maigaiti, y.posted, n, board)
	objection := "O-" + y.id
	p.add(Maigaiti, y.posted.AddDays(2), &notice.Objection{ID: objection, Notice: n.ID, Anonymous: true, Text: "Is our village's share what was agreed? 本村股份是否与协议一致？", AnswerBy: until}, nil)
	p.add(Maigaiti, y.posted.AddDays(4), &notice.Answer{Objection: objection, Verdict: notice.Rejected, Text: "The share register was shown; it is as agreed. 已出示股权登记册，与协议一致。"}, nil)
	p.add(Maigaiti, until.AddDays(2), &dividend.Approval{Declaration: y.id, Minutes: "Meeting of the county's office, " + string(until.AddDays(2))}, document("MINUTES", "Dividend "+y.id, "One objection, settled"))
	for i, h := range holders[:y.villages] {
		p.add(Maigaiti, y.paid.AddDays(i%4), &dividend.Payment{Declaration: y.id, Village: h.Village, Amount: fact.Money(shares[i]), Voucher: fmt.Sprintf("DV-%s-%03d", y.id, i+1)}, board)
	}
	return nil
}

// spend plans what villages did with the first dividend: all repaired or built something, those with a flock paid a cleaner of their lanes, and a few shared
// money out to the households with a breeding contract.
func (p *plan) spend(villages []*area.Area) error {
	builder := p.party("2019-10-14", party.Party{ID: "village-works", Name: "Builders of village works 乡村工程队", Kind: "enterprise", Area: Maigaiti})
	for i, v := range villages {
		on := date.Date("2020-03-30").AddDays(i / 14)
		p.add(Maigaiti, on, &dividend.Use{Village: p.collective(v), For: "works", To: builder, Amount: yuan(20_000 + int64(i%5)*4_000), Voucher: fmt.Sprintf("VW-20-%03d", i+1), What: "Lanes, drains and lights 村内道路排水照明"}, nil)
	}
	for i, f := range p.flocks {
		village := p.collective(f.village)
		p.add(Maigaiti, "2020-04-20", &dividend.Use{Village: village, For: "posts", To: f.breeders[len(f.breeders)-1], Amount: yuan(4_800), Voucher: fmt.Sprintf("VP-20-%03d", i+1), What: "Cleaner of lanes, half a year 保洁员半年工资"}, nil)
		if i >= sharingVillages {
			continue
		}
		if err := p.shareOut(f, sharing{angusYears[0].id, "SHARE-" + f.village.Code[6:], 24_000, "2020-05-04", true}); err != nil {
			return err
		}
	}
	return p.shareOut(p.flocks[0], sharing{angusYears[1].id, "SHARE-2-" + p.flocks[0].village.Code[6:], 27_000, "2020-10-26", false})
}

// sharing is dividend money that a village shares out equally to its households with a breeding contract.
type sharing struct {
	dividend, id string
	yuan         int64
	posted       date.Date
	done         bool // approved and handed over; else its list is still up
}

// shareOut plans a sharing: its list, which is put up the same day, an objection, and when it has run the approval and what each household got.
func (p *plan) shareOut(f *flock, o sharing) error {
	s := &dividend.Sharing{ID: o.id, Village: p.collective(f.village), Declaration: o.dividend, Amount: yuan(o.yuan)}
	names := map[string]string{}
	for _, h := range f.breeders {
		s.List = append(s.List, h+"=1")
		names[h] = "养殖户"
	}
	p.add(Maigaiti, o.posted, s, nil)
	n, err := s.Notice(noticeDays, names)
	if err != nil {
		return err
	}
	until := o.posted.AddDays(noticeDays)
	n.ID, n.Title, n.Area, n.Place = "N-"+s.ID, "Dividend shared out to households 分红到户公示", f.village.Code, "Board of the village committee 村委会公示栏"
	p.add(Maigaiti, o.posted, n, document("LIST OF HOUSEHOLDS "+s.ID, "Up from "+string(o.posted), "Until   "+string(until), fmt.Sprintf("%d households, CNY %d", len(s.List), o.yuan)))
	if !o.done {
		return nil
	}
	if f == p.flocks[0] {
		p.add(Maigaiti, o.posted.AddDays(2), &notice.Objection{ID: "O-" + s.ID, Notice: n.ID, Anonymous: true, Text: "Why by households and not by persons? 为何按户而不按人分？", AnswerBy: until}, nil)
		p.add(Maigaiti, o.posted.AddDays(4), &notice.Answer{Objection: "O-" + s.ID, Verdict: notice.Rejected, Text: "The assembly had decided so. 村民代表会议已作此决议。"}, nil)
	}
	p.add(Maigaiti, until.AddDays(3), &dividend.SharingApproval{Sharing: s.ID, Minutes: "Assembly of the village, " + string(until.AddDays(3))}, document("MINUTES", "Sharing "+s.ID, "Approved"))
	portions, err := s.Portions()
	if err != nil {
		return err
	}
	for k, share := range portions {
		p.add(Maigaiti, until.AddDays(7), &dividend.Share{Sharing: s.ID, Household: share.Household, Amount: share.Amount, Receipt: fmt.Sprintf("%s-%02d", s.ID, k+1)}, nil)
	}
	return nil
}

// noticeDays is how long the plan of the cattle farm's dividends wants lists to be up.
const noticeDays = 7

// sharingVillages is how many villages with a flock share money out.
const sharingVillages = 6

// prospects plans what is expected of the introduced investments, and what has come of it so far.
func (p *plan) prospects() error {
	const (
		pigs, corn = "INV-PIGS", "INV-CORN"
		full       = "a year at full capacity"
	)
	for _, f := range []struct {
		on   date.Date
		fact fact.Fact
	}{
		{"2015-09-28", &enterprise.Forecast{Investment: corn, Of: "sales", Period: full, Amount: yuan(50_000_000), Author: "listed-company-f", Basis: "Feasibility study: 6,000 tons of corn"}},
		{"2015-09-28", &enterprise.Forecast{Investment: corn, Of: "jobs", Period: full, Number: 80, Author: "listed-company-f", Basis: "Feasibility study: two shifts"}},
		{"2018-12-03", &enterprise.Capacity{Investment: pigs, Product: "pig", Stage: "planned", Quantity: 1_000_000, Basis: "Agreement"}},
		{"2018-12-03", &enterprise.Forecast{Investment: pigs, Of: "sales", Period: full, Amount: yuan(4_800_000_000), Author: "listed-company-p", Basis: "Agreement: a million pigs, with feed and slaughter"}},
		{"2018-12-03", &enterprise.Forecast{Investment: pigs, Of: "jobs", Period: full, Number: 1_240, Author: "listed-company-p", Basis: "Agreement: farms, feed mill and slaughterhouse"}},
		{"2020-03-23", &enterprise.Forecast{Investment: pigs, Of: "sales", Period: full, Amount: yuan(5_150_000_000), Author: "listed-company-p", Basis: "Revised at the prices of 2019"}},
		{"2019-02-18", &enterprise.SalesReport{Investment: corn, From: "2018-01-01", Until: "2018-12-31", Amount: yuan(14_200_000), Reporter: "listed-company-f"}},
		{"2020-02-24", &enterprise.SalesReport{Investment: corn, From: "2019-01-01", Until: "2019-12-31", Amount: yuan(18_650_000), Reporter: "listed-company-f"}},
		{"2020-07-20", &enterprise.SalesReport{Investment: pigs, From: "2020-01-01", Until: "2020-06-30", Amount: yuan(96_400_000), Reporter: "listed-company-p"}},
		{"2020-07-20", &enterprise.Capacity{Investment: pigs, Product: "pig", Stage: "actual", Quantity: 60_000, Basis: "Report of the investor, 2020-07"}},
	} {
		p.add(Wushan, f.on, f.fact, nil)
	}
	return nil
}

// jobs plans the posts that twelve listed companies offered in spring 2020 and who took them up.
func (p *plan) jobs() error {
	posts, err := ledger.Split(200, weights(12))
	if err != nil {
		return err
	}
	placed := 0
	for i, n := range posts {
		employer := p.party("2020-03-02", party.Party{ID: fmt.Sprintf("employer-%02d", i+1), Name: fmt.Sprintf("Listed company %02d 上市公司%02d", i+1, i+1), Kind: "listed-company"})
		county := []string{Wushan, Maigaiti}[i%2]
		on := date.Date("2020-03-09").AddDays(i)
		o := &enterprise.JobOffer{ID: fmt.Sprintf("JOB-%02d", i+1), Employer: employer, Area: county, Title: jobTitles[i%len(jobTitles)], Posts: n, Wage: yuan(3_200 + int64(i%4)*250)}
		p.add(county, on, o, document("OFFER OF JOBS "+o.ID, "Date    "+string(workday(on)), "From    "+employer, fmt.Sprintf("Posts   %d", n)))
		for k := range n * 2 / 3 {
			placed++
			place := &enterprise.Placement{ID: fmt.Sprintf("%s-%02d", o.ID, k+1), Offer: o.ID, Wage: o.Wage}
			if k%2 == 0 && county == Maigaiti {
				place.Household = fmt.Sprintf("MB-%04d", placed)
			} else if k%2 == 0 {
				place.Household = fmt.Sprintf("H-%04d", placed)
			}
			p.add(county, on.AddDays(21+int(k)), place, nil)
			if k%9 == 8 {
				p.add(county, "2020-09-07", &enterprise.PlacementEnd{Placement: place.ID, Reason: "Returned home for the harvest"}, nil)
			}
		}
	}
	return nil
}

var jobTitles = []string{"Assembly line 装配工", "Packing 包装工", "Sewing 缝纫工", "Cleaning 保洁员"}
