package styleguide

import (
	"net/http"

	"lastmile/internal/web/chart"
	"lastmile/internal/web/view"
)

// household is one household's page: its assurances, what happened, what it
// received, how it lives.
func (g *Guide) household(page view.Page, r *http.Request) (view.Stack, error) {
	t := words{page.Printer}
	income, err := t.income()
	if err != nil {
		return view.Stack{}, err
	}
	page.Title = t.say("Household Ma ××", "马××户")
	return view.Stack{
		Page: page,
		Heading: view.Heading{
			Crumbs: []view.Link{
				{Label: t.say("Wushan", "武山县"), Href: place("wushan")},
				{Label: t.say("Luomen", "洛门镇"), Href: place("luomen")},
				{Label: t.say("Nanpo", "南坡村"), Href: place("nanpo")},
				{Label: "0412-017"},
			},
			Title: page.Title,
			Lead: view.Plain(t.say("A household of 4. Registered in 2014 for unsafe housing and a member's disability, out of poverty in May 2019, watched until 2024.",
				"家庭人口 4 人。2014 年因住房不安全、家庭成员残疾建档立卡，2019 年 5 月脱贫，监测至 2024 年。")),
			Hush:     t.say("Names and numbers are masked.", "姓名与证件号已脱敏。"),
			HushLink: view.Link{Label: t.say("Give a reason to see them", "说明理由后查看"), Href: place("unmask")},
			State:    &view.State{Kind: view.Done, Word: t.say("Out of poverty", "已脱贫"), Pill: true},
			Buttons: []view.Button{
				{Label: t.say("Record a visit", "登记走访"), Kind: view.Primary, Icon: "pin", Href: Path + "visit"},
				{Label: t.say("Object", "提出异议"), Href: place("object")},
			},
		},
		Body: []view.Component{
			view.Section{Head: view.SectionHead{ID: "assurances", Title: t.say("Five assurances", "两不愁三保障"),
				Note: view.Plain(t.say("2017 and 2019", "2017 年与 2019 年对比"))}, Parts: []view.Component{t.assurances()}},
			view.Columns{Record: true,
				Main: []view.Component{view.Section{Head: view.SectionHead{ID: "story", Title: t.say("From visit to delivery", "从走访到交付"),
					Note: view.Plain(t.say("9 steps, 6 photos, 1 document", "9 个环节、照片 6 张、文件 1 份"))},
					Parts: []view.Component{t.timeline()}}},
				Side: []view.Component{
					view.Section{Head: view.SectionHead{ID: "money", Title: t.say("Money received", "收到的资金"), Note: view.Prose{
						{Figure: &view.FigureLink{Value: t.yuan(16000), Href: figureHref}},
						{Text: t.say(" in grants, every slip matched", " 补助，全部匹配回单")},
					}}, Parts: []view.Component{t.trail(), t.payments()}},
					view.Section{Head: view.SectionHead{ID: "income", Title: t.say("Income a head", "人均纯收入"),
						Note: view.Plain(t.say("yuan a year, against the poverty line", "元/年，对照贫困线"))}, Parts: []view.Component{income}},
					view.Section{Head: view.SectionHead{ID: "loan", Title: t.say("Micro-loan", "“深农惠”贷款"),
						Note: view.Plain(t.say("¥20,000, 24 instalments, for a tractor", "20,000 元，24 期，购置拖拉机"))}, Parts: t.loan()},
				},
			},
		},
	}, nil
}

func (t words) assurances() view.Assurances {
	met := t.say("met", "达标")
	visit := view.Link{Label: t.say("12 Mar 2019, visit", "2019年3月12日 入户"), Href: place("visit")}
	two := func(then, now string, gap bool) []view.AssuranceState {
		return []view.AssuranceState{{When: "2017", What: then, Gap: gap}, {When: "2019", What: now}}
	}
	return view.Assurances{
		{Icon: "bowl", Name: t.say("Food", "不愁吃"), States: two(met, met, false), Source: visit},
		{Icon: "shirt", Name: t.say("Clothing", "不愁穿"), States: two(met, met, false), Source: visit},
		{Icon: "book", Name: t.say("Schooling", "义务教育"), States: two(met, t.say("in seventh grade", "七年级在读"), false),
			Source: view.Link{Label: t.say("Mar 2019, school roll", "2019年3月 学籍核对"), Href: place("roll")}},
		{Icon: "health", Name: t.say("Basic health care", "基本医疗"), States: two(t.say("1 person uninsured", "1 人未参保"), t.say("all 4 insured", "4 人全部参保"), true),
			Source: view.Link{Label: t.say("Jan 2019, insurance list", "2019年1月 参保名单"), Href: place("insurance")}},
		{Icon: "house", Name: t.say("Safe housing", "住房安全"), States: two(t.say("grade D, unsafe", "D 级危房"), t.say("grade A, safe", "A 级安全"), true),
			Source: view.Link{Label: t.say("9 Nov 2017, survey", "2017年11月9日 鉴定"), Href: place("survey")}},
	}
}

func (t words) timeline() view.Timeline {
	photo := func(name, english, chinese string) view.Photo {
		caption := t.say(english, chinese)
		return view.Photo{Src: Path + "photo/" + name + ".svg", Alt: caption, Caption: caption}
	}
	date := func(english, chinese string) string { return t.say(english, chinese) }
	sum := func(yuan int64) *view.FigureLink { f := t.figure(yuan); return &f }
	card := t.say("Straight to the household's card", "直达一卡通")
	return view.Timeline{
		{Date: date("14 Mar 2017", "2017年3月14日"), DateTime: "2017-03-14", Icon: "pin", Title: t.say("House visit", "入户走访核查"),
			Text: t.say("The back wall is cracked through and the beam has split. Repairs are what the head of household needs most.", "后墙贯通裂缝，房梁开裂。户主表示最急需修房。"),
			Who:  t.say("Lin Yao, village officer", "林遥，驻县帮扶干部"), Photos: []view.Photo{photo("wall", "Back wall", "后墙"), photo("beam", "Beam", "房梁")}},
		{Date: date("28 Mar 2017", "2017年3月28日"), DateTime: "2017-03-28", Icon: "check", Title: t.say("Villagers' assembly agreed", "村民代表大会评议通过"),
			Text: t.say("41 of 43 representatives agreed. Survey: grade D.", "43 名代表中 41 人同意。危房鉴定：D 级。"),
			Who:  t.say("Nanpo village committee", "南坡村委会"), Link: view.Link{Label: t.say("Minutes, 3 pages", "会议记录 3 页"), Href: place("minutes")}},
		{Date: date("2 Apr 2017", "2017年4月2日"), DateTime: "2017-04-02", Icon: "notice", Title: t.say("Posted for 7 days, no objection", "公示 7 天，无异议"),
			Text: t.say("On the village board and the town's site from 2 to 9 April. 2 questions, both answered.", "4月2日至9日在村公示栏、镇政府网站公示，2 条询问均已答复。"),
			Who:  t.say("Luomen town", "洛门镇"), Photos: []view.Photo{photo("board", "Board", "公示栏")}},
		{Date: date("18 Apr 2017", "2017年4月18日"), DateTime: "2017-04-18", Icon: "approve", Node: view.DecisionNode, Title: t.say("Grant of ¥15,000 approved", "批准补助 15,000 元"),
			Text: t.say("Prepared by He Min, approved by Zhou Kai. They are two people, as the rules ask.", "经办：何敏；审批：周凯。经办与审批为不同人员，符合规定。"),
			Who:  t.say("Checked by two", "双人复核")},
		{Date: date("6 May 2017", "2017年5月6日"), DateTime: "2017-05-06", Icon: "card", Node: view.County1Node, Title: t.say("First payment, foundation laid", "首期拨付，地基完工"),
			Sum: sum(4500), Who: card, Photos: []view.Photo{photo("base", "Foundation", "地基")}},
		{Date: date("21 Aug 2017", "2017年8月21日"), DateTime: "2017-08-21", Icon: "card", Node: view.County1Node, Title: t.say("Second payment, roof on", "二期拨付，主体封顶"), Sum: sum(6000), Who: card},
		{Date: date("9 Nov 2017", "2017年11月9日"), DateTime: "2017-11-09", Icon: "house", Node: view.County1Node, Title: t.say("Accepted and lived in", "验收入住"), Sum: sum(4500),
			Text: t.say("Surveyed as grade A; the last payment followed.", "鉴定为 A 级，验收合格后拨付末期补助。"), Photos: []view.Photo{photo("home", "New house", "新居")}},
	}
}

func (t words) trail() view.Trail {
	return view.Trail{County: 1, Links: []view.ChainLink{
		{Label: t.say("Sponsor", "帮扶单位"), Value: t.yuan(1200e4), Href: place("sponsor")},
		{Label: t.say("Housing", "危房改造"), Value: t.say("803 homes", "803 户"), Href: place("housing")},
		{Label: t.say("Nanpo", "南坡村"), Value: t.yuan(195000), Href: place("nanpo")},
		{Label: t.say("Household", "本户"), Value: t.yuan(15000)},
	}}
}

func (t words) payments() view.Table {
	row := func(date, what, ref string, yuan int64) view.Row {
		return view.Row{Cells: []view.Cell{
			{Text: date},
			{Text: what, Sub: ref + t.say(" · card ending 4471", " · 一卡通尾号 4471"), Grade: view.Traced},
			{Figure: &view.FigureLink{Value: t.Count(yuan), Href: figureHref}},
		}}
	}
	housing := func(n string) string {
		return t.say("House renovation, "+n+" of 3", "危房改造，第 "+n+" 期 / 共 3 期")
	}
	return view.Table{
		Loose: true,
		Columns: []view.Column{{Label: t.say("Date", "日期")}, {Label: t.say("For", "用途")},
			{Label: t.say("Yuan", "元"), Kind: view.NumberColumn}},
		Rows: []view.Row{
			row(t.say("6 May 2017", "2017年5月6日"), housing("1"), "BK-17-0506-118", 4500),
			row(t.say("21 Aug 2017", "2017年8月21日"), housing("2"), "BK-17-0821-042", 6000),
			row(t.say("16 Nov 2017", "2017年11月16日"), housing("3"), "BK-17-1116-007", 4500),
			row(t.say("3 Sep 2018", "2018年9月3日"), t.say("Wushan education, student grant", "武山教育帮扶，助学金"), "BK-18-0903-260", 1000),
		},
		Total: []view.Cell{{Text: t.say("Total", "合计")}, {Text: t.say("4 payments", "4 笔")}, {Text: "16,000"}},
	}
}

func (t words) income() (view.Drawing, error) {
	year := func(label string, amount, threshold int64) chart.IncomeYear {
		return chart.IncomeYear{Label: label, Amount: amount, Text: t.Count(amount), Threshold: threshold}
	}
	svg, err := chart.Income{
		Name: t.say("Income a head rose from 2,310 yuan in 2016, below the line, to 6,920 yuan in 2020, above it",
			"人均纯收入由 2016 年的 2,310 元（低于贫困线）增至 2020 年的 6,920 元（高于贫困线）"),
		Years: []chart.IncomeYear{year("2016", 2310, 2952), year("2017", 2780, 2952), year("2018", 4150, 2995), year("2019", 5690, 3218), year("2020", 6920, 4000)},
	}.SVG()
	return view.Drawing{Chart: svg, Legend: view.Legend{
		{Class: "dash", Label: t.say("poverty line", "贫困线")},
		{Class: "c-bad", Label: t.say("below", "低于")},
		{Class: "c-strong", Label: t.say("above", "高于")},
	}}, err
}

func (t words) loan() []view.Component {
	ticks := chart.Ticks{Name: t.say("18 of 24 instalments paid, 1 of them late", "24 期已还 18 期，其中 1 期逾期"), Cells: make([]chart.Tick, 24)}
	for i := range 18 {
		ticks.Cells[i] = chart.TickPaid
	}
	ticks.Cells[9] = chart.TickLate
	return []view.Component{
		view.Drawing{Chart: ticks.SVG()},
		view.Facts{
			{Name: t.say("Paid", "已还"), Value: view.Plain(t.say("18 of 24, one 6 days late", "18 / 24 期，1 期逾期 6 天"))},
			{Name: t.say("Next", "下期"), Value: view.Plain(t.say("20 Oct, ¥884", "10月20日，884 元"))},
		},
	}
}
