package household

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/identity"
)

//go:embed member.go
var memberSource string

func init() { fact.Register(memberSource, (*Member)(nil), (*Departure)(nil)) }

// MemberType is the type of the entity that a member is.
const MemberType = "member"

// States of a member.
const (
	Present   = "present"   // lives in the household
	withdrawn = "withdrawn" // listed by mistake, and taken off by a correction
)

const head = "head"

// The words of a member's line. They are the choices of the fact Member, so that a form and a card say the same.
var (
	relations = words("relation")
	sexes     = words("sex")
	labours   = words("labour")
)

// words gives the choices of a field of Member once kinds are registered.
func words(field string) func() []string {
	return func() []string {
		var list []string
		for _, c := range fact.Find("member").Field(field).Choices {
			list = append(list, c.Value)
		}
		return list
	}
}

// Member is somebody who joins a household that is in the register: born, married in, come back, left out before.
type Member struct {
	_         struct{}  `kind:"member" en:"Household member" zh:"家庭成员" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household string    `json:"household" en:"Household" zh:"农户" ref:"household"`
	Number    string    `json:"number" en:"Number" zh:"序号" pattern:"[0-9]{2}" hint:"Two digits, unused in the household, such as 05." hint_zh:"户内未用过的两位数字，如 05。"`
	Relation  string    `json:"relation" en:"Relation to the head" zh:"与户主关系" choices:"head=Head=户主;spouse=Spouse=配偶;child=Child=子女;child-in-law=Child-in-law=媳婿;grandchild=Grandchild=孙子女;parent=Parent=父母;grandparent=Grandparent=祖父母;sibling=Sibling=兄弟姐妹;other=Other=其他"`
	Birth     date.Date `json:"birth" en:"Date of birth" zh:"出生日期" optional:"" hint:"Empty when nobody knows." hint_zh:"不详的留空。"`
	Sex       string    `json:"sex" en:"Sex" zh:"性别" choices:"male=Male=男;female=Female=女"`
	Labour    string    `json:"labour" en:"Ability to work" zh:"劳动能力" choices:"ordinary=Ordinary=普通劳动力;skilled=Skilled=技能劳动力;weak=Weak=弱劳动力;lost=Lost=丧失劳动力;none=None=无劳动力"`
	Apart     bool      `json:"apart" en:"Does not share income" zh:"不共享收支" hint:"Yes for who is on the household register and lives on their own money." hint_zh:"在户口簿上但经济独立的选“是”。"`
	Reason    string    `json:"reason" en:"Why now" zh:"增加原因" choices:"born=Born=新生儿;married=Married in=婚入;returned=Came back=返回;adopted=Adopted=收养;omitted=Left out before=遗漏补录"`

	Name      string `json:"name" en:"Name" zh:"姓名" length:"80" optional:"" private:""`
	Document  string `json:"document" en:"Identity document" zh:"证件号码" length:"40" optional:"" private:""`
	Health    string `json:"health" en:"Health" zh:"健康状况" length:"40" optional:"" private:""`
	Education string `json:"education" en:"Education" zh:"文化程度" length:"40" optional:"" private:""`
}

// Record puts the member into the household from the effective date on.
func (m *Member) Record(tx *fact.Tx) error {
	h, err := tx.Need("household", Type, m.Household)
	if err != nil {
		return err
	}
	if old, ok, err := tx.Entity(MemberType, memberID(m.Household, m.Number)); err != nil {
		return err
	} else if ok && old.Status != withdrawn {
		return fault.New(fault.Conflict, "member.again", "household %s has a member %s already", m.Household, m.Number).For("number").
			Mend("Use the next free number, or record that member's return under it.")
	}
	if m.Birth > tx.On || m.Reason == "born" && m.Birth == "" {
		return fault.New(fault.Invalid, "member.birth", "somebody born on %q cannot have joined on %s", m.Birth, tx.On).For("birth").Mend("Correct one of the dates.")
	}
	var p fact.Problems
	if checkDocument(&p, "document", m.Document, m, tx.On); p.Err() != nil {
		return p.Err()
	}
	tx.Concern(Type, m.Household, "")
	if err := putMember(tx, m.Household, h.Area, m); err != nil {
		return err
	}
	return guard(tx, m.identities())
}

// TakeBack withdraws the member.
func (m *Member) TakeBack(tx *fact.Tx) error {
	if err := tx.SetStatus(MemberType, memberID(m.Household, m.Number), withdrawn); err != nil {
		return err
	}
	return m.Erase(tx)
}

// Erase forgets what the duplicate guard kept of the member's personal data.
func (m *Member) Erase(tx *fact.Tx) error { return forget(tx, m.identities()) }

func (m *Member) identities() []identity.Person {
	return []identity.Person{{ID: memberID(m.Household, m.Number), Name: m.Name, Birth: m.Birth, Document: m.Document}}
}

func memberID(household, number string) string { return household + "-" + number }

func putMember(tx *fact.Tx, household, area string, m *Member) error {
	return tx.Put(entity.Entity{Type: MemberType, ID: memberID(household, m.Number), Name: memberID(household, m.Number), Class: m.Relation, Status: Present, Area: area, Parent: household})
}

// Departure is a member who is gone: died, married out, moved away, in prison or in service. The effective date is the last day in the household.
type Departure struct {
	_      struct{} `kind:"departure" en:"Departure of a member" zh:"人口减少" by:"county-assistant,programme-officer" book:"member" area:"member"`
	Member string   `json:"member" en:"Member" zh:"成员" ref:"member"`
	Reason string   `json:"reason" en:"Reason" zh:"减少原因" choices:"died=Died=死亡;married=Married out=婚出;moved=Moved away=迁出;missing=Missing=失联;prison=In prison=服刑;service=In the army=入伍"`
}

// Record ends the membership.
func (d *Departure) Record(tx *fact.Tx) error {
	e, err := tx.Need("member", MemberType, d.Member)
	if err != nil {
		return err
	}
	if e.Status != Present {
		return fault.New(fault.Conflict, "departure.again", "member %s is %s already", d.Member, e.Status).For("member").Mend("Nothing needs to be done.")
	}
	tx.Concern(Type, e.Parent, "")
	return tx.SetStatus(MemberType, d.Member, d.Reason)
}

// TakeBack brings the member back.
func (d *Departure) TakeBack(tx *fact.Tx) error { return tx.SetStatus(MemberType, d.Member, Present) }

// parsePeople reads the member lines of a card: "01 head 1956-03-02 male ordinary", with "apart" at the end for who does not share income, and
// "-" for a birth date that nobody knows.
func parsePeople(lines []string) ([]Member, error) {
	members := make([]Member, 0, len(lines))
	for i, line := range lines {
		w := strings.Fields(line)
		if len(w) == 6 && w[5] == "apart" {
			w = w[:5]
		} else if len(w) != 5 {
			return nil, fmt.Errorf("line %d (%q) has %d words, not NUMBER RELATION BIRTH SEX LABOUR", i+1, line, len(w))
		}
		m := Member{Number: w[0], Relation: w[1], Sex: w[3], Labour: w[4], Apart: strings.HasSuffix(line, " apart")}
		if w[2] != "-" {
			birth, err := date.Parse(w[2])
			if err != nil {
				return nil, fmt.Errorf("line %d: birth %w", i+1, err)
			}
			m.Birth = birth
		}
		if err := checkNumber(m.Number); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, word := range []struct {
			of, is string
			list   []string
		}{{"relation", m.Relation, relations()}, {"sex", m.Sex, sexes()}, {"labour", m.Labour, labours()}} {
			if !slices.Contains(word.list, word.is) {
				return nil, fmt.Errorf("line %d: %s %q is none of %s", i+1, word.of, word.is, strings.Join(word.list, ", "))
			}
		}
		if slices.ContainsFunc(members, func(o Member) bool { return o.Number == m.Number }) {
			return nil, fmt.Errorf("line %d: number %s is given twice", i+1, m.Number)
		}
		members = append(members, m)
	}
	return members, nil
}

func checkNumber(number string) error {
	if len(number) != 2 || number[0] < '0' || number[0] > '9' || number[1] < '0' || number[1] > '9' {
		return fmt.Errorf("%q is no member number: write two digits, such as 01", number)
	}
	return nil
}

// numbered reads the personal lines of a card, "01 马小明", by member number.
func numbered(lines []string) (map[string]string, error) {
	byNumber := make(map[string]string, len(lines))
	for i, line := range lines {
		number, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := checkNumber(number); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if byNumber[number] != "" {
			return nil, fmt.Errorf("line %d: number %s is given twice", i+1, number)
		}
		byNumber[number] = strings.TrimSpace(text)
	}
	return byNumber, nil
}

// checkPersonal checks that each personal line of a card is about a member on it.
func checkPersonal(p *fact.Problems, members []Member, h *Household) {
	for _, field := range []struct {
		name  string
		lines []string
	}{{"names", h.Names}, {"documents", h.Documents}, {"health", h.Health}, {"education", h.Education}} {
		texts, err := numbered(field.lines)
		if err != nil {
			p.Add(field.name, "household.lines", "%v", err).Mend("Write one line a member: the number, a space, and the text.")
			continue
		}
		for number := range texts {
			if !h.Revision && !slices.ContainsFunc(members, func(m Member) bool { return m.Number == number }) {
				p.Add(field.name, "household.number", "the card lists no member %s", number).Mend("Correct the number, or add the member.")
			}
		}
	}
}

// checkDocuments checks the documents on a card as of the day it is recorded for. Once they are erased there is nothing to check.
func checkDocuments(members []Member, lines []string, on date.Date) error {
	documents, err := numbered(lines)
	if err != nil {
		return err
	}
	var p fact.Problems
	for i := range members {
		checkDocument(&p, "documents", documents[members[i].Number], &members[i], on)
	}
	return p.Err()
}

// checkDocument wants a valid number, of the member's birth date and sex.
func checkDocument(p *fact.Problems, field, number string, m *Member, on date.Date) {
	if number == "" {
		return
	}
	document, err := identity.Parse(number, on)
	switch {
	case err != nil:
		p.Add(field, "member.document", "member %s: %v", m.Number, err).Mend("Compare with the document; leave it empty when there is none.")
	case m.Birth != "" && document.Birth != m.Birth:
		p.Add(field, "member.document-birth", "member %s: the document gives another date of birth than %s", m.Number, m.Birth).Mend("Compare both with the document.")
	case m.Sex != "" && string(document.Sex) != m.Sex:
		p.Add(field, "member.document-sex", "member %s: the document says %s, the line says %s", m.Number, document.Sex, m.Sex).Mend("Compare both with the document.")
	}
}

// identities are what the duplicate guard compares of the people on a card. Phone and account are the household's and go with its first member.
func (h *Household) identities(members []Member) []identity.Person {
	names, _ := numbered(h.Names)
	documents, _ := numbered(h.Documents)
	var list []identity.Person
	for _, m := range members {
		person := identity.Person{ID: memberID(h.ID, m.Number), Name: names[m.Number], Birth: m.Birth, Document: documents[m.Number]}
		if len(list) == 0 {
			person.Phone, person.Account = h.Phone, h.Account
		}
		list = append(list, person)
	}
	return list
}
