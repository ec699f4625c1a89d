package fact

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

//go:embed schema
var files embed.FS

// Schema of the proposals.
var Schema = database.Schema{Name: "fact", Files: files, State: []string{"proposal"}}

// Proposal holds a fact that needs a second person until enough others have approved exactly this content. lastmile records it by
// itself for kinds that ask for approval.
type Proposal struct {
	_        struct{}  `kind:"proposal" en:"Proposal" zh:"待审批事项" by:""`
	Of       string    `json:"of" en:"Kind" zh:"类型"`
	Key      string    `json:"key" en:"Key of the fact" zh:"键"`
	On       date.Date `json:"on" en:"Effective date" zh:"生效日期"`
	Corrects int64     `json:"corrects" en:"Corrects entry" zh:"更正分录" optional:""`
	Body     string    `json:"body" en:"Content" zh:"内容" length:"200000"`
	Personal string    `json:"personal" en:"Personal data" zh:"个人信息" length:"200000" optional:"" private:""`
	Role     string    `json:"role" en:"Role of the approvers" zh:"审批角色"`
	Need     int64     `json:"need" en:"Approvers needed" zh:"所需审批人数" min:"1"`
	Content  string    `json:"content" en:"Hash of the content" zh:"内容摘要"`
}

// Record puts the proposal among those that wait.
func (p *Proposal) Record(tx *Tx) error {
	return tx.Exec("INSERT INTO proposal (book, seq, kind, hash, actor, area, role, status, need, approvers, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		tx.Book, tx.seq, p.Of, p.Content, tx.Actor, tx.Area, p.Role, Waiting, p.Need, "", "")
}

// States of a proposal.
const (
	Waiting  = "waiting"
	Approved = "approved"
	SentBack = "sent-back"
)

// Approve is one person's word on a proposal, bound to the hash of its content. With the last approval needed the proposed fact is
// recorded in the same commit.
type Approve struct {
	_        struct{} `kind:"approval" en:"Approval" zh:"审批" by:""`
	Proposal int64    `json:"proposal" en:"Proposal" zh:"待审批事项" min:"1"`
	Content  string   `json:"content" en:"Hash of the content approved" zh:"内容摘要"`
	Verdict  string   `json:"verdict" en:"Verdict" zh:"意见" choices:"approve=Approve=同意;send-back=Send back=退回"`
	Reason   string   `json:"reason" en:"Reason" zh:"原因" optional:""`
}

// Check asks for a reason with what is sent back.
func (a *Approve) Check(p *Problems) {
	if a.Verdict == "send-back" && a.Reason == "" {
		p.Add("reason", "field.required", "the reason is missing").Mend("Say what must be put right.")
	}
}

// Record counts the approval, or sends the proposal back.
func (a *Approve) Record(tx *Tx) error {
	p, err := tx.proposal(a.Proposal)
	if err != nil {
		return err
	}
	switch {
	case p.Status != Waiting:
		return fault.New(fault.Conflict, "proposal.closed", "proposal %s:%d is %s already", tx.Book, a.Proposal, p.Status).For("proposal").Mend("Nothing needs to be done.")
	case p.Hash != a.Content:
		return fault.New(fault.Conflict, "proposal.changed", "proposal %s:%d has another content than the one approved", tx.Book, a.Proposal).For("content").
			Mend("Read it again and approve what it says now.")
	case tx.Actor == p.Actor || slices.Contains(p.Approvers, tx.Actor):
		return fault.New(fault.Forbidden, "approval.self", "%s cannot approve what they prepared or approved already", tx.Actor).For("actor").
			Mend("Ask another person with role %s.", p.Role)
	}
	tx.Area = p.Area
	if ok, err := tx.May(tx.Actor, p.Role); err != nil {
		return err
	} else if !ok && !tx.replay {
		return fault.New(fault.Forbidden, "approval.role", "%s may not approve a %s here on %s", tx.Actor, p.Kind, tx.On).For("actor").Mend("Ask a person with role %s.", p.Role)
	}
	if a.Verdict == "send-back" {
		return tx.Exec("UPDATE proposal SET status = $1, reason = $2 WHERE book = $3 AND seq = $4", SentBack, a.Reason, tx.Book, a.Proposal)
	}
	p.Approvers = append(p.Approvers, tx.Actor)
	status := Waiting
	if int64(len(p.Approvers)) >= p.Need {
		status = Approved
	}
	if err := tx.Exec("UPDATE proposal SET status = $1, approvers = $2 WHERE book = $3 AND seq = $4", status, strings.Join(p.Approvers, " "), tx.Book, a.Proposal); err != nil {
		return err
	}
	if status == Waiting {
		return nil
	}
	d, err := p.draft(tx.ctx, tx.w)
	if err != nil {
		return err
	}
	tx.Then(d)
	return nil
}

// Pending is a proposal and what became of it.
type Pending struct {
	Book      string
	Seq       int64
	Kind      string
	Hash      string
	Actor     string
	Area      string
	Role      string
	Status    string
	Need      int64
	Approvers []string
	Reason    string
}

const pendingColumns = "book, seq, kind, hash, actor, area, role, status, need, approvers, reason"

func scanPending(row interface{ Scan(...any) error }) (Pending, error) {
	var p Pending
	var approvers string
	err := row.Scan(&p.Book, &p.Seq, &p.Kind, &p.Hash, &p.Actor, &p.Area, &p.Role, &p.Status, &p.Need, &approvers, &p.Reason)
	p.Approvers = strings.Fields(approvers)
	return p, err
}

func (tx *Tx) proposal(seq int64) (Pending, error) {
	rows, err := tx.Query("SELECT "+pendingColumns+" FROM proposal WHERE book = $1 AND seq = $2", tx.Book, seq)
	if err != nil {
		return Pending{}, err
	}
	defer rows.Close()
	if !rows.Next() {
		return Pending{}, fault.New(fault.NotFound, "proposal.unknown", "book %s has no proposal %d", tx.Book, seq).For("proposal").Mend("Look the number up among what waits.")
	}
	return scanPending(rows)
}

// Proposals lists proposals of a book ("" for all) with a status ("" for any), oldest first.
func Proposals(ctx context.Context, r database.Reader, book, status string) ([]Pending, error) {
	query, args := "SELECT "+pendingColumns+" FROM proposal WHERE 1 = 1", []any{}
	for _, c := range []struct{ column, value string }{{"book", book}, {"status", status}} {
		if c.value != "" {
			args = append(args, c.value)
			query += fmt.Sprintf(" AND %s = $%d", c.column, len(args))
		}
	}
	rows, err := r.Query(ctx, query+" ORDER BY book, seq", args...)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	defer rows.Close()
	var list []Pending
	for rows.Next() {
		p, err := scanPending(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// Draft is the fact that a proposal would record, with its approvers so far.
func (p *Pending) Draft(ctx context.Context, r database.Reader) (Draft, error) {
	return p.draft(ctx, r)
}

func (p *Pending) draft(ctx context.Context, r database.Reader) (Draft, error) {
	e, ok, err := journal.Get(ctx, r, p.Book, p.Seq)
	if err != nil || !ok {
		return Draft{}, orUnknown(err, p.Book, p.Seq)
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return Draft{}, err
	}
	held := f.(*Proposal)
	proposed, err := DecodeBody(held.Of, held.Body, held.Personal)
	if err != nil {
		return Draft{}, err
	}
	return Draft{Fact: proposed, Book: p.Book, Key: held.Key, On: held.On, Actor: p.Actor, Approvers: p.Approvers, Source: e.Source,
		Evidence: e.Evidence, Corrects: held.Corrects}, nil
}

// propose records a proposal in place of a fact that nobody has approved yet. The fact's own rules are checked when it is approved;
// here it has passed its field checks and references.
func (w *writer) propose(ctx context.Context, tx *Tx, d *Draft, p *prepared, taken map[bookKey]int64) (Receipt, error) {
	content := sha256.Sum256(journal.AppendFields(nil, []string{d.Book, p.kind.Name, string(d.On), p.body, p.private, strings.Join(d.Evidence, " ")}, d.Corrects))
	need, err := tx.approvers(p)
	if err != nil {
		return Receipt{}, err
	}
	proposal := Draft{
		Fact: &Proposal{Of: p.kind.Name, Key: d.Key, On: d.On, Corrects: d.Corrects, Body: p.body, Personal: p.private, Role: p.kind.Approval.Role,
			Need: int64(need), Content: hex.EncodeToString(content[:])},
		Book: d.Book, Key: "p-" + d.Key, On: d.On, Actor: d.Actor, Source: d.Source, Evidence: d.Evidence,
	}
	receipt, err := w.follow(ctx, &proposal, taken)
	receipt.Proposal = true
	return receipt, err
}
