package fact

import (
	_ "embed"

	"lastmile/internal/fault"
)

//go:embed builtin.go
var source string

//go:embed proposal.go
var proposalSource string

func init() {
	Register(source, (*Reversal)(nil), (*Proof)(nil), (*Erasure)(nil))
	Register(proposalSource, (*Proposal)(nil), (*Approve)(nil))
}

// Reversal takes back an earlier entry of the same book: what it moved moves back, what it counted is no longer counted. The entry
// itself stays where it is, and statements as of a date before the reversal still show it.
type Reversal struct {
	_      struct{} `kind:"reversal" en:"Reversal" zh:"冲销" by:"finance,programme-officer,county-assistant,loan-officer" approve:"approver"`
	Entry  int64    `json:"entry" en:"Entry" zh:"分录号" min:"1" hint:"The number of the entry in its book." hint_zh:"账簿中的分录号。"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"500"`
}

// Record takes the entry back.
func (r *Reversal) Record(tx *Tx) error { return tx.Reverse(r.Entry) }

// Proof adds evidence that came later to an earlier entry of the same book, which from then on counts as traced.
type Proof struct {
	_     struct{} `kind:"proof" en:"Late proof" zh:"补充凭证" by:"finance,programme-officer,county-assistant,loan-officer"`
	Entry int64    `json:"entry" en:"Entry" zh:"分录号" min:"1"`
	Note  string   `json:"note" en:"What it shows" zh:"说明" optional:""`
}

// Record marks the entry as proved.
func (p *Proof) Record(tx *Tx) error {
	if len(tx.Evidence) == 0 {
		return fault.New(fault.Invalid, "proof.missing", "a proof needs at least one file").For("evidence").Mend("Add the voucher, receipt or photograph.")
	}
	return tx.Prove(p.Entry)
}

// Erasure deletes the personal data of an earlier entry, at the request of the person it is about. The chain still verifies: it holds
// only a salted commitment.
type Erasure struct {
	_      struct{} `kind:"erasure" en:"Erasure of personal data" zh:"删除个人信息" by:"administrator" approve:"approver"`
	Entry  int64    `json:"entry" en:"Entry" zh:"分录号" min:"1"`
	Reason string   `json:"reason" en:"Request" zh:"申请" length:"500"`
}

// Record deletes the private part. The same data in the proposal that the entry came from, or in what came of a proposal, is erased in the
// same commit.
func (e *Erasure) Record(tx *Tx) error {
	if err := tx.Erase(e.Entry); err != nil {
		return err
	}
	other, err := tx.twin(e.Entry)
	if err == nil && other > 0 {
		tx.Then(Draft{Fact: &Erasure{Entry: other, Reason: e.Reason}, Book: tx.Book, On: tx.On, Actor: tx.Actor, Approvers: tx.Approvers, Source: "erasure"})
	}
	return err
}
