package lending

import (
	"slices"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/party"
)

// Application is what a household or an enterprise asks for. It is checked by village and township as the product says, and then
// becomes a contract or is refused.
type Application struct {
	_         struct{}   `kind:"loan-application" en:"Loan application" zh:"贷款申请" by:"loan-officer,county-assistant" book:"product" area:"borrower" defines:"loan-application"`
	ID        string     `json:"id" en:"Number" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Product   string     `json:"product" en:"Product" zh:"信贷产品" ref:"credit-product" entity:"class"`
	Borrower  string     `json:"borrower" en:"Borrower" zh:"借款人" ref:"party" entity:"parent"`
	Amount    fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Months    int64      `json:"months" en:"Term" zh:"期限" unit:"months" min:"1" max:"360"`
	Purpose   string     `json:"purpose" en:"For what" zh:"用途" entity:"name" length:"100"`
	OtherDebt fact.Money `json:"other_debt" en:"Owed to others" zh:"其他负债" unit:"CNY" optional:"" hint:"What the borrower owes other lenders, by their own word or the credit register." hint_zh:"借款人在其他机构的负债，按本人陈述或征信记录填写。"`
}

// States of an application.
const (
	Applied        = "applied"
	VillagePassed  = "village-passed"
	TownshipPassed = "township-passed"
	Refused        = "refused"
	Contracted     = "contracted"
)

// Record checks the application against the product.
func (a *Application) Record(tx *fact.Tx) error {
	product, err := fact.Get[CreditProduct](tx, "credit-product", a.Product)
	if err != nil {
		return err
	}
	borrower, err := tx.Need("borrower", "party", a.Borrower)
	if err != nil {
		return err
	}
	listed := true
	if product.Registered {
		if listed, err = registered(tx, a.Borrower); err != nil {
			return err
		}
	}
	switch {
	case !product.lendsTo(borrower.Class):
		return fault.New(fault.Invalid, "loan.borrower-kind", "%s is a %s; product %s lends to a %s", a.Borrower, borrower.Class, a.Product, product.Borrowers).For("borrower").Mend("Name another product or borrower.")
	case !listed:
		return fault.New(fault.Conflict, "loan.unregistered", "%s is not registered", a.Borrower).For("borrower").
			Mend("Product %s is for registered households only: register the household first, or name another product.", a.Product)
	case slices.Contains(product.Excluded, a.Purpose):
		return fault.New(fault.Invalid, "loan.purpose", "product %s is not for %s", a.Product, a.Purpose).For("purpose").Mend("Lend for another purpose, or refuse the application.")
	case a.Amount > product.AmountMax:
		return fault.New(fault.Invalid, "loan.amount", "%s is more than the %s of product %s", a.Amount, product.AmountMax, a.Product).For("amount").Mend("Ask for at most %s.", product.AmountMax)
	case a.Months > product.TermMax:
		return fault.New(fault.Invalid, "loan.term", "%d months are more than the %d of product %s", a.Months, product.TermMax, a.Product).For("months").Mend("Ask for at most %d months.", product.TermMax)
	}
	if err := a.checkDebt(tx, product, int64(a.Amount)); err != nil {
		return err
	}
	// The application, and later the loan, lies where the borrower does.
	return tx.Put(entity.Entity{Type: "loan-application", ID: a.ID, Name: a.Purpose, Class: a.Product, Parent: a.Borrower, Area: tx.Area, Status: Applied})
}

// listedStatuses are those of a household on the register: one that has left poverty stays on it and keeps what it is entitled to.
var listedStatuses = []decision.Status{decision.InPoverty, decision.PreExit, decision.Exited, decision.ExitReversed, decision.Relapsed}

// registered tells whether a borrower is a registered household. Where the register of households has it, under its own code or the party's
// registration number, the register decides; where it does not, having a number does.
func registered(tx *fact.Tx, borrower string) (bool, error) {
	listed := func(id string) (status, known bool, err error) {
		e, known, err := tx.Entity(household.Type, id)
		return slices.Contains(listedStatuses, decision.Status(e.Status)), known, err
	}
	if status, known, err := listed(borrower); err != nil || known {
		return status, err
	}
	p, err := fact.Get[party.Party](tx, "party", borrower)
	if err != nil || p.Register == "" {
		return false, err
	}
	status, known, err := listed(p.Register)
	return status || !known, err
}

// checkDebt refuses a loan that would put more debt on the borrower than the product allows.
func (a *Application) checkDebt(tx *fact.Tx, product *CreditProduct, amount int64) error {
	if product.DebtMax == 0 {
		return nil
	}
	owed := int64(a.OtherDebt)
	var ours int64
	if err := tx.QueryRow("SELECT CAST(COALESCE(SUM(disbursed + capitalised - principal), 0) AS BIGINT) FROM loan WHERE book = $1 AND borrower = $2", tx.Book, a.Borrower).Scan(&ours); err != nil {
		return err
	}
	if owed+ours+amount > int64(product.DebtMax) {
		return fault.New(fault.Conflict, "loan.over-indebted", "%s would owe %s in all, more than the %s of product %s: %s here, %s elsewhere and this loan", a.Borrower,
			fact.Money(owed+ours+amount), product.DebtMax, a.Product, fact.Money(ours), a.OtherDebt).For("amount").Mend("Lend at most %s, or wait until other loans are repaid.", fact.Money(max(int64(product.DebtMax)-owed-ours, 0)))
	}
	return nil
}

// ApplicationCheck is a meeting of a village or township that went through applications from there.
type ApplicationCheck struct {
	_            struct{} `kind:"loan-check" en:"Check of loan applications" zh:"贷款申请审查" by:"loan-officer,county-assistant" book:"area" area:"area"`
	Area         string   `json:"area" en:"By" zh:"审查单位" ref:"area" hint:"The village, town or county that checked." hint_zh:"审查的村、乡镇或县。"`
	Level        string   `json:"level" en:"Level" zh:"层级" choices:"village=Village=村级初审;township=Township=乡镇审核"`
	Applications []string `json:"applications" en:"Applications" zh:"申请" ref:"loan-application"`
	Verdict      string   `json:"verdict" en:"Verdict" zh:"意见" choices:"pass=Passed=通过;refuse=Refused=不通过"`
	Note         string   `json:"note" en:"Note" zh:"说明" optional:""`
}

// Check asks for a reason with what is refused.
func (c *ApplicationCheck) Check(p *fact.Problems) {
	if c.Verdict == "refuse" && c.Note == "" {
		p.Add("note", "field.required", "the reason is missing").Mend("Say why the applications are refused.")
	}
}

// Record moves the applications on, or refuses them.
func (c *ApplicationCheck) Record(tx *fact.Tx) error {
	for _, id := range c.Applications {
		e, err := tx.Need("applications", "loan-application", id)
		if err != nil {
			return err
		}
		product, err := fact.Get[CreditProduct](tx, "credit-product", e.Class)
		if err != nil {
			return err
		}
		if within, err := tx.Within(e.Area, c.Area); err != nil {
			return err
		} else if !within {
			return fault.New(fault.Invalid, "check.area", "application %s is not from area %s", id, c.Area).For("applications").Mend("Leave it to its own village and township.")
		}
		if before := product.before(c.Level); e.Status != before {
			return fault.New(fault.Conflict, "check.order", "application %s is %s; a %s check of product %s follows %q", id, e.Status, c.Level, e.Class, before).For("applications").
				Mend("Record the check before it first, or leave the application out.")
		}
		status := Refused
		if c.Verdict == "pass" {
			status = map[string]string{"village": VillagePassed, "township": TownshipPassed}[c.Level]
		}
		if err := tx.SetStatus("loan-application", id, status); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack puts the applications where they were before the check.
func (c *ApplicationCheck) TakeBack(tx *fact.Tx) error {
	for _, id := range c.Applications {
		e, err := tx.Need("applications", "loan-application", id)
		if err != nil {
			return err
		}
		passed := map[string]string{"village": VillagePassed, "township": TownshipPassed}[c.Level]
		if e.Status != passed && e.Status != Refused {
			return fault.New(fault.Conflict, "check.used", "application %s is %s already", id, e.Status).For("entry").Mend("Take back what followed the check first.")
		}
		product, err := fact.Get[CreditProduct](tx, "credit-product", e.Class)
		if err != nil {
			return err
		}
		if err := tx.SetStatus("loan-application", id, product.before(c.Level)); err != nil {
			return err
		}
	}
	return nil
}

// before is the state of an application that a check follows; "none" when the product has no such check.
func (c *CreditProduct) before(level string) string {
	switch {
	case level == "village" && c.Checks == "village-township", level == "township" && c.Checks == "township":
		return Applied
	case level == "township" && c.Checks == "village-township":
		return VillagePassed
	}
	return "none"
}

// ready is the state in which an application may become a contract.
func (c *CreditProduct) ready() string {
	if c.Checks == "lender" {
		return Applied
	}
	return TownshipPassed
}
