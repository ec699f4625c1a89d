package fact_test

import (
	_ "embed"

	"lastmile/internal/fact"
)

//go:embed bug_test.go
var source string

func init() { fact.Register(source, (*bug)(nil)) }

// bug is a kind of fact with a mistake in its Record.
type bug struct {
	_   struct{} `kind:"test-bug" en:"Bug" zh:"错误" by:"finance"`
	How string   `json:"how" en:"How" zh:"方式"`
}

func (b *bug) Record(tx *fact.Tx) error {
	if b.How == "panic" {
		panic("a mistake")
	}
	return tx.Exec("INSERT INTO nothing (a) VALUES (1)")
}
