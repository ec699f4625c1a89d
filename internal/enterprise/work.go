package enterprise

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/earning"
)

//go:embed work.go
var workSource string

func init() {
	fact.Register(workSource, (*JobOffer)(nil), (*Placement)(nil), (*PlacementEnd)(nil))
	figure.Declare(
		figure.Measure{ID: "jobs-offered", En: "Jobs offered", Zh: "提供岗位", Unit: "jobs", Shared: true},
		figure.Measure{ID: "jobs-filled", En: "Jobs filled now", Zh: "在岗人数", Unit: "jobs"},
		figure.Measure{ID: "placement", En: "Persons placed in jobs", Zh: "安置就业", Unit: "persons"},
		figure.Measure{ID: "placement-registered", En: "Persons of registered households placed in jobs", Zh: "安置建档立卡户就业", Unit: "persons"},
	)
}

// JobOffer is posts that a named company offers to people of a county. Offered is not filled: see Placement.
type JobOffer struct {
	_        struct{}   `kind:"job-offer" en:"Jobs offered" zh:"就业岗位" by:"programme-officer,county-assistant" book:"area" area:"area" defines:"job-offer"`
	ID       string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Employer string     `json:"employer" en:"Company" zh:"用工单位" ref:"party" entity:"parent"`
	Area     string     `json:"area" en:"To people of" zh:"面向地区" ref:"area" entity:"area"`
	Title    string     `json:"title" en:"Work" zh:"工种" entity:"name" length:"100"`
	Posts    int64      `json:"posts" en:"Posts" zh:"岗位数" min:"1"`
	Wage     fact.Money `json:"wage" en:"Wage a month" zh:"月工资" unit:"CNY" min:"0.01" optional:""`
	Project  string     `json:"project" en:"Project" zh:"项目" ref:"project" optional:""`
}

// Record counts the posts, with the company as their subject: a company is counted once though it offers in several counties.
func (j *JobOffer) Record(tx *fact.Tx) error {
	return tx.Observe("jobs-offered", j.Posts, figure.Observation{Subject: j.Employer, Project: j.Project})
}

// Placement is one person who takes up an offered post, from the effective date until its end is recorded. The person is named by a code, never by name.
type Placement struct {
	_         struct{}   `kind:"placement" en:"Placement in a job" zh:"就业安置" by:"county-assistant" book:"offer" area:"offer" defines:"placement"`
	ID        string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Offer     string     `json:"offer" en:"Offer" zh:"就业岗位" ref:"job-offer" entity:"parent"`
	Household string     `json:"household" en:"Registered household" zh:"所属农户" entity:"class" length:"40" optional:"" hint:"Empty when the person's household is not registered." hint_zh:"所在户未建档的留空。"`
	Wage      fact.Money `json:"wage" en:"Wage a month" zh:"月工资" unit:"CNY" min:"0.01"`
}

// States of a placement.
const (
	Working = "working"
	Left    = "left"
)

// Record fills one of the posts offered; there must be one that is free.
func (p *Placement) Record(tx *fact.Tx) error {
	offer, err := fact.Get[JobOffer](tx, "job-offer", p.Offer)
	if err != nil {
		return err
	}
	if p.Household != "" {
		if err := earning.Registered(tx, "household", p.Household); err != nil {
			return err
		}
	}
	filled, err := tx.SubjectSum("jobs-filled", p.Offer)
	if err != nil {
		return err
	}
	if filled >= offer.Posts {
		return fault.New(fault.Conflict, "offer.filled", "all %d posts of %s are filled", offer.Posts, p.Offer).For("offer").Mend("Record who has left first, or a further offer.")
	}
	e, err := tx.Need("id", "placement", p.ID)
	if err != nil {
		return err
	}
	e.Area, e.Status = tx.Area, Working
	if err := tx.Put(e); err != nil {
		return err
	}
	for _, o := range []struct{ measure, subject string }{{"jobs-filled", p.Offer}, {"placement", p.ID}, {"placement-registered", p.Household}} {
		if o.subject == "" {
			continue
		}
		if err := tx.Observe(o.measure, 1, figure.Observation{Subject: o.subject, Project: offer.Project}); err != nil {
			return err
		}
	}
	return nil
}

// PlacementEnd is a person who leaves a post. It is free again.
type PlacementEnd struct {
	_         struct{} `kind:"placement-end" en:"End of a placement" zh:"离岗" by:"county-assistant" book:"placement" area:"placement"`
	Placement string   `json:"placement" en:"Placement" zh:"就业安置" ref:"placement"`
	Reason    string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record frees the post.
func (p *PlacementEnd) Record(tx *fact.Tx) error {
	e, err := tx.Need("placement", "placement", p.Placement)
	if err != nil {
		return err
	}
	if e.Status == Left {
		return fault.New(fault.Conflict, "placement.ended", "placement %s has ended before", p.Placement).For("placement").Mend("Nothing needs to be done.")
	}
	offer, err := fact.Get[JobOffer](tx, "job-offer", e.Parent)
	if err != nil {
		return err
	}
	if err := tx.SetStatus("placement", p.Placement, Left); err != nil {
		return err
	}
	return tx.Observe("jobs-filled", -1, figure.Observation{Subject: e.Parent, Project: offer.Project})
}

// TakeBack puts the person to work again.
func (p *PlacementEnd) TakeBack(tx *fact.Tx) error {
	return tx.SetStatus("placement", p.Placement, Working)
}
