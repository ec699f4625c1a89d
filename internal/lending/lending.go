// Package lending is a sponsor's credit work: guarantee pools, loans to enterprises and households from application to the last
// instalment, extensions, guarantee calls and interest subsidies.
//
// Whose money a loan is decides where it comes from and where it goes back to. In the county's book it moves like this:
//
//	pool-contribution   recipient:BANK -> pool:P          seed capital that a project paid, put aside
//	loan-disbursement   lender:BANK    -> loan:L          or from pool:P, when the pool lends its own money
//	principal-repaid    loan:L         -> lender:BANK     or back to pool:P
//	interest-paid       borrower:PARTY -> lender:BANK     penalty-paid and fee-paid likewise
//	overpayment         borrower:PARTY -> suspense:L      until it is used or paid back
//	principal-written-off loan:L       -> writtenoff:L    still owed, no longer counted on
//	guarantee-paid      pool:P         -> lender:BANK     the borrower still owes; recoveries come back in the same shares, less their cost
//
// What account loan:L holds is the principal the borrower owes. It is an inside account: more principal than was lent cannot come back.
//
// # Contract, events, state
//
// A contract keeps all its conventions (day count, rounding, order of allocation), taken from the product on the day it is signed, so
// that a later change of the product does not change it. Everything that happens to a loan is an event, and what is owed is always derived from contract
// and events by package servicing, in order of the days on which they took effect. A fact about a loan adds its event, derives the loan anew
// and moves what the derivation says beyond what was moved before. So a payment learnt late is put where it belongs, and
// what it changes in later allocations is booked by the entry that brought it, under the names principal-restored, interest-restored and so
// on. The ledger stands where the loan's last fact left it: what falls due afterwards out of money held is moved with the next fact.
//
// # Mirror
//
// A mirror product is on the partner's books: its statements are authoritative. We keep a shadow loan by the same engine, import the
// statements, and show each difference in fen (Differences).
//
// # Close of day
//
// Classes and days past due as of a day are a cache beside the journal, made by Closer: see there.
package lending

import (
	"embed"
	"fmt"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/lending/schedule"
)

//go:embed schema
var files embed.FS

// Schema of the loans, their events and schedules. What the close of day keeps is a cache of them that no fact reads.
var Schema = database.Schema{Name: "lending", Files: files, State: []string{"loan", "loan_event", "loan_schedule", "loan_pool", "guarantee_call", "loan_statement", "interest_subsidy"}}

//go:embed *.go
var sources embed.FS

// register makes the kinds of one source file known.
func register(file string, facts ...fact.Fact) {
	text, err := sources.ReadFile(file)
	if err != nil {
		panic(err)
	}
	fact.Register(string(text), facts...)
}

func init() {
	register("product.go", (*CreditProduct)(nil), (*Outlet)(nil), (*ReferenceRate)(nil))
	register("pool.go", (*Pool)(nil), (*PoolContribution)(nil), (*PoolRelease)(nil), (*PoolStop)(nil))
	register("application.go", (*Application)(nil), (*ApplicationCheck)(nil))
	register("loan.go", (*Contract)(nil), (*Disbursement)(nil), (*RateChange)(nil))
	register("repayment.go", (*Repayment)(nil), (*OverpaymentRefund)(nil), (*Fee)(nil), (*PenaltyWaiver)(nil), (*EventReversal)(nil), (*WriteOff)(nil))
	register("extension.go", (*Extension)(nil))
	register("call.go", (*GuaranteeCall)(nil), (*RecoveryCost)(nil))
	register("class.go", (*Classification)(nil))
	register("statement.go", (*Statement)(nil))
	register("subsidy.go", (*Subsidy)(nil))
	figure.Declare(
		figure.Measure{ID: "credit-product", En: "Credit products", Zh: "信贷产品", Unit: "products"},
		figure.Measure{ID: "loan", En: "Loans granted", Zh: "发放贷款笔数", Unit: "loans"},
		figure.Measure{ID: "loan-granted", En: "Principal granted", Zh: "发放贷款金额", Unit: "CNY"},
		figure.Measure{ID: "loan-granted-own", En: "Principal granted out of pools' own money", Zh: "以资金池自有资金发放的贷款", Unit: "CNY"},
		figure.Measure{ID: "loan-borrower", En: "Borrowers", Zh: "借款人", Unit: "borrowers"},
		figure.Measure{ID: "loan-village", En: "Villages with a loan", Zh: "有贷款的村", Unit: "villages"},
		figure.Measure{ID: "loan-town", En: "Towns with a loan", Zh: "有贷款的乡镇", Unit: "towns"},
		figure.Measure{ID: "rate-discount", En: "Reference rate less contract rate", Zh: "利率优惠幅度", Unit: "percentage points", Ranked: true},
		figure.Measure{ID: "rate-discount-weight", En: "Reference rate less contract rate, times principal", Zh: "利率优惠加权额", Unit: "CNY"},
		figure.Measure{ID: "interest-saved", En: "Interest saved against the reference rate", Zh: "节省利息", Unit: "CNY"},
		figure.Measure{ID: "loan-extended", En: "Principal put off", Zh: "展期本金", Unit: "CNY"},
		figure.Measure{ID: "loan-extended-interest", En: "Interest put off", Zh: "缓收利息", Unit: "CNY"},
		figure.Measure{ID: "extended-loan", En: "Loans extended", Zh: "展期贷款", Unit: "loans"},
		figure.Measure{ID: "extended-borrower", En: "Borrowers with an extended loan", Zh: "展期借款人", Unit: "borrowers"},
		figure.Measure{ID: "penalty-waived", En: "Penalties waived", Zh: "减免罚息", Unit: "CNY"},
		figure.Measure{ID: "guarantee-call", En: "Guarantee calls paid", Zh: "代偿笔数", Unit: "loans"},
		figure.Measure{ID: "loan-repayment", En: "Repayments received", Zh: "还款", Unit: "CNY"},
	)
}

// rateDecimals are the most that a rate in percent is written with: a unit of the last is a part per million.
const rateDecimals = 4

// parseRate reads a rate in percent as parts per million.
func parseRate(text string) (ppm int64, err error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > rateDecimals {
		return 0, fmt.Errorf("%q has more than four decimals", text)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", rateDecimals-len(fraction)), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a rate in percent", text)
	}
	return int64(n), nil
}

// checkRate reports a field that does not hold a rate.
func checkRate(p *fact.Problems, field, text string) {
	if _, err := parseRate(text); text != "" && err != nil {
		p.Add(field, "rate.form", "%v", err).Mend("Write percent a year with at most four decimals, such as 4.35.")
	}
}

// rateOf is a rate that was checked; no rate is 0.
func rateOf(text string) int64 {
	ppm, _ := parseRate(text)
	return ppm
}

// dayOf turns a date that was checked into the engine's day, 0 for none.
func dayOf(d date.Date) schedule.Day {
	day, err := schedule.ParseDay(string(d))
	if err != nil {
		return 0
	}
	return day
}
