// Package card is what targeting rules and screening queries may know about a household: the registration card, what visits found, and
// what other offices compared, as of one day, each as a named variable with its unit (see Variables and docs/targeting.md).
//
//	cards, err := card.FromRegister(ctx, db, "620524", "620524103", on)   // the register
//	cards, err := card.Read(rows, on)                                    // any table of households
//
// What nobody has recorded is unknown and stays so: it is never taken for no or for zero. Nothing here is personal data, so a rule reads
// the same of a household whose names and numbers were erased. No rule can ask for ethnicity, religion, political affiliation or a diagnosis: there is no
// such variable.
package card

import (
	"slices"
	"sync"

	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/rule"
	"lastmile/internal/rule/condition"
)

// Set is the cards of some households on one day.
type Set struct {
	*condition.Columns
	IDs      []string
	Villages []string
	// Current tells which households are on the list now, and Before which were a year ago; each is to be heeded where the source says so.
	Current, Before         []bool
	SaysCurrent, SaysBefore bool
	// Lost tells that something was known of one of the households when this was recorded and has been erased since: in a replay, it cannot be worked out again.
	Lost bool
}

// NewSet makes an empty set.
func NewSet() *Set { return &Set{Columns: condition.NewColumns(Language())} }

// Add begins the card of another household, of which nothing is known yet.
func (s *Set) Add(id, village string) int {
	s.IDs = append(s.IDs, id)
	s.Villages = append(s.Villages, village)
	s.Current = append(s.Current, false)
	s.Before = append(s.Before, false)
	return s.Columns.Add()
}

// Counts is the variables that counts of persons need, as bits for Read.
func Counts() uint64 { return 1 << at(residents) }

// Persons is how many people a household stands for in counts of persons; 0 when nobody knows.
func (s *Set) Persons(row int) int64 {
	n, _ := s.Number(row, at(residents))
	return n
}

// Value is what is known of a number or, as 1 and 0, of a flag.
func (s *Set) Value(row int, name string) (n int64, ok bool) { return s.Number(row, at(name)) }

// Names of variables that this package fills in.
const (
	status         = "status"
	registered     = "registered"
	village        = "village"
	residents      = "residents"
	members        = "members"
	line           = "line"
	monitoringLine = "monitoring_line"
)

// agedFrom is the age from which somebody is old: article 2 of the law on the rights of the elderly (general knowledge, not verified).
const agedFrom = 60

// childUntil is the age under which somebody is a child: compulsory schooling ends at 16.
const childUntil = 16

// Offices are the variables that no card and no visit fills in, but that other offices know: see fact household-data.
var Offices = []string{"house_bought", "vehicle", "business_owner", "public_kin", "absent", "students", "rigid_spending"}

// Variables lists what a rule may ask about a household, in the order of the manual.
var Variables = sync.OnceValue(func() []condition.Variable {
	number := func(name, unit, en, zh string) condition.Variable {
		return condition.Variable{Name: name, Type: condition.Number, Unit: unit, Text: rule.Text{English: en, Chinese: zh}}
	}
	flag := func(name, en, zh string) condition.Variable {
		return condition.Variable{Name: name, Type: condition.Flag, Text: rule.Text{English: en, Chinese: zh}}
	}
	choice := func(name string) condition.Variable { // a field of the card, with its words
		f := fact.Find(household.Type).Field(name)
		v := condition.Variable{Name: name, Type: condition.Word, Text: rule.Text{English: f.En, Chinese: f.Zh}}
		for _, c := range f.Choices {
			v.Values = append(v.Values, c.Value)
		}
		return v
	}
	var causes []string
	for _, c := range household.Causes() {
		causes = append(causes, c.Code)
	}
	return []condition.Variable{
		{Name: village, Type: condition.Code, Text: rule.Text{English: "Official code of the village", Chinese: "所在村代码"}},
		flag(registered, "Registered as poor", "现为建档立卡贫困户"),
		{Name: status, Type: condition.Word, Text: rule.Text{English: "Status in the register", Chinese: "建档状态"},
			Values: []string{"known", "registered", "pre_exit", "exited", "exit_reversed", "relapsed", "cancelled", "removed", "merged", "moved"}},
		choice("attribute"),
		{Name: "main_cause", Type: condition.Word, Values: causes, Text: rule.Text{English: "Main cause of poverty", Chinese: "主要致贫原因"}},
		{Name: "causes", Type: condition.Words, Values: causes, Text: rule.Text{English: "All causes of poverty on the card", Chinese: "全部致贫原因"}},
		number(members, "persons", "Members who share income", "共享收支人数"),
		number(residents, "persons", "All members", "家庭人口"),
		number("apart", "persons", "Members who do not share income", "不共享收支人数"),
		number("labour", "persons", "Members able to work, ordinary or skilled", "普通及技能劳动力人数"),
		number("children", "persons", "Members under 16", "16周岁以下人数"),
		number("aged", "persons", "Members of 60 and over", "60周岁及以上人数"),
		number("away", "persons", "Members with a wage from away in the last income account", "外出务工人数"),
		number("students", "persons", "Students beyond compulsory schooling", "非义务教育阶段在校生人数"),
		number("income", "fen", "Net income of the last account, of the whole household", "最近一期家庭纯收入"),
		number("income_before", "fen", "Net income of the account before", "上一期家庭纯收入"),
		number("income_age", "days", "Since the last account ended", "最近一期收入截止距今天数"),
		number("wage", "fen", "Wages in the last account", "工资性收入"),
		number("business", "fen", "Household business in the last account, before expenses", "生产经营性收入"),
		number("transfer", "fen", "Transfers in the last account", "转移性收入"),
		number("rigid_spending", "fen", "Spending in twelve months that the household could not avoid, after insurance and aid", "近十二个月刚性支出"),
		number(line, "fen", "Poverty line of the place and year, a person", "当地当年贫困线（每人）"),
		number(monitoringLine, "fen", "Monitoring line of the place and year, a person", "当地当年监测线（每人）"),
		flag("food", "Food assured", "吃不愁"), flag("clothing", "Clothing assured", "穿不愁"), flag("education", "Schooling guaranteed", "义务教育有保障"),
		flag("medical", "Medical care guaranteed", "基本医疗有保障"), flag("housing", "Housing guaranteed", "住房安全有保障"), flag("water", "Water assured", "饮水安全有保障"),
		choice("house_grade"), choice("house_walls"),
		number("house_area", "m²", "Floor area of the house", "住房面积"), number("house_built", "year", "Year the house was built", "建房年份"),
		choice("water_source"), choice("fuel"), choice("toilet"), choice("relocation"),
		number("arable", "0.01 mu", "Arable land", "耕地面积"), number("road_distance", "m", "Distance to the trunk road", "与村主干路距离"),
		flag("power_home", "Domestic power", "通生活用电"), flag("cooperative", "Member of a cooperative", "加入合作社"), flag("enterprise", "Benefits from an enterprise", "龙头企业带动"),
		number("dibao_months", "months", "Since it receives the minimum living allowance", "纳入低保月数"),
		number("registered_months", "months", "Since it was registered, or registered again", "建档（或返贫再识别）月数"),
		number("exited_months", "months", "Since it left poverty", "脱贫月数"),
		flag("watched", "Under watch against relapse", "现为监测户"), number("watched_months", "months", "Under watch", "监测月数"),
		number("visited_months", "months", "Since the last visit", "距上次走访月数"),
		number("changed_months", "months", "Since it was split or merged", "距上次分户或并户月数"),
		number("helped_months", "months", "Since a measure was delivered", "距上次落实帮扶措施月数"),
		{Name: "helped_causes", Type: condition.Words, Values: causes, Text: rule.Text{English: "Causes against which a measure was delivered", Chinese: "已落实措施针对的致贫原因"}},
		flag("house_bought", "Has bought commercial housing", "购买商品房"), flag("vehicle", "Has a car, large machine or ship", "有轿车、大型机械或船只"),
		flag("business_owner", "Owns a business or employs people", "经商办企业或雇用他人"), flag("public_kin", "Has a public employee or a member of the village committee", "家庭成员或近亲为公职人员或村干部"),
		flag("absent", "Long absent, or only on the household register", "长期外出不归或空挂户"),
	}
})

// Language of conditions over cards.
var Language = sync.OnceValue(func() *condition.Language {
	l, err := condition.New(Variables())
	if err != nil {
		panic(err) // the variables are constants of this package, and a test makes the language
	}
	return l
})

// at gives the number of a variable.
func at(name string) int { return Language().Variable(name) }

// isOffice tells whether a variable is filled in by other offices.
func isOffice(name string) bool { return slices.Contains(Offices, name) }
