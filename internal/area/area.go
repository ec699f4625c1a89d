// Package area is the official division tree: province, prefecture, county, town, village, each with its official code. Codes and names are
// those of the statistics authority (in China GB/T 2260 and the 12-digit codes of the National Bureau of Statistics); nothing is
// invented. The names of levels are the country's own.
package area

import (
	_ "embed"

	"lastmile/internal/fact"
)

//go:embed area.go
var source string

func init() { fact.Register(source, (*Area)(nil)) }

// Area is one node of the division tree. Record those above before those below.
type Area struct {
	_      struct{} `kind:"area" en:"Area" zh:"行政区划" by:"administrator" book:"hq" area:"code" defines:"area"`
	Code   string   `json:"code" en:"Code" zh:"代码" entity:"id" pattern:"[0-9A-Za-z.-]{1,20}" hint:"The official code, such as 620524101201." hint_zh:"官方代码，如 620524101201。"`
	Parent string   `json:"parent" en:"Lies in" zh:"上级" ref:"area" entity:"parent" optional:"" hint:"Code of the area above; empty for the topmost." hint_zh:"上级区划代码；最上级留空。"`
	Level  string   `json:"level" en:"Level" zh:"级别" entity:"class" length:"30" hint:"Such as county, town or village." hint_zh:"如县、乡镇、村。"`
	Name   string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"100"`
}

// Record has nothing to move or count: the area's row is enough.
func (a *Area) Record(*fact.Tx) error { return nil }
