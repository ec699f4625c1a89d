package styleguide

import (
	"fmt"
	"net/http"

	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// Swatch is a colour token with its name.
type Swatch struct{ Token, Use string }

// Swatches shows colour tokens.
type Swatches []Swatch

func (Swatches) Template() string { return "swatches" }

// Icons shows every icon with its name.
type Icons []string

func (Icons) Template() string { return "icons" }

// Scale shows the sizes of type.
type Scale []Size

// A Size is one size of type.
type Size struct{ Class, Sample string }

func (Scale) Template() string { return "scale" }

// parts is the page that shows every component by itself.
func (g *Guide) parts(page view.Page, r *http.Request) (view.Stack, error) {
	t := words{page.Printer}
	flow, err := t.flow()
	if err != nil {
		return view.Stack{}, err
	}
	road, err := t.road()
	if err != nil {
		return view.Stack{}, err
	}
	income, err := t.income()
	if err != nil {
		return view.Stack{}, err
	}
	page.Title = t.say("Style guide", "设计规范")
	page.Job = &view.Link{Label: t.say("Import 53%", "导入 53%"), Href: "#job"}
	n := 0
	section := func(english, chinese string, parts ...view.Component) view.Component {
		n++
		return view.Section{Head: view.SectionHead{ID: fmt.Sprintf("part-%d", n), Title: t.say(english, chinese)}, Parts: parts}
	}
	done := view.State{Kind: view.Done, Word: t.say("done", "已完成")}
	running := view.State{Kind: view.Running, Word: t.say("running", "进行中")}
	needs := view.State{Kind: view.Needs, Word: t.say("needs a second person", "待第二人复核")}
	return view.Stack{
		Page: page,
		Heading: view.Heading{
			Crumbs: []view.Link{{Label: t.say("Overview", "总览"), Href: Path + "overview"}, {Label: page.Title}},
			Title:  page.Title,
			Lead:   view.Plain(t.say("Every component with made-up data. Ink, paper, hairlines; colour means a theme, a county or a state.", "全部组件与示例数据。墨、纸、细线；颜色只表示主题、县或状态。")),
			State:  &view.State{Kind: view.Running, Word: t.say("In use", "使用中"), Pill: true},
			Buttons: []view.Button{
				{Label: t.say("Overview", "总览"), Kind: view.Primary, Href: Path + "overview"},
				{Label: t.say("Household", "农户"), Href: Path + "household"},
				{Label: t.say("Visit", "走访"), Href: Path + "visit"},
				{Label: t.say("Notice", "公示"), Href: Path + "notice"},
			},
		},
		Body: []view.Component{
			section("Colour", "颜色", swatches),
			section("Type", "字体", Scale{
				{"t44", t.say("Two counties, seven years", "两个县，七年")}, {"t34", t.yuan(6047e4)}, {"t24", t.say("Where every yuan went", "每一元钱去了哪里")},
				{"t19", t.say("Since 2013 the sponsor has put", "2013 年以来，帮扶单位投入")}, {"t16", t.say("Body: 1,284 payments, 14 Mar 2017", "正文：1,284 笔付款，2017年3月14日")},
				{"t14", t.say("Interface and tables", "界面与表格")}, {"t13", t.say("Secondary", "次要文字")}, {"t12", t.say("Note", "注释")},
			}),
			section("Icons", "图标", Icons(g.assets.Icons())),
			section("Key figures", "关键数据", t.keyFigures(), view.GradeLegend{}),
			section("Buttons and states", "按钮与状态",
				view.Buttons{
					{Label: t.say("Record a visit", "登记走访"), Kind: view.Primary, Icon: "pin"},
					{Label: t.say("Object", "提出异议")}, {Label: t.say("Cancel", "取消"), Kind: view.Quiet}, {Label: t.say("Reverse", "冲正"), Kind: view.Danger, Icon: "undo"},
				}, view.Facts{
					{Name: "Done", Value: view.Plain(done.Word)}, {Name: "Running", Value: view.Plain(running.Word)},
				}, done, running, needs, view.State{Kind: view.NotStarted, Word: t.say("not started", "未开始")}, view.State{Kind: view.Failed, Word: t.say("failed", "未成功")}),
			section("Status", "提示",
				view.Status{Kind: view.Waiting, Icon: "phone", Lead: t.say("No signal.", "无信号。"), Text: t.say("Saved on this phone at 10:42. It will send when you are back online.", "已于 10:42 存到本机，联网后自动上传。")},
				view.Status{Kind: view.Sent, Icon: "send", Lead: t.say("Sent.", "已上传。"), Text: t.say("2 visits and 7 photos arrived at 11:05.", "2 次走访、7 张照片已于 11:05 送达。")},
				view.Status{Kind: view.Refused, Icon: "warning", Lead: t.say("Not recorded.", "未登记。"), Text: t.say("This household already has an open loan (L-204). Close it first, or record a supplement to it.", "该户已有未结清贷款（L-204）。请先结清，或登记为补充。"), Link: view.Link{Label: "L-204", Href: place("loan")}}),
			section("Flow", "资金流向", flow),
			section("Road, villages", "脱贫之路与村庄", road, t.villages()),
			section("Income, instalments", "收入与还款", append([]view.Component{income}, t.loan()...)...),
			section("Bar lists, chain, trail", "条形、链条、路径", view.BarList{BarList: flow.Ladder[0]}, view.Breakdown{Bars: t.lineage().Breakdown}, t.lineage().Chain, t.trail()),
			section("Signatures", "签字", view.Signatures{Who: []string{t.say("Head of the household", "户主"), t.say("Surveyor", "调查人")}, Date: t.say("Date", "日期")}),
			section("Table", "表格", t.filters(), t.table(done, running, needs)),
			section("Forms", "表单", t.form()),
			section("Three answers, photos, steps", "三选、照片、步骤", view.Steps{Current: 1, Names: []string{t.say("People", "人口"), t.say("Five checks", "五项核查"), t.say("Sign", "签字")}}, plain(t.visitForm())),
			section("Approval", "审批", t.approval()),
			section("Public notice", "公示", t.notice()),
			section("Import", "导入", t.imported()),
			section("Job", "任务", t.runningJob(running)),
			section("Five assurances", "两不愁三保障", t.assurances()),
			section("Timeline", "经过", t.timeline()),
			section("Lineage", "数据来源", t.lineagePage()),
			section("Nothing here yet", "暂无内容", view.Empty{Icon: "talk", Title: t.say("No objections", "没有异议"),
				Text:   t.say("Objections made during the notice would be listed here. The notice runs until 9 Apr 2017.", "公示期间收到的异议会列在这里。公示至 2017年4月9日。"),
				Action: &view.Button{Label: t.say("Record an objection", "登记异议"), Href: place("object")}}),
		},
	}, nil
}

var swatches = Swatches{
	{"paper", "page"}, {"surface", "drawer, inputs"}, {"sunk", "quiet fill"}, {"ink", "text"}, {"ink2", "secondary"}, {"ink3", "labels"},
	{"line", "hairline"}, {"line2", "control border"}, {"brand", "links, focus"}, {"brand-weak", "selected"}, {"bar", "bars"}, {"bar-strong", "bars with text"},
	{"bad", "gaps, untraced"}, {"warn", "waiting"}, {"ok", "met"}, {"county-1", "first county"}, {"county-2", "second county"},
	{"credit", "credit"}, {"housing", "housing"}, {"industry", "industry"}, {"water", "water"}, {"education", "education"}, {"health", "health"}, {"other", "other"},
}

// plain is the form without its bar, to stand among other parts.
func plain(f view.Form) view.Form {
	f.Bar = false
	return f
}

func (t words) lineagePage() view.Lineage {
	l := t.lineage()
	l.Close = ""
	return l
}

func (t words) filters() view.Filters {
	return view.Filters{Action: Path, Fields: []view.Field{
		{Kind: view.SelectField, Name: "county", Label: t.say("County", "县"), Options: []view.Option{{Value: "", Label: t.say("Both", "全部")}, {Value: "620524", Label: t.say("Wushan", "武山县"), Chosen: true}}},
		{Name: "q2", Label: t.say("Project", "项目"), Value: ""},
	}}
}

func (t words) table(done, running, needs view.State) view.Table {
	row := func(name, county string, budget, spent int64, state view.State) view.Row {
		return view.Row{Cells: []view.Cell{
			{Text: name, Href: place(name)}, {Text: county},
			{Figure: &view.FigureLink{Value: t.yuan(budget), Href: figureHref}}, {Figure: &view.FigureLink{Value: t.yuan(spent), Href: figureHref}},
			{Text: t.Share(spent, budget)}, {State: &state},
		}}
	}
	wushan, maigaiti := t.say("Wushan", "武山县"), t.say("Maigaiti", "麦盖提县")
	return view.Table{
		Caption: t.say("Projects in 2019, by budget", "2019 年项目，按预算排序"),
		Columns: []view.Column{
			{Label: t.say("Project", "项目"), Href: "?sort=name"}, {Label: t.say("County", "县"), Href: "?sort=county"},
			{Label: t.say("Budget", "预算"), Kind: view.NumberColumn, Href: "?sort=budget", Sorted: view.Descending},
			{Label: t.say("Spent", "已支出"), Kind: view.NumberColumn}, {Label: t.say("Share", "占比"), Kind: view.NumberColumn},
			{Label: t.say("State", "状态"), Kind: view.StateColumn},
		},
		Rows: []view.Row{
			row(t.say("House renovation, second round", "危房改造二期"), wushan, 4_200_000, 4_200_000, done),
			row(t.say("Tiechu sheep, winter feed", "铁畜羊冬季饲料"), maigaiti, 2_180_000, 1_462_500, running),
			row(t.say("Water stations 21 to 30", "供水站 21—30 号"), maigaiti, 960_000, 412_000, needs),
			row(t.say("Student grants", "助学金"), wushan, 708_000, 0, view.State{Kind: view.NotStarted, Word: t.say("not started", "未开始")}),
		},
		Pager: &view.Pager{Text: t.say("1 to 4 of 72", "第 1—4 项，共 72 项"), Next: "?page=2"},
	}
}

func (t words) form() view.Form {
	return view.Form{Action: Path, Method: "get", Plain: true,
		Fields: []view.Component{
			view.Field{Name: "head", Label: t.say("Head of household", "户主姓名"), Hint: t.say("As on the household register.", "与户口簿一致。"), Value: t.say("Ma Xiaolan", "马小兰")},
			view.Field{Kind: view.DateField, Name: "visited", Label: t.say("Visited on", "走访日期"), Error: t.say("The visit lies in the future. Enter the day you were there.", "走访日期晚于今天。请填写实际走访的日期。"), Value: "2027-03-14"},
			view.Field{Kind: view.MoneyField, Name: "income", Label: t.say("Income a head last year", "上年人均纯收入"), Unit: t.say("yuan", "元"), Value: "2780", Error: t.say("Income is 40% of what was recorded a year ago. Check it, or say what happened.", "比上年登记的收入少 60%。请核对，或说明原因。")},
			view.Field{Kind: view.NumberField, Name: "members", Label: t.say("People at home", "家庭人口"), Value: "4"},
			view.Field{Kind: view.SelectField, Name: "cause", Label: t.say("Main cause", "主要致贫原因"), Options: []view.Option{{Value: "1", Label: t.say("Illness", "因病")}, {Value: "2", Label: t.say("Disability", "因残"), Chosen: true}}},
			view.Field{Kind: view.ChoiceField, Name: "roof", Label: t.say("What is the roof made of?", "屋顶材料"), Options: []view.Option{{Value: "tile", Label: t.say("Tile", "瓦"), Chosen: true}, {Value: "mud", Label: t.say("Mud and straw", "泥草")}}},
			view.Field{Kind: view.CheckField, Name: "help", Label: t.say("What would help?", "需要哪些帮助？"), Optional: true, Options: []view.Option{{Value: "house", Label: t.say("House repairs", "修房"), Chosen: true}, {Value: "loan", Label: t.say("A small loan", "小额贷款")}}},
			view.Field{Kind: view.FileField, Name: "minutes", Label: t.say("Minutes of the assembly", "评议会议记录"), Accept: "application/pdf,image/*", Optional: true},
		},
		Buttons: []view.Button{{Label: t.say("Record the visit", "登记走访"), Kind: view.Primary}, {Label: t.say("Cancel", "取消"), Kind: view.Quiet, Href: Path}},
	}
}

func (t words) approval() view.Approval {
	return view.Approval{
		Changes: []view.Change{
			{Name: t.say("Grant", "补助"), Before: t.say("not recorded", "未登记"), After: t.Amount(1500000, locale.Yuan)},
			{Name: t.say("Instalments", "期数"), Before: "–", After: "3"},
			{Name: t.say("Card", "一卡通"), Before: t.say("ending 4470", "尾号 4470"), After: t.say("ending 4471", "尾号 4471")},
		},
		Prepared: t.say("Prepared by He Min on 17 Apr 2017 at 16:20.", "经办：何敏，2017年4月17日 16:20。"),
		Why:      t.say("Payments above ¥10,000 to a household need a second person. You did not prepare it, so you can approve it.", "向农户支付 10,000 元以上须由第二人复核。您不是经办人，可以审批。"),
		Hash:     "7c1e94af 03d2",
		Action:   view.Action{Href: Path, Hidden: []view.Hidden{{Name: "key", Value: "sample"}}},
	}
}

// publicNotice is a notice as anybody sees it, without signing in.
func (g *Guide) publicNotice(page view.Page, r *http.Request) (view.Stack, error) {
	t := words{page.Printer}
	page.Shell, page.Nav, page.User, page.Search = view.OpenShell, nil, nil, nil
	page.Title = t.say("Notice: house renovation, Nanpo", "公示：南坡村危房改造")
	page.Tabs = []view.NavItem{
		{Icon: "house", Label: t.say("Home", "首页"), Href: Path},
		{Icon: "layers", Label: t.say("Projects", "项目"), Href: place("projects")},
		{Icon: "notice", Label: t.say("My village", "我的村"), Href: Path + "notice", Current: true},
		{Icon: "code", Label: t.say("Verify", "核验"), Href: place("verify")},
	}
	return view.Stack{
		Page: page,
		Heading: view.Heading{
			Crumbs: []view.Link{{Label: t.say("Wushan", "武山县"), Href: place("wushan")}, {Label: t.say("Nanpo", "南坡村"), Href: place("nanpo")}},
			Title:  page.Title,
			Lead:   view.Plain(t.say("Two households are proposed for a grant of ¥15,000 each. Anybody may object until 9 April 2017.", "拟对 2 户各补助 15,000 元。2017年4月9日前任何人均可提出异议。")),
			State:  &view.State{Kind: view.Running, Word: t.say("3 days left", "还有 3 天"), Pill: true},
			Buttons: []view.Button{
				{Label: t.say("Object", "提出异议"), Kind: view.Primary, Icon: "talk", Href: place("object")},
			},
		},
		Body: []view.Component{
			view.Section{Head: view.SectionHead{ID: "list", Title: t.say("Who is proposed", "拟补助名单")}, Parts: []view.Component{t.notice()}},
		},
	}, nil
}

func (t words) notice() view.Notice {
	return view.Notice{
		Facts: view.Facts{
			{Name: t.say("Village", "村"), Value: view.Plain(t.say("Nanpo, Luomen", "洛门镇南坡村"))},
			{Name: t.say("Up from", "公示期"), Value: view.Plain(t.say("2 to 9 Apr 2017, 7 days", "2017年4月2日至9日，共 7 天"))},
		},
		Table: view.Table{
			Columns: []view.Column{{Label: t.say("Household", "农户")}, {Label: t.say("For", "用途")}, {Label: t.say("Yuan", "元"), Kind: view.NumberColumn}},
			Rows: []view.Row{
				{Cells: []view.Cell{{Text: t.say("Ma ××", "马××")}, {Text: t.say("House renovation", "危房改造")}, {Text: "15,000"}}},
				{Cells: []view.Cell{{Text: t.say("Yang ×", "杨×")}, {Text: t.say("House renovation", "危房改造")}, {Text: "15,000"}}},
			},
		},
		Where:    view.Plain(t.say("Objections to Luomen town office, room 204, or by telephone, until 9 Apr 2017 at 18:00. Nobody is told who objected.", "如有异议，请于 2017年4月9日 18:00 前向洛门镇政府 204 室或电话反映。我们为反映人保密。")),
		Code:     sampleCode,
		CodeText: "N-17-0402",
	}
}

func (t words) imported() view.Import {
	wrong := view.Table{
		Columns: []view.Column{{Label: t.say("Row", "行")}, {Label: t.say("Household", "农户")}, {Label: t.say("Amount", "金额"), Kind: view.NumberColumn}},
		Rows: []view.Row{
			{Cells: []view.Cell{{Text: "17"}, {Text: "0412-019"}, {Text: "4,500,00", Error: t.say("This is not an amount. Write 4500.00.", "不是金额，请写作 4500.00。")}}},
			{Cells: []view.Cell{{Text: "203"}, {Text: "0412-999", Error: t.say("There is no such household in Nanpo.", "南坡村没有这一户。")}, {Text: "1,000"}}},
		},
	}
	return view.Import{New: "1,204", Changed: "37", Same: "5,998", Wrong: "2", HasWrong: true, Rows: &wrong, WrongHref: place("wrong.xlsx"),
		Confirm: &view.Form{Action: Path, Method: "get", Buttons: []view.Button{{Label: t.say("Record 1,241 rows", "登记 1,241 行"), Kind: view.Primary}, {Label: t.say("Cancel", "取消"), Kind: view.Quiet, Href: Path}}}}
}

func (t words) runningJob(running view.State) view.Job {
	return view.Job{ID: "job", Name: t.say("Import payments-2020.xlsx", "导入 payments-2020.xlsx"), State: running,
		Step: t.say("Recording rows, 40 seconds left", "正在登记，约剩 40 秒"), Done: 6400, Total: 12000,
		Count: t.say("6,400 of 12,000 rows", "12,000 行中已完成 6,400 行"), Href: Path + "job", Cancel: &view.Action{Href: Path}}
}
