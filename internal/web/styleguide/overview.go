package styleguide

import (
	"net/http"
	"strconv"

	"lastmile/internal/web/chart"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// overview is the programme's overview, as a programme officer sees it.
func (g *Guide) overview(page view.Page, r *http.Request) (view.Stack, error) {
	t := words{page.Printer}
	flow, err := t.flow()
	if err != nil {
		return view.Stack{}, err
	}
	road, err := t.road()
	if err != nil {
		return view.Stack{}, err
	}
	page.Title = t.say("Programme overview", "项目总览")
	if r.URL.Query().Has("drawer") {
		page.Drawer, page.DrawerBack = t.lineage(), Path+"overview"
	}
	return view.Stack{
		Page: page,
		Heading: view.Heading{
			Eyebrow: []string{page.Title, t.say("Wushan and Maigaiti, 2013 to 2020", "武山、麦盖提，2013—2020年")},
			Title:   t.say("Two counties, seven years, every yuan", "两个县，七年，每一元钱"),
			Lead:    t.lead(),
			Drawing: chart.Hills(),
			Tasks: []view.Task{
				{Count: "3", Text: t.say("approvals need a second person", "项审批待第二人复核"), Href: place("approvals")},
				{Count: "2", Text: t.say("postings close today", "项公示今日截止"), Href: place("postings")},
				{Count: "11", Text: t.say("loans over 30 days late", "笔贷款逾期超过 30 天"), Href: place("loans"), Tone: view.WarnTone},
				{Count: "18", Text: t.say("payments not matched to a bank slip", "笔付款未匹配回单"), Href: place("payments"), Tone: view.WarnTone},
			},
		},
		Body: []view.Component{
			t.keyFigures(),
			view.Section{Head: view.SectionHead{
				ID:    "flow",
				Title: t.say("Where every yuan went", "每一元钱去了哪里"),
				Note: view.Plain(t.say("Follow a ribbon from giver to receiver. Each column adds up to ", "沿色带从出资方看到受益方，每一列合计均为 ") +
					t.yuan(6047e4) + t.say(".", "。")),
				Segments: []view.Link{
					{Label: t.say("Cash", "资金"), Href: Path + "overview", Current: true},
					{Label: t.say("Sheep", "羊"), Href: place("sheep")},
					{Label: t.say("Masks", "口罩"), Href: place("masks")},
				},
			}, Parts: []view.Component{flow}},
			view.Columns{
				Main: []view.Component{view.Section{
					Head: view.SectionHead{ID: "road", Title: t.say("Road to graduation", "脱贫之路"),
						Note: view.Plain(t.say("Share of rural people below the poverty line", "农村贫困发生率"))},
					Parts: []view.Component{road},
				}},
				Side: []view.Component{view.Section{
					Head: view.SectionHead{ID: "villages", Title: t.say("Every village, one dot", "一村一点"),
						Note: view.Plain(t.say("484 villages against the five assurances", "484 个村对照两不愁三保障"))},
					Parts: []view.Component{t.villages()},
				}},
			},
		},
	}, nil
}

func (t words) lead() view.Prose {
	figures := []view.FigureLink{t.figure(6047e4), {Value: t.say("1.4% of the money", "1.4% 的资金"), Href: figureHref}}
	return view.Prose{
		{Text: t.say("Since 2013 the sponsor has put ", "2013 年以来，帮扶单位投入自有和捐赠资金 ")},
		{Figure: &figures[0]},
		{Text: t.say(" of its own and donated funds into 72 projects. Wushan passed its exit check in June 2019 and Maigaiti was lifted out in January 2020. ",
			"，实施项目 72 个。武山县 2019 年 6 月通过退出验收，麦盖提县 2020 年 1 月脱贫摘帽。仍有 ")},
		{Figure: &figures[1]},
		{Text: t.say(" is still being traced to its last recipient.", "正在追溯到最终受益人。")},
	}
}

func (t words) keyFigures() view.KeyFigures {
	count := func(n int64) view.FigureLink { return view.FigureLink{Value: t.Count(n), Href: figureHref} }
	return view.KeyFigures{
		{Label: t.say("Direct funds", "直接投入资金"), Figure: t.figure(6047e4), Grade: view.Partly,
			Note: t.say("1,266 of 1,284 payments matched", "1,284 笔付款已匹配 1,266 笔")},
		{Label: t.say("Industry funds drawn in", "引入产业资金"), Figure: t.figure(237e7), Grade: view.Reported,
			Note: t.say("reported by 6 companies", "6 家企业报送")},
		{Label: t.say("Projects", "项目"), Figure: count(72), Grade: view.Traced,
			Note: t.say("68 closed, 4 running", "完结 68 个，在建 4 个")},
		{Label: t.say("People out of poverty", "脱贫人口"), Figure: count(169_842), Grade: view.Traced,
			Note: t.say("40,917 household files", "40,917 户档案")},
		{Label: t.say("Loans to farm households", "农户贷款"), Figure: t.figure(8080e4), Grade: view.Traced,
			Note: t.say("5,451 loans, 1.9% in arrears", "5,451 笔，逾期率 1.9%")},
	}
}

// The sample flows, in units of 10,000 yuan. For each purpose: what each giver put
// in, and where it went.
var purposes = []struct {
	english, chinese string
	theme            chart.Theme
	givers           [3]int64 // sponsor, member units, staff
	uses             []use
}{
	{"Micro-credit seed capital", "小额信贷种子资金", chart.Credit, [3]int64{2500, 0, 0}, []use{{0, 0, 1400}, {0, 1, 1100}}},
	{"House renovation", "危房改造", chart.Housing, [3]int64{1000, 0, 200}, []use{{0, 2, 1170}, {0, chart.NotTraced, 30}}},
	{"Wushan education", "武山教育", chart.Education, [3]int64{175, 132, 110}, []use{{0, 2, 117}, {0, 3, 300}}},
	{"Other livelihoods, 58 projects", "其他民生，58 个项目", chart.Other, [3]int64{365, 330, 90},
		[]use{{0, 2, 163}, {0, 5, 172}, {0, chart.NotTraced, 20}, {1, 2, 123}, {1, 3, 57}, {1, 5, 238}, {1, chart.NotTraced, 12}}},
	{"Pandemic prevention", "疫情防控", chart.Health, [3]int64{90, 270, 20},
		[]use{{0, 3, 24}, {0, 4, 144}, {0, chart.NotTraced, 12}, {1, 4, 190}, {1, chart.NotTraced, 10}}},
	{"Tiechu sheep", "铁畜羊", chart.Industry, [3]int64{400, 0, 0}, []use{{1, 5, 400}}},
	{"Water stations", "供水站", chart.Water, [3]int64{150, 90, 0}, []use{{1, 6, 240}}},
	{"Class Connect", "专递课堂", chart.Education, [3]int64{0, 125, 0}, []use{{1, 3, 125}}},
}

// use is an amount spent in a county (0 Wushan, 1 Maigaiti) on a receiver.
type use struct {
	county, receiver int
	amount           int64
}

func (t words) sankey() chart.Sankey {
	node := func(english, chinese string) chart.Node {
		return chart.Node{Label: t.say(english, chinese), Href: place(english)}
	}
	s := chart.Sankey{
		Name: t.say("Where ¥60.47 m went, from giver through purpose and county to receiver",
			"6,047 万元资金从出资方经用途、县到受益方的去向"),
		Columns: [4]chart.Column{
			{Head: t.say("Who gave", "谁出资"), Nodes: []chart.Node{
				node("Sponsor's own budget", "帮扶单位自有资金"), node("Member units & companies", "会员单位与企业"), node("Staff donations", "职工捐款")}},
			{Head: t.say("What it paid for", "用于什么")},
			{Head: t.say("Where", "在哪里"), Nodes: []chart.Node{node("Wushan", "武山县"), node("Maigaiti", "麦盖提县")}},
			{Head: t.say("Who received it", "谁受益"), Nodes: []chart.Node{
				node("Small enterprises, 14", "小微企业，14 家"), node("Farm-household loans, 5,451", "农户贷款，5,451 笔"),
				node("Households, grants", "农户补助"), node("Schools, 63", "学校，63 所"), node("Hospitals & clinics", "医院和卫生院"),
				node("Village collectives", "村集体"), node("Public water, 30 stations", "公共供水，30 座")}},
		},
		NotTraced:  node("Not yet traced", "尚未追溯"),
		Value:      func(amount int64) string { return t.MoneyAs(amount*1e4*100, 6047e6, locale.Yuan) },
		Rest:       func(n int) string { return t.say("Other, ", "其他 ") + strconv.Itoa(n) },
		RibbonHref: func(column, from, to int) string { return place("ribbon-" + strconv.Itoa(column)) },
	}
	for p, purpose := range purposes {
		n := node(purpose.english, purpose.chinese)
		n.Theme = purpose.theme
		s.Columns[1].Nodes = append(s.Columns[1].Nodes, n)
		s.Flows = append(s.Flows, allot(p, purpose.givers, purpose.uses)...)
	}
	return s
}

// allot spends what the givers gave, in order, on the uses, in order.
func allot(purpose int, givers [3]int64, uses []use) []chart.Flow {
	var flows []chart.Flow
	giver := 0
	for _, u := range uses {
		for left := u.amount; left > 0; {
			for givers[giver] == 0 {
				giver++
			}
			part := min(left, givers[giver])
			flows = append(flows, chart.Flow{Through: [4]int{giver, purpose, u.county, u.receiver}, Amount: part})
			givers[giver] -= part
			left -= part
		}
	}
	return flows
}

func (t words) flow() (view.Flow, error) {
	layout, err := t.sankey().Layout()
	if err != nil {
		return view.Flow{}, err
	}
	flow := view.NewFlow(layout)
	flow.Untraced = view.Prose{
		{Text: t.MoneyAs(84e6, 6047e6, locale.Yuan), Isolated: true},
		{Text: t.say(" has left the county accounts but no recipient signature is on file yet. ", "已从县级账户拨出，尚无受益人签收记录。")},
		{Link: &view.Link{Label: t.say("See the 18 payments", "查看 18 笔付款"), Href: place("untraced")}},
	}
	flow.TableHref, flow.CSVHref = place("flow-table"), place("flow.csv")
	return flow, nil
}

func (t words) road() (view.Drawing, error) {
	line := func(county int, label, note string, from int, shares []float64, flag string) chart.Line {
		l := chart.Line{Label: label, Note: note, County: county}
		for i, share := range shares {
			year := from + i
			p := chart.Point{X: float64(year), Y: share, Title: strconv.Itoa(year) + ": " + strconv.FormatFloat(share, 'f', 1, 64) + "%"}
			if i == len(shares)-1 {
				p.Flag = flag
			}
			l.Points = append(l.Points, p)
		}
		return l
	}
	road := chart.Road{
		Name: t.say("Share of rural people below the poverty line: Wushan from 31.8% in 2013 to 0.4% in 2019, Maigaiti from 28.9% in 2016 to 0% in 2020",
			"农村贫困发生率：武山县由 2013 年的 31.8% 降至 2019 年的 0.4%，麦盖提县由 2016 年的 28.9% 降至 2020 年的 0"),
		Y:         []chart.Mark{{At: -6}, {At: 0, Label: "0"}, {At: 10, Label: "10%"}, {At: 20, Label: "20%"}, {At: 30, Label: "30%"}, {At: 36}},
		Threshold: &chart.Mark{At: 3, Label: t.say("Exit line 3%", "退出标准 3%")},
		Lines: []chart.Line{
			line(1, t.say("Wushan", "武山"), t.say("designated 2013, 31.8%", "2013 年定点，31.8%"), 2013,
				[]float64{31.8, 25.9, 19.8, 15.2, 9.6, 3.9, 0.4}, t.say("exit check, June 2019", "2019年6月退出验收")),
			line(2, t.say("Maigaiti", "麦盖提"), t.say("designated 2016, 28.9%", "2016 年定点，28.9%"), 2016,
				[]float64{28.9, 21.4, 12.6, 4.8, 0}, t.say("lifted out, January 2020", "2020年1月摘帽")),
		},
		Periods: []chart.Period{{From: 2020, To: 2023, Label: t.say("Five-year monitoring", "五年监测期")}},
	}
	for year := 2013; year <= 2023; year++ {
		mark := chart.Mark{At: float64(year)}
		if year%2 == 1 {
			mark.Label = strconv.Itoa(year)
		}
		road.X = append(road.X, mark)
	}
	wide, err := road.SVG(chart.WideRoad)
	if err != nil {
		return view.Drawing{}, err
	}
	narrow, err := road.SVG(chart.NarrowRoad)
	return view.Drawing{Chart: wide, Narrow: narrow, TableHref: place("road-table"), CSVHref: place("road.csv")}, err
}

func (t words) villages() view.Villages {
	county := func(name string, n, perRow int, gaps, watched []int) view.VillageGroup {
		dots := chart.Dots{PerRow: perRow, Dots: make([]chart.Dot, n),
			Name: name + t.say(": ", "：") + t.Count(int64(n)) + t.say(" villages, ", " 个村，") +
				strconv.Itoa(len(gaps)) + t.say(" with a gap, ", " 个有缺口，") + strconv.Itoa(len(watched)) + t.say(" watched", " 个监测")}
		mark := func(indexes []int, state chart.DotState, word string) {
			for _, i := range indexes {
				label := t.say("Village ", "第 ") + strconv.Itoa(i+1) + t.say(", ", " 村，") + word
				dots.Dots[i] = chart.Dot{State: state, Label: label, Href: place("village-" + strconv.Itoa(i+1))}
			}
		}
		mark(gaps, chart.Gap, t.say("an assurance is missing", "有保障缺口"))
		mark(watched, chart.Watched, t.say("watched", "监测中"))
		return view.VillageGroup{Name: name, Count: t.Count(int64(n)) + t.say(" villages", " 个村"), Chart: dots.SVG()}
	}
	return view.Villages{
		Groups: []view.VillageGroup{
			county(t.say("Wushan", "武山县"), 344, 26, []int{8}, []int{28, 96, 171, 250, 301}),
			county(t.say("Maigaiti", "麦盖提县"), 140, 14, nil, []int{8, 10, 35, 42, 47, 90}),
		},
		Legend: view.Legend{
			{Class: "dot c-bar", Label: t.say("all five assured", "五项均有保障")},
			{Class: "ring c-warn", Label: t.say("watched", "监测中")},
			{Class: "dot c-bad", Label: t.say("a gap", "有缺口")},
		},
		TableHref: place("villages"),
	}
}

// lineage is how the first key figure was made.
func (t words) lineage() view.Lineage {
	day := func(english, chinese string) string { return t.say(english, chinese) }
	years := []struct {
		year   string
		amount int64
	}{{"2013", 186}, {"2014", 312}, {"2015", 438}, {"2016", 1004}, {"2017", 1215}, {"2018", 1259}, {"2019", 983}, {"2020", 650}}
	l := view.Lineage{
		Name:  t.say("Direct funds", "直接投入资金"),
		Value: t.yuan(6047e4),
		Says: t.say("The sum of all posted payments from sponsor accounts to the two counties, 1 January 2013 to 30 September 2020. Transfers between programme accounts are left out.",
			"2013年1月1日至2020年9月30日由帮扶单位账户向两县支付并入账的全部款项之和，不含项目账户之间的划转。"),
		Chain: view.Chain{
			{Value: t.yuan(6047e4), Label: t.say("this figure", "本数据")},
			{Value: "72", Label: t.say("projects", "个项目"), Href: place("projects")},
			{Value: "1,284", Label: t.say("payments", "笔付款"), Href: place("payments")},
			{Value: "1,266", Label: t.say("bank slips", "张回单"), Href: place("slips")},
		},
		Checks: []view.Check{
			{Text: t.say("Debits equal credits in every entry", "每笔分录借贷相等"), Count: "1,284 / 1,284", Passed: true},
			{Text: t.say("Projects add up to this figure", "各项目之和等于本数据"), Count: "72 / 72", Passed: true},
			{Text: t.say("Two different people approved each payment", "每笔付款由两人分别审批"), Count: "1,284 / 1,284", Passed: true},
			{Text: t.say("Each payment matches a bank slip", "每笔付款与回单匹配"), Count: "1,266 / 1,284"},
		},
		BreakdownTitle: t.say("By year", "按年份"),
		LatestTitle:    t.say("Latest payments", "最近付款"),
		Latest: []view.Record{
			{Date: day("24 Sep 2020", "2020年9月24日"), DateTime: "2020-09-24", Title: t.say("Water station 30, pump and housing", "30 号供水站水泵及泵房"), Href: place("p"), Ref: "BK-20-0924-011", Amount: t.yuan(46000), Grade: view.Traced},
			{Date: day("18 Sep 2020", "2020年9月18日"), DateTime: "2020-09-18", Title: t.say("Autumn student grants, Luomen", "洛门镇秋季助学金"), Href: place("p"), Ref: "BK-20-0918-204", Amount: t.yuan(118000), Grade: view.Traced},
			{Date: day("11 Sep 2020", "2020年9月11日"), DateTime: "2020-09-11", Title: t.say("Winter feed for contract flocks", "托养羊群冬季饲料"), Href: place("p"), Ref: "BK-20-0911-087", Amount: t.yuan(62500), Grade: view.Reported},
		},
		All:     view.Link{Label: t.say("All 1,284 payments", "全部 1,284 笔付款"), Href: place("payments")},
		CSVHref: place("payments.csv"),
		Cite:    t.say("Cite as LM-F-0001 · 30 Sep 2020 · 7C1E-94AF", "引用 LM-F-0001 · 2020年9月30日 · 7C1E-94AF"),
		Close:   Path + "overview",
	}
	for _, y := range years {
		l.Breakdown = append(l.Breakdown, chart.Bar{Label: y.year, Value: t.yuan(y.amount * 1e4), Length: chart.Length(y.amount, 1259)})
	}
	return l
}
