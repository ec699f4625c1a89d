package scenario

import (
	"slices"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

// Days on which the programme began.
const (
	begun              date.Date = "2013-05-06" // the office is set up
	designatedWushan   date.Date = "2013-05-20"
	designatedMaigaiti date.Date = "2016-07-18"
	acceptedWushan     date.Date = "2019-06-18"
	liftedMaigaiti     date.Date = "2020-01-14"
)

// designated is when a county's book opens.
func designated(book string) date.Date {
	if book == Maigaiti {
		return designatedMaigaiti
	}
	return designatedWushan
}

// sponsor is the code of the exchange.
const sponsor = "szse"

// official is a log-in and the role it holds.
type official struct {
	login, name, unit, role string
	county                  string // "" for the whole programme
	from                    date.Date
}

const sponsorOffice = "深圳证券交易所扶贫办公室"

// The officials, all invented, one for each role that somebody must hold.
var officials = []official{
	{"luo.yan", "罗燕", sponsorOffice, "administrator", "", begun},
	{"liang.wen", "梁文", "深圳证券交易所", "sponsor-leadership", "", begun},
	{"he.min", "何敏", sponsorOffice, "programme-officer", "", begun},
	{"qian.fang", "钱芳", "深圳证券交易所财务部", "finance", "", begun},
	{"zhou.kai", "周凯", "深圳证券交易所财务部", "approver", "", begun},
	{"wu.hong", "吴红", sponsorOffice, "approver", "", begun},
	{"zheng.bo", "郑博", "深圳证券交易所审计部", "auditor", "", begun},
	{"ma.jun", "马俊", "武山县挂职干部", "county-assistant", Wushan, designatedWushan},
	{"sun.li", "孙莉", "武山县信贷服务站", "loan-officer", Wushan, "2015-04-13"},
	{"zhao.lei", "赵磊", "麦盖提县挂职干部", "county-assistant", Maigaiti, designatedMaigaiti},
}

// holding gives the log-in that holds a role, for the county where it is held for one.
func holding(role, book string) string {
	for _, o := range officials {
		if o.role == role && (o.county == "" || o.county == book) {
			return o.login
		}
	}
	return fact.Operator
}

// actor is who records a fact: the county's assistant what happens in the county, else the first role that the kind names.
func actor(kind *fact.Kind, book string) string {
	roles := kind.By
	if slices.Contains(roles, "county-assistant") {
		roles = append([]string{"county-assistant"}, roles...)
	}
	for _, role := range roles {
		if login := holding(role, book); login != fact.Operator {
			return login
		}
	}
	return fact.Operator
}

// approvers are those who may approve in a book, the one who usually does first.
func approvers(book string) []string {
	if book == Maigaiti {
		return []string{"wu.hong", "zhou.kai"}
	}
	return []string{"zhou.kai", "wu.hong"}
}

// begin plans the areas, the people, the sponsor, the programme, its counties and what they went through.
func (p *plan) begin() error {
	for _, a := range p.areas {
		p.add(entity.Headquarters, begun, a, nil)
	}
	for _, o := range officials {
		p.add(entity.Headquarters, o.from, &access.Person{ID: o.login, Name: o.name, Unit: o.unit}, nil)
		p.add(entity.Headquarters, o.from, &access.Appointment{Person: o.login, Role: o.role, Area: o.county}, nil)
	}
	// Until the administrator is appointed the machine's operator acts.
	for i := range p.facts {
		if d := &p.facts[i].draft; d.On == begun {
			d.Actor = fact.Operator
		}
	}
	p.party(begun, party.Party{ID: sponsor, Name: "Shenzhen Stock Exchange 深圳证券交易所", Kind: "sponsor"})
	p.add(entity.Headquarters, begun, &programme.Programme{ID: "two-counties", Name: "Targeted assistance to Wushan and Maigaiti", NameZh: "武山县、麦盖提县定点帮扶", Sponsor: sponsor}, nil)
	for _, c := range []struct {
		book     string
		document string
		exit     programme.Acceptance
		exitOn   date.Date
	}{
		{Wushan, "Designation notice, May 2013", programme.Acceptance{Event: "passed", Document: "Acceptance notice, June 2019"}, acceptedWushan},
		{Maigaiti, "Designation notice, July 2016", programme.Acceptance{Event: "lifted", Document: "Announcement, January 2020"}, liftedMaigaiti},
	} {
		on := designated(c.book)
		p.add(entity.Headquarters, on, &programme.Designation{
			County: c.book, Programme: "two-counties", Authority: "China Securities Regulatory Commission", Document: c.document,
		}, document("DESIGNATION OF A COUNTY", "Date    "+string(on), "County  "+c.book, "By      CSRC"))
		c.exit.County = c.book
		p.add(c.book, c.exitOn, &c.exit, document("NOTICE", "Date    "+string(c.exitOn), "County  "+c.book, "Event   "+c.exit.Event))
	}
	for _, c := range []programme.Commodity{
		{ID: "CNY", Name: "Renminbi 人民币", Unit: "yuan", Scale: 2},
		{ID: "sheep", Name: "Dolan ewes 多浪羊母羊", Unit: "head"},
		{ID: "lamb", Name: "Dolan lambs 多浪羊羔羊", Unit: "head"},
		{ID: "pig", Name: "Pigs 生猪", Unit: "head"},
		{ID: "class-connect", Name: "Class Connect sets “班班通”设备", Unit: "set"},
		{ID: "ambulance", Name: "Ambulances 救护车", Unit: "vehicle"},
		{ID: "mask", Name: "Masks 口罩", Unit: "piece"},
	} {
		p.add(entity.Headquarters, begun, &c, nil)
	}
	return nil
}
