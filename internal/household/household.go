// Package household is the register of households: who they are, what visits found, how they were helped, and what the records say about
// leaving poverty.
//
//	card       who lives there, what they have, why they are poor            household, member, departure
//	visit      a questionnaire answered on the spot                          visit, answer-review
//	help       what was delivered against a cause, and by whom               measure, responsible
//	change     split, merge, move within the county and to another           split, merge, move, move-out
//	decision   may the household leave, by these records and a rulebook      decision
//	guard      two records that may be one person                            duplicate, duplicate-verdict
//
// Nothing is stored that follows from something else: the journal keeps the entries about each household, and File folds them, in the order
// in which things happened, into what is known. So records that arrive late, twice or from two devices end in the same file.
//
// Names, numbers of documents, phones and accounts are private fields. No rule reads them, so they can be erased and nothing changes but
// that they are gone. A household and its members go by codes; a card's members are numbered, and W-0017-02 is number 02 of W-0017.
//
// A household is registered and leaves poverty by a procedure and in no other way: see package casework.
package household

import (
	_ "embed"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
)

//go:embed household.go
var source string

func init() { fact.Register(source, (*Household)(nil)) }

// Statuses of a household beside those of package decision.
const (
	Known  = "known"  // it has a card and was never registered
	Merged = "merged" // its members live on in another household
	Moved  = "moved"  // it lives in another county
)

// Type of the entity that a card defines.
const Type = "household"

// Household is the registration card of a household. A card that changes is recorded again, whole, as a revision; the earlier ones stay and
// say what was known when. Members are listed once, when the household is first recorded; who joins or leaves later has a fact of their own.
type Household struct {
	_            struct{}  `kind:"household" en:"Household card" zh:"建档立卡户" by:"county-assistant,programme-officer" book:"area" area:"area" defines:"household"`
	ID           string    `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,36}" hint:"Letters, digits, dot, dash; at most 36." hint_zh:"字母、数字、点、横线，不超过 36 位。"`
	Area         string    `json:"area" en:"Village" zh:"所在村" ref:"area" entity:"area"`
	Revision     bool      `json:"revision" en:"Replaces the card" zh:"更新登记卡" entity:"revision" hint:"Yes when the household has a card already." hint_zh:"该户已建卡的选“是”。"`
	Group        string    `json:"group" en:"Village group" zh:"村民小组" length:"40" optional:""`
	Standard     string    `json:"standard" en:"Identified by the standard of" zh:"识别标准" choices:"national=Nation=国家标准;provincial=Province=省定标准;municipal=Municipality=市定标准"`
	Attribute    string    `json:"attribute" en:"Attribute" zh:"贫困户属性" choices:"ordinary=Ordinary poor=一般贫困户;dibao=Minimum living allowance=低保户;wubao=Destitute support=五保户;dibao-poor=Poor with allowance=低保贫困户"`
	MainCause    string    `json:"main_cause" en:"Main cause of poverty" zh:"主要致贫原因" length:"20" hint:"A code from the list of causes, such as illness." hint_zh:"按原因代码填写，如 illness（因病）。"`
	OtherCauses  []string  `json:"other_causes" en:"Other causes" zh:"其他致贫原因" length:"20" optional:"" hint:"At most two." hint_zh:"最多两项。"`
	Arable       int64     `json:"arable" en:"Arable land" zh:"耕地面积" unit:"0.01 mu" min:"0" optional:""`
	Irrigated    int64     `json:"irrigated" en:"Irrigated land" zh:"有效灌溉面积" unit:"0.01 mu" min:"0" optional:""`
	Forest       int64     `json:"forest" en:"Forest" zh:"林地面积" unit:"0.01 mu" min:"0" optional:""`
	Orchard      int64     `json:"orchard" en:"Orchard" zh:"林果面积" unit:"0.01 mu" min:"0" optional:""`
	Grass        int64     `json:"grass" en:"Grassland" zh:"牧草地面积" unit:"0.01 mu" min:"0" optional:""`
	WaterSurface int64     `json:"water_surface" en:"Water surface" zh:"水面面积" unit:"0.01 mu" min:"0" optional:""`
	Converted    int64     `json:"converted" en:"Farmland turned to forest" zh:"退耕还林面积" unit:"0.01 mu" min:"0" optional:""`
	RoadDistance int64     `json:"road_distance" en:"Distance to the trunk road" zh:"与村主干路距离" unit:"m" min:"0" optional:""`
	PowerHome    bool      `json:"power_home" en:"Domestic power" zh:"通生活用电"`
	PowerWork    bool      `json:"power_work" en:"Power for production" zh:"通生产用电"`
	Fuel         string    `json:"fuel" en:"Fuel" zh:"主要燃料" optional:"" choices:"wood=Wood=柴草;dung=Dry dung=干畜粪;coal=Coal=煤炭;gas=Gas=清洁能源;other=Other=其他"`
	Toilet       string    `json:"toilet" en:"Toilet" zh:"卫生厕所" optional:"" choices:"none=None=无;dry=Dry=旱厕;flush=Flush=水冲厕"`
	WaterSource  string    `json:"water_source" en:"Source of water" zh:"饮水来源" optional:"" choices:"piped=Piped=自来水;well=Well=井水;spring=Spring=山泉水;cistern=Cistern=水窖;surface=River or pond=地表水"`
	HouseArea    int64     `json:"house_area" en:"House, floor area" zh:"住房面积" unit:"m²" min:"0" max:"2000" optional:""`
	HouseBuilt   int64     `json:"house_built" en:"House, year built" zh:"建房年份" min:"1800" max:"2100" optional:""`
	HouseWalls   string    `json:"house_walls" en:"House, structure" zh:"住房结构" optional:"" choices:"earth=Earth=土坯;earth-wood=Earth and wood=土木;brick-wood=Brick and wood=砖木;brick-concrete=Brick and concrete=砖混;other=Other=其他"`
	HouseGrade   string    `json:"house_grade" en:"House, safety grade" zh:"住房等级" optional:"" choices:"a=A=A级;b=B=B级;c=C=C级;d=D=D级"`
	Relocation   string    `json:"relocation" en:"Relocation" zh:"易地搬迁" optional:"" choices:"wanted=Agreed=有意愿;moved=Moved=已搬迁"`
	Cooperative  bool      `json:"cooperative" en:"Member of a cooperative" zh:"加入合作社"`
	Enterprise   bool      `json:"enterprise" en:"Benefits from an enterprise" zh:"龙头企业带动"`
	Members      []string  `json:"members" en:"Members" zh:"家庭成员" length:"80" optional:"" hint:"One line each: 01 head 1956-03-02 male ordinary. Add apart for who does not share income." hint_zh:"每人一行，如 01 head 1956-03-02 male ordinary；不共享收入的，行末加 apart。"`
	Move         string    `json:"move" en:"Move number" zh:"迁移号" optional:"" pattern:"[0-9A-Za-z._-]{1,40}" hint:"When it comes from another county: the number that the other county's record of the move has." hint_zh:"由外县迁入的，填迁出县登记的迁移编号。"`
	Registered   date.Date `json:"registered" en:"Registered there since" zh:"原县建档日期" optional:"" hint:"When it comes from another county and is registered as poor there." hint_zh:"由外县迁入且在当地已建档的填写。"`

	Address   string   `json:"address" en:"Address" zh:"家庭住址" length:"200" optional:"" private:""`
	Phone     string   `json:"phone" en:"Phone" zh:"联系电话" length:"30" optional:"" private:""`
	Bank      string   `json:"bank" en:"Bank" zh:"开户银行" length:"100" optional:"" private:""`
	Account   string   `json:"account" en:"Bank account" zh:"银行账号" length:"40" optional:"" private:""`
	Names     []string `json:"names" en:"Names" zh:"姓名" length:"80" optional:"" private:"" hint:"One line each: 01 马小明." hint_zh:"每人一行，如 01 马小明。"`
	Documents []string `json:"documents" en:"Identity documents" zh:"证件号码" length:"40" optional:"" private:"" hint:"One line each: 01 and the number." hint_zh:"每人一行：01 加证件号码。"`
	Health    []string `json:"health" en:"Health" zh:"健康状况" length:"40" optional:"" private:"" hint:"One line each: 02 chronic. Only who is not healthy." hint_zh:"每人一行，如 02 chronic；只填不健康的成员。"`
	Education []string `json:"education" en:"Education" zh:"文化程度" length:"40" optional:"" private:"" hint:"One line each: 01 primary." hint_zh:"每人一行，如 01 primary（小学）。"`
}

const otherCausesMax = 2

// Check reads the members and their personal lines.
func (h *Household) Check(p *fact.Problems) {
	members, err := parsePeople(h.Members)
	if err != nil {
		p.Add("members", "household.members", "%v", err).Mend("Write one line a member, such as: 01 head 1956-03-02 male ordinary.")
		return
	}
	heads := 0
	for _, m := range members {
		if m.Relation == head {
			heads++
		}
	}
	switch {
	case heads > 1:
		p.Add("members", "household.heads", "%d members are head of the household", heads).Mend("Name one.")
	case h.Revision && len(members) > 0:
		p.Add("members", "household.revision", "a revised card lists no members").Mend("Leave the members out, and record who joined or left as facts of their own.")
	}
	if len(h.OtherCauses) > otherCausesMax {
		p.Add("other_causes", "household.causes", "%d other causes are given, at most %d are allowed", len(h.OtherCauses), otherCausesMax).Mend("Keep the two that weigh most.")
	}
	if slices.Contains(h.OtherCauses, h.MainCause) {
		p.Add("other_causes", "household.cause-twice", "%s is the main cause already", h.MainCause).Mend("Name it once.")
	}
	if h.Registered != "" && h.Move == "" {
		p.Add("registered", "household.registered", "only a household from another county brings the date of its registration along").
			Mend("Leave the date out: a case registers the household. Or give the number of the move.")
	}
	checkPersonal(p, members, h)
}

// Record files the card, names the household, its members and its party, and looks for anybody who is in the register already.
func (h *Household) Record(tx *fact.Tx) error {
	for i, cause := range append([]string{h.MainCause}, h.OtherCauses...) {
		if !listed(cause, tx.On) {
			return fault.New(fault.Invalid, "household.cause", "%q was no cause on the form of %s", cause, tx.On).For([]string{"main_cause", "other_causes", "other_causes"}[i]).
				Mend("Use one of: %s.", causeCodes())
		}
	}
	e, err := tx.Need("id", Type, h.ID)
	if err != nil {
		return err
	}
	status := e.Status
	switch {
	case h.Registered > tx.On:
		return fault.New(fault.Invalid, "household.registered", "it would have been registered on %s, after it moved on %s", h.Registered, tx.On).For("registered").Mend("Correct one of the dates.")
	case status != "": // a revision or a correction keeps what cases decided
	case h.Registered != "":
		status = string(decision.InPoverty)
	default:
		status = Known
	}
	if err := setStatus(tx, e, status); err != nil {
		return err
	}
	if h.Move != "" {
		if err := tx.Put(entity.Entity{Type: moveIn, ID: h.Move, Name: h.ID, Area: h.Area}); err != nil {
			return err
		}
	}
	tx.Concern(Type, h.ID, "")
	members, err := parsePeople(h.Members)
	if err != nil {
		return err
	}
	if err := checkDocuments(members, h.Documents, tx.On); err != nil {
		return err
	}
	for i := range members {
		if err := putMember(tx, h.ID, h.Area, &members[i]); err != nil {
			return err
		}
	}
	return guard(tx, h.identities(members))
}

// TakeBack forgets what a card that is corrected said of members, which the corrected card says anew.
func (h *Household) TakeBack(tx *fact.Tx) error {
	members, err := parsePeople(h.Members)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := tx.SetStatus(MemberType, memberID(h.ID, m.Number), withdrawn); err != nil {
			return err
		}
	}
	return h.Erase(tx)
}

// Erase forgets what the duplicate guard kept of the card's personal data.
func (h *Household) Erase(tx *fact.Tx) error {
	members, err := parsePeople(h.Members)
	if err != nil {
		return err
	}
	return forget(tx, h.identities(members))
}

// setStatus puts the row of a household, and of the party by whose code payments and contracts name it.
func setStatus(tx *fact.Tx, e entity.Entity, status string) error {
	e.Name, e.Class, e.Status, e.Parent = e.ID, status, status, e.Area
	if err := tx.Put(e); err != nil {
		return err
	}
	if old, ok, err := tx.Entity(party, e.ID); err != nil || ok && old.Area == e.Area {
		return err
	}
	return tx.Put(entity.Entity{Type: party, ID: e.ID, Name: e.ID, Class: "household", Area: e.Area})
}

const party = "party"

// SetStatus changes what a household is registered as. Only cases do: see package casework.
func SetStatus(tx *fact.Tx, id string, status decision.Status) error {
	e, err := tx.Need("household", Type, id)
	if err != nil {
		return err
	}
	tx.Concern(Type, id, string(status))
	return setStatus(tx, e, string(status))
}
