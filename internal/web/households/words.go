package households

// documents are the kinds of document that steps of procedures leave, in English and Chinese. One that is not here stands as the procedure has it.
var documents = map[string][2]string{
	"announcement": {"announcement", "公告"}, "application": {"application", "申请书"}, "approval": {"approval", "审批文件"}, "assessment_report": {"assessment report", "评估报告"},
	"check_form": {"check form", "核查表"}, "check_report": {"check report", "核查报告"}, "handbook": {"handbook", "扶贫手册"}, "list": {"list", "名单"}, "minutes": {"minutes", "会议记录"},
	"notice": {"notice", "公示文本"}, "notice_photo": {"photograph of the board", "公示照片"}, "register_entry": {"entry in the register", "系统标识记录"}, "review_form": {"review form", "审核表"},
	"review_report": {"review report", "初审报告"}, "signature": {"signature", "签字"}, "refusal": {"recorded refusal", "拒签记录"}, "visit_record": {"record of the visit", "入户核实表"},
}

func (q *request) document(kind string) string {
	if w, ok := documents[kind]; ok {
		return q.words.Pick(w[0], w[1])
	}
	return kind
}
