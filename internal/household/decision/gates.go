package decision

import "slices"

// judgeGate answers one of the conditions that stand beside the standard of living.
func (j *judge) judgeGate(gate Subject) {
	reasons := len(j.Reasons)
	switch gate {
	case NotSameYear:
		j.gateNotSameYear()
	case MeasureDelivered:
		j.gateMeasureDelivered()
	case NoOpenObjection:
		j.gateNoOpenObjection()
	case IndependentAssessor:
		j.gateIndependentAssessor()
	case CompositionReviewed:
		j.gateCompositionReviewed()
	}
	j.find(Finding{Subject: gate, Result: worst(j.Reasons[reasons:])})
}

// gateNotSameYear: a household newly identified or relapsed this year does not leave this year.
func (j *judge) gateNotSameYear() {
	var last StatusEvent
	for _, event := range j.h.Statuses {
		if (event.Status == InPoverty || event.Status == Relapsed) && event.On <= j.asOf && event.On >= last.On {
			last = event
		}
	}
	if last.On == "" {
		j.reason(Reason{Subject: NotSameYear, Code: "registration_date_missing", Result: Unknown})
		return
	}
	if last.On.Year() == j.asOf.Year() {
		j.reason(Reason{Subject: NotSameYear, Code: string(last.Status) + "_this_year", Result: Unmet, Date: last.On})
	}
}

// gateMeasureDelivered: at least one measure was delivered for a cause that is recorded.
func (j *judge) gateMeasureDelivered() {
	if len(j.h.Causes) == 0 {
		j.reason(Reason{Subject: MeasureDelivered, Code: "no_cause", Result: Unknown})
		return
	}
	for _, measure := range j.h.Measures {
		if measure.Delivered != "" && measure.Delivered <= j.asOf && slices.Contains(j.h.Causes, measure.Cause) {
			return
		}
	}
	j.reason(Reason{Subject: MeasureDelivered, Code: "no_measure", Result: Unmet})
}

func (j *judge) gateNoOpenObjection() {
	for _, objection := range j.h.Objections {
		if objection.Raised <= j.asOf && (objection.Settled == "" || objection.Settled > j.asOf) {
			j.reason(Reason{Subject: NoOpenObjection, Code: "open_objection", Result: Unmet, Date: objection.Raised, Category: objection.ID})
		}
	}
}

// gateIndependentAssessor: no check the decision rests on was made by whoever answered for the household that day.
func (j *judge) gateIndependentAssessor() {
	var named []Reason
	for _, finding := range j.Evidence {
		if finding.Assessor == "" {
			continue
		}
		for _, responsible := range j.h.Responsible {
			if responsible.Person == finding.Assessor && responsible.During.Contains(finding.On) {
				r := Reason{Subject: IndependentAssessor, Code: "own_assessor", Result: Unmet, Person: finding.Assessor, Date: finding.On, Category: string(finding.Subject), Says: SubjectWords(finding.Subject)}
				if !slices.Contains(named, r) {
					named = append(named, r)
				}
			}
		}
	}
	j.Reasons = append(j.Reasons, named...)
}

// gateCompositionReviewed: a household that split or merged after it was marked for leaving is looked at again.
func (j *judge) gateCompositionReviewed() {
	status, since := StatusAt(j.h.Statuses, j.asOf)
	if status != PreExit {
		return
	}
	for _, change := range j.h.Changes {
		reviewed := change.Reviewed != "" && change.Reviewed <= j.asOf
		if change.On >= since && change.On <= j.asOf && !reviewed {
			j.reason(Reason{Subject: CompositionReviewed, Code: "changed_after_pre_exit", Result: Unknown, Date: change.On, Category: change.Kind})
		}
	}
}
