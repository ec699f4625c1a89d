// Package party is anyone who gives, receives or acts: sponsor, bank, foundation, listed company, enterprise, village collective, household, school,
// hospital, supplier, official. A party of a designated county is kept in the county's book, others at headquarters.
package party

import (
	_ "embed"

	"lastmile/internal/fact"
)

//go:embed party.go
var source string

func init() { fact.Register(source, (*Party)(nil)) }

// Party makes one known.
type Party struct {
	_        struct{} `kind:"party" en:"Party" zh:"相关方" by:"programme-officer,county-assistant,finance" book:"area,hq" area:"area" defines:"party"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，最多 40 个。"`
	Name     string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Kind     string   `json:"kind" en:"Kind" zh:"类型" entity:"class" choices:"sponsor=Sponsor=帮扶单位;member=Member unit=会员单位;bank=Bank=银行;foundation=Foundation=基金会;listed-company=Listed company=上市公司;enterprise=Enterprise=企业;cooperative=Cooperative=合作社;village-collective=Village collective=村集体;household=Household=农户;school=School=学校;hospital=Hospital or clinic=医院;supplier=Supplier=供应商;government=Government office=政府部门;staff=Staff=职工;person=Person=个人;public=General public=社会公众"`
	Area     string   `json:"area" en:"Area" zh:"所在地" ref:"area" entity:"area" optional:""`
	Register string   `json:"register" en:"Registration number" zh:"登记号" optional:"" length:"60" hint:"Company or institution register number, if any." hint_zh:"企业或机构登记号（如有）。"`
}

// Record has nothing to move or count.
func (p *Party) Record(*fact.Tx) error { return nil }
