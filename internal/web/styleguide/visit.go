package styleguide

import (
	"net/http"

	"lastmile/internal/web/view"
)

// visit is one step of a house visit, as an assistant sees it on a phone.
func (g *Guide) visit(page view.Page, r *http.Request) (view.Stack, error) {
	t := words{page.Printer}
	page.Shell = view.StepShell
	page.Title = t.say("Visit Ma ××", "走访马××户")
	page.Status = []view.Status{{Kind: view.Waiting, Icon: "pin", Lead: t.say("No signal.", "无信号。"),
		Text: t.say("Saved on this phone at 10:42. 2 visits and 7 photos will send when you are back online.",
			"已于 10:42 存到本机。2 次走访、7 张照片将在联网后自动上传。")}}
	steps := view.Steps{Current: 1, Names: []string{t.say("People", "人口"), t.say("Five checks", "五项核查"), t.say("Income", "收入"), t.say("Sign", "核对签字")}}
	return view.Stack{
		Page: page,
		Heading: view.Heading{
			Crumbs: []view.Link{{Label: t.say("Nanpo", "南坡村"), Href: place("nanpo")}, {Label: "0412-017"}},
			Title:  page.Title,
		},
		Body: []view.Component{steps, t.visitForm()},
	}, nil
}

func (t words) visitForm() view.Form {
	met, short := t.say("Met", "达标"), t.say("Not met", "未达标")
	check := func(name, icon, english, chinese, value string) view.Answer {
		return view.Answer{Name: name, Icon: icon, Legend: t.say(english, chinese), Value: value, Yes: met, No: short}
	}
	photo := func(name, english, chinese string) view.Photo {
		return view.Photo{Src: Path + "photo/" + name + ".svg", Alt: t.say(english, chinese)}
	}
	return view.Form{
		Action: Path, Method: "get", Bar: true,
		Fields: []view.Component{
			check("food", "bowl", "Enough to eat all year", "全年不愁吃", "yes"),
			check("clothing", "shirt", "Warm clothes and bedding", "过冬衣被", "yes"),
			check("housing", "house", "A safe house", "住房安全", "no"),
			view.Field{Kind: view.AreaField, Name: "seen", Label: t.say("What did you see?", "看到了什么？"),
				Value: t.say("Back wall cracked through, beam split.", "后墙贯通裂缝，房梁开裂。")},
			view.Photos{Name: "photos", Label: t.say("Photos", "照片"), Hint: t.say("At least one each of walls and roof.", "墙体、屋顶至少各一张。"),
				Taken: []view.Photo{photo("wall", "Back wall", "后墙"), photo("beam", "Beam", "房梁")}, Add: t.say("Add", "拍照")},
		},
		Buttons: []view.Button{
			{Label: t.say("Back", "上一步"), Href: Path + "household"},
			{Label: t.say("Save and go on", "保存并继续"), Kind: view.Primary},
		},
	}
}
