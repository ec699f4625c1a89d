package verify

import (
	"crypto/sha256"
	"encoding/binary"
)

// The canonical form that is hashed: a text or bytes are a length of four bytes and the bytes, a number is eight bytes, all big-endian.

func text(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

func blob(b, v []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}

func number(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

// canonical is "posting", flow, from, to, commodity, fund, project, area, date, line, amount, sign.
func (p *postingRow) canonical(b []byte) []byte {
	b = text(b, "posting")
	b = text(b, p.flow)
	b = text(b, p.from)
	b = text(b, p.to)
	b = text(b, p.commodity)
	b = text(b, p.fund)
	b = text(b, p.project)
	b = text(b, p.area)
	b = text(b, p.on)
	b = number(b, p.line)
	b = number(b, p.amount)
	return number(b, p.sign)
}

// canonical is "observation", measure, subject, project, area, date, line, value, sign.
func (o *observationRow) canonical(b []byte) []byte {
	b = text(b, "observation")
	b = text(b, o.measure)
	b = text(b, o.subject)
	b = text(b, o.project)
	b = text(b, o.area)
	b = text(b, o.on)
	b = number(b, o.line)
	b = number(b, o.value)
	return number(b, o.sign)
}

// canonical is "lastmile/entry/1" and the 32 bytes of the previous hash, bare, then every field in the order of the table and the canonical
// forms of the postings and the observations as one text.
func (e *entryRow) canonical(b []byte, previous [32]byte, book string, effects []byte) []byte {
	b = append(b, "lastmile/entry/1"...)
	b = append(b, previous[:]...)
	b = text(b, book)
	b = number(b, e.seq)
	b = text(b, e.kind)
	b = text(b, e.key)
	b = text(b, e.on)
	b = number(b, e.recordedAt)
	b = text(b, e.actor)
	b = text(b, e.approvers)
	b = text(b, e.source)
	b = number(b, e.reverses)
	b = number(b, e.grade)
	b = text(b, e.area)
	b = text(b, e.body)
	b = blob(b, e.commitment)
	b = text(b, e.evidence)
	return blob(b, effects)
}

// commitment to personal data is SHA-256 over its salt and body.
func (p *privateRow) commitment(b []byte) [32]byte {
	return sha256.Sum256(text(blob(b, p.salt), p.body))
}
