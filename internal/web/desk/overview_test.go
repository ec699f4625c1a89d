package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// TestOverviewByRole opens the overview as each role: it leads to what the role does first, on a phone too, and begins with what waits.
func TestOverviewByRole(t *testing.T) {
	app := webtest.New(t)
	app.Record("fin", nil, &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 1, Voucher: "V", Purpose: "x"})
	for _, c := range []struct{ person, door, tab, en, zh string }{
		{"admin", "/people", "/people", "People and roles", "人员与角色"},
		{"lead", "/claims", "/projects", "Claims and records", "陈述核对"},
		{"officer", "/projects", "/projects", "Projects", "项目"},
		{"assistant", "/households", "/households", "Find a household", "查找农户"},
		{"loans", "/loans/due", "/loans", "Record a repayment", "登记还款"},
		{"fin", "/record/disbursement", "/money", "Record a payment", "登记付款"},
		{"approver", "/todo", "/journal", "1 waits for you", "1 项待您处理"},
		{"audit", "/chain", "/journal", "Verify the chain", "防篡改校验"},
	} {
		for language, says := range map[string]string{"en": c.en, "zh-CN": c.zh} {
			page := app.As(c.person).In(language).Get("/")
			page.Says(http.StatusOK, says)
			if !strings.Contains(page.Body, `href="`+c.door+`"`) {
				t.Errorf("%s: the overview does not lead to %s", c.person, c.door)
			}
			if _, tabs, _ := strings.Cut(page.Body, `class="tabs"`); !strings.Contains(tabs, `href="`+c.tab+`"`) {
				t.Errorf("%s: a phone does not lead to %s", c.person, c.tab)
			}
		}
	}
}

// TestProposalTellsWhatItProposes is a payment that waits: the journal and the proposal's own entry say which.
func TestProposalTellsWhatItProposes(t *testing.T) {
	app := webtest.New(t)
	app.Record("fin", nil, &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 125050, Voucher: "V-9", Purpose: "pipes"})
	list, err := fact.Proposals(t.Context(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	audit := app.As("audit")
	audit.Get("/journal?book="+testworld.Wushan).Says(http.StatusOK, "Disbursement · pipes", "V-9")
	entry := audit.Get(fmt.Sprintf("/entries/%s/%d", list[0].Book, list[0].Seq)).Says(http.StatusOK, "Proposal", "Disbursement · pipes", "Water station", "¥1,250.50", "Approver")
	if strings.Contains(entry.Text(), `"voucher"`) {
		t.Error("the entry shows the proposal's content as it is kept")
	}
}
