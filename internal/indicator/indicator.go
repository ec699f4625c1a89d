// Package indicator keeps, as facts, what a programme wants to know and what has been said about it: definitions of figures, and claims.
//
// A figure is defined once and versioned; see package figure for what a definition can say. A claim is a sentence in a report or article with
// the number it states, how it is qualified, and the figure that must bear it out; checking it gives a verdict.
package indicator

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
)

//go:embed indicator.go
var source string

func init() { fact.Register(source, (*Figure)(nil), (*Claim)(nil)) }

// Figure defines a figure, or a new version of it.
type Figure struct {
	_         struct{}  `kind:"figure" en:"Definition of a figure" zh:"指标定义" by:"programme-officer" book:"hq"`
	ID        string    `json:"id" en:"Code" zh:"编号" pattern:"[a-z0-9.-]{1,60}" hint:"Small letters, digits, dot, dash." hint_zh:"小写字母、数字、点、横线。"`
	Version   int64     `json:"version" en:"Version" zh:"版本" min:"1"`
	En        string    `json:"en" en:"Label" zh:"英文名称" length:"200"`
	Zh        string    `json:"zh" en:"Label in Chinese" zh:"中文名称" length:"200"`
	Unit      string    `json:"unit" en:"Unit" zh:"单位" length:"30" hint:"CNY, persons, households, date …" hint_zh:"如 CNY、persons、households、date。"`
	Scale     int64     `json:"scale" en:"Decimals" zh:"小数位" min:"0" max:"6" optional:"" hint:"2 for money." hint_zh:"金额填 2。"`
	Aggregate string    `json:"aggregate" en:"How it is made" zh:"计算方式" choices:"sum=Sum=合计;count=Count of records=记录数;distinct=Distinct subjects=去重计数;balance=Balance=余额;latest=Latest=最新值;minimum=Minimum=最小值;maximum=Maximum=最大值;years=Years since the earliest=年数;ratio=Ratio=比率"`
	Terms     string    `json:"terms" en:"Of what" zh:"构成" length:"300" hint:"Measures, a minus sign takes one off: disbursement:CNY -refund:CNY. For a ratio: NUMERATOR / DENOMINATOR." hint_zh:"统计量，减号表示扣除：disbursement:CNY -refund:CNY。比率写成：分子 / 分母。"`
	Area      string    `json:"area" en:"In area" zh:"区域" ref:"area" optional:""`
	Projects  []string  `json:"projects" en:"Of projects" zh:"项目" optional:""`
	Channel   string    `json:"channel" en:"Of channel" zh:"渠道" optional:"" length:"30"`
	Fund      string    `json:"fund" en:"Of fund" zh:"资金来源" ref:"fund" optional:""`
	Subject   string    `json:"subject" en:"Of whom or what" zh:"对象" optional:"" length:"100" hint:"Code of one household, company or contract that was counted." hint_zh:"所统计的某一户、企业或合同的编号。"`
	From      date.Date `json:"from" en:"From" zh:"起始日期" optional:""`
	Until     date.Date `json:"until" en:"Until" zh:"截止日期" optional:""`
}

// Check reads the terms.
func (f *Figure) Check(p *fact.Problems) {
	if _, err := f.definition(); err != nil {
		p.Add("terms", "figure.terms", "%v", err).Mend("See the measures with: lastmile figures --measures")
	}
}

// Record has nothing to move or count: definitions are read from the journal.
func (f *Figure) Record(*fact.Tx) error { return nil }

func (f *Figure) definition() (figure.Definition, error) {
	d := figure.Definition{
		ID: f.ID, Version: f.Version, En: f.En, Zh: f.Zh, Unit: f.Unit, Scale: int(f.Scale), Aggregate: figure.Aggregate(f.Aggregate),
		Filter: figure.Filter{Area: f.Area, Projects: f.Projects, Channel: f.Channel, Fund: f.Fund, Subject: f.Subject, From: f.From, Until: f.Until},
	}
	if d.Aggregate == figure.Ratio {
		a, b, ok := strings.Cut(f.Terms, "/")
		if !ok {
			return d, fmt.Errorf("ratio %q: want NUMERATOR / DENOMINATOR", f.Terms)
		}
		d.Over = [2]string{strings.TrimSpace(a), strings.TrimSpace(b)}
		return d, nil
	}
	var err error
	if d.Terms, err = figure.ParseTerms(f.Terms); err != nil {
		return d, err
	}
	if f.Subject != "" && slices.ContainsFunc(d.Terms, func(t figure.Term) bool { return strings.Contains(t.Measure, ":") }) {
		return d, fmt.Errorf("what moved has no subject: name a measure that counts, or leave %q out", f.Subject)
	}
	return d, d.Check()
}

// Load opens the figures that a store defines.
func Load(ctx context.Context, db *database.DB, today date.Date) (*figure.Book, error) {
	var list []figure.Definition
	err := journal.Each(ctx, db, journal.Filter{Book: entity.Headquarters, Kind: "figure", Standing: true}, func(e journal.Entry) error {
		f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return err
		}
		d, err := f.(*Figure).definition()
		if err != nil {
			return fmt.Errorf("figure of entry %s:%d: %w", e.Book, e.Seq, err)
		}
		list = append(list, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load figures: %w", err)
	}
	return figure.NewBook(db, today, list), nil
}

// Claim is a sentence with a number in it, and the figure that must bear it out.
type Claim struct {
	_         struct{}  `kind:"claim" en:"Claim" zh:"报告陈述" by:"programme-officer" book:"hq"`
	ID        string    `json:"id" en:"Number" zh:"编号" pattern:"[A-Za-z0-9.-]{1,20}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Sentence  string    `json:"sentence" en:"Sentence" zh:"原文" length:"1000" hint:"Exactly as it stands in the report." hint_zh:"与报告原文一致。"`
	Qualifier string    `json:"qualifier" en:"Qualifier" zh:"限定词" choices:"==Exactly=恰好;>=More than=超过;>==At least=不少于;~=About=约;<~=Nearly=近;exp=Expected=预计;exp >=Expected, more than=预计超过;exp >==Expected, at least=预计不少于;-=No qualifier=无"`
	Stated    string    `json:"stated" en:"Stated value" zh:"陈述数值" length:"40" optional:"" hint:"A decimal, or a date as 2019-06; empty when the sentence states none." hint_zh:"小数，或日期如 2019-06；原文没有数值则留空。"`
	Precision string    `json:"precision" en:"Unit of the last digit printed" zh:"末位单位" length:"20" optional:"" hint:"10000 for 60.47 million; empty for the last digit of the stated value." hint_zh:"6047 万填 10000；留空表示陈述数值的末位。"`
	Unit      string    `json:"unit" en:"Unit" zh:"单位" length:"30" optional:""`
	Figure    string    `json:"figure" en:"Figure" zh:"指标" length:"60" optional:"" hint:"Empty while no figure computes it." hint_zh:"尚无对应指标时留空。"`
	AsOf      date.Date `json:"as_of" en:"As of" zh:"截至" optional:""`
	Note      string    `json:"note" en:"Note" zh:"说明" length:"1000" optional:""`
}

// Record has nothing to move or count.
func (c *Claim) Record(*fact.Tx) error { return nil }

// Claims lists the claims that a store holds, by number.
func Claims(ctx context.Context, db *database.DB) ([]figure.Claim, error) {
	byID := map[string]figure.Claim{}
	var ids []string
	err := journal.Each(ctx, db, journal.Filter{Book: entity.Headquarters, Kind: "claim", Standing: true}, func(e journal.Entry) error {
		f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return err
		}
		c := f.(*Claim)
		if _, ok := byID[c.ID]; !ok {
			ids = append(ids, c.ID)
		}
		byID[c.ID] = c.claim()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load claims: %w", err)
	}
	slices.Sort(ids)
	list := make([]figure.Claim, len(ids))
	for i, id := range ids {
		list[i] = byID[id]
	}
	return list, nil
}

func (c *Claim) claim() figure.Claim {
	return figure.Claim{ID: c.ID, Sentence: c.Sentence, Qualifier: c.Qualifier, Stated: c.Stated, Precision: c.Precision, Unit: c.Unit, Figure: c.Figure, AsOf: c.AsOf, Note: c.Note}
}

// ReadClaims reads a claims file: a CSV, XLSX or JSON Lines table with the fields of a claim as columns.
func ReadClaims(path string) ([]figure.Claim, error) {
	var list []figure.Claim
	err := fact.ReadTable(path, fact.Find("claim"), func(f fact.Fact, row int) error {
		list = append(list, f.(*Claim).claim())
		return nil
	})
	return list, err
}
