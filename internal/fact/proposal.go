package fact

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
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
	_        struct{}  `kind:"proposal" en:"Proposal" zh:"待审批事项" by:"" area:"area"`
	Of       string    `json:"of" en:"Kind" zh:"类型"`
	Key      string    `json:"key" en:"Key of the fact" zh:"键"`
	On       date.Date `json:"on" en:"Effective date" zh:"生效日期"`
	Corrects int64     `json:"corrects" en:"Corrects entry" zh:"更正分录" optional:""`
	Body     string    `json:"body" en:"Content" zh:"内容" length:"200000"`
	Personal string    `json:"personal" en:"Personal data" zh:"个人信息" length:"200000" optional:"" private:""`
	Role     string    `json:"role" en:"Role of the approvers" zh:"审批角色"`
	Area     string    `json:"area" en:"Area" zh:"区域" ref:"area" optional:""`
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
	p, ok, err := ProposalAt(tx.ctx, tx.w, tx.Book, a.Proposal)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return fault.New(fault.NotFound, "proposal.unknown", "book %s has no proposal %d", tx.Book, a.Proposal).For("proposal").Mend("Look the number up among what waits.")
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
	e, ok, err := tx.wr.find(tx.ctx, tx.Book, a.Proposal)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, a.Proposal)
	}
	d, err := p.draft(e)
	if err != nil {
		return err
	}
	tx.Then(d)
	return nil
}

// Pending is a proposal and what became of it.
type Pending struct {
	Book      string   `json:"book"`
	Seq       int64    `json:"seq"`
	Kind      string   `json:"kind"`
	Hash      string   `json:"hash"`
	Actor     string   `json:"actor"`
	Area      string   `json:"area"`
	Role      string   `json:"role"`
	Status    string   `json:"status"`
	Need      int64    `json:"need"`
	Approvers []string `json:"approvers"`
	Reason    string   `json:"reason,omitempty"`
}

const pendingColumns = "book, seq, kind, hash, actor, area, role, status, need, approvers, reason"

func scanPending(row interface{ Scan(...any) error }) (Pending, error) {
	var p Pending
	var approvers string
	err := row.Scan(&p.Book, &p.Seq, &p.Kind, &p.Hash, &p.Actor, &p.Area, &p.Role, &p.Status, &p.Need, &approvers, &p.Reason)
	p.Approvers = strings.Fields(approvers)
	return p, err
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

// AgainKey is the key of what is sent in place of a proposal of the same book that was sent back. It is the same each time: a proposal is replaced once.
func AgainKey(seq int64) string { return fmt.Sprintf("again-%d", seq) }

// Returned lists the proposals of all books that a person made, that were sent back, and in place of which nothing was sent yet, oldest first.
func Returned(ctx context.Context, r database.Reader, person string) ([]Pending, error) {
	all, err := Proposals(ctx, r, "", SentBack)
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{} // by book, of what would replace them
	for _, p := range all {
		if p.Actor == person {
			keys[p.Book] = append(keys[p.Book], AgainKey(p.Seq), "p-"+AgainKey(p.Seq))
		}
	}
	sent := map[string]map[string]int64{}
	for book, list := range keys {
		if sent[book], err = journal.Keys(ctx, r, book, list); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(p Pending) bool {
		_, recorded := sent[p.Book][AgainKey(p.Seq)]
		_, proposed := sent[p.Book]["p-"+AgainKey(p.Seq)]
		return p.Actor != person || recorded || proposed
	}), nil
}

// Draft is the fact that a proposal would record, with its approvers so far.
func (p *Pending) Draft(ctx context.Context, r database.Reader) (Draft, error) {
	e, ok, err := journal.Get(ctx, r, p.Book, p.Seq)
	if err != nil || !ok {
		return Draft{}, orUnknown(err, p.Book, p.Seq)
	}
	return p.draft(e)
}

// draft is the proposed fact of the proposal's entry.
func (p *Pending) draft(e journal.Entry) (Draft, error) {
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
func (w *writer) propose(ctx context.Context, d *Draft, p *prepared, area string, need int, taken map[bookKey]int64) (Receipt, error) {
	content := sha256.Sum256(journal.AppendFields(nil, []string{d.Book, p.kind.Name, string(d.On), p.body, p.private, strings.Join(d.Evidence, " ")}, d.Corrects))
	proposal := Draft{
		Fact: &Proposal{Of: p.kind.Name, Key: d.Key, On: d.On, Corrects: d.Corrects, Body: p.body, Personal: p.private, Role: p.kind.Approval.Role,
			Area: area, Need: int64(need), Content: hex.EncodeToString(content[:])},
		Book: d.Book, Key: "p-" + d.Key, On: d.On, Actor: d.Actor, Source: d.Source, Evidence: d.Evidence,
	}
	receipt, err := w.follow(ctx, &proposal, taken)
	if err != nil {
		return receipt, err
	}
	receipt.Proposal = true
	if !receipt.Again {
		return receipt, nil
	}
	q, ok, err := ProposalAt(ctx, w.conn, d.Book, receipt.Seq)
	switch {
	case err != nil || !ok:
		return receipt, orUnknown(err, d.Book, receipt.Seq)
	case q.Status == SentBack:
		return receipt, fault.New(fault.Conflict, "proposal.sent-back", "proposal %s:%d, which says the same, was sent back: %s", d.Book, receipt.Seq, q.Reason).
			Mend("Put right what was asked for, or use a new key.")
	case q.Status == Approved:
		return w.follow(ctx, d, taken) // finds what it became
	}
	return receipt, nil
}

// ProposalAt gives one proposal; ok is false when there is none there.
func ProposalAt(ctx context.Context, r database.Reader, book string, seq int64) (p Pending, ok bool, err error) {
	p, err = scanPending(r.QueryRow(ctx, "SELECT "+pendingColumns+" FROM proposal WHERE book = $1 AND seq = $2", book, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read proposal %s:%d: %w", book, seq, err)
	}
	return p, true, nil
}

// Decision is a person's word on a proposal, to be recorded: approved, or sent back when there is a reason. Each person has one word on a
// proposal, so that saying it twice is saying it once.
func (p *Pending) Decision(actor, reason string, on date.Date, source string) Draft {
	word := &Approve{Proposal: p.Seq, Content: p.Hash, Verdict: "approve", Reason: reason}
	key := "approve"
	if reason != "" {
		word.Verdict, key = "send-back", "back"
	}
	return Draft{Fact: word, Book: p.Book, Key: fmt.Sprintf("%s-%d-%s", key, p.Seq, actor), On: on, Actor: actor, Source: source}
}
