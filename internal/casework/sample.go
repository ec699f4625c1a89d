package casework

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/journal"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/procedure"
)

//go:embed sample.go
var sampleSource string

func init() {
	fact.Register(sampleSource, (*Sample)(nil), (*SampleVisits)(nil))
	figure.Declare(
		figure.Measure{ID: sampleBase, En: "People that an acceptance is about, by group", Zh: "评估总体人口", Unit: "persons"},
		figure.Measure{ID: sampleListed, En: "Households on the list that a sample was drawn from, in the villages drawn", Zh: "抽样框户数（中选村）", Unit: "households"},
		figure.Measure{ID: sampleDrawn, En: "Households drawn for acceptance", Zh: "评估抽中户", Unit: "households"},
		figure.Measure{ID: sampleReserve, En: "Reserves drawn for acceptance", Zh: "评估备用户", Unit: "households"},
		figure.Measure{ID: "sample-visited", En: "Households of the sample that were called at", Zh: "抽样入户数", Unit: "households"},
		figure.Measure{ID: "sample-answered", En: "Households of the sample that answered", Zh: "抽样完成调查户", Unit: "households"},
		figure.Measure{ID: "sample-people-exited", En: "People of the sample who had left poverty", Zh: "抽样脱贫人口", Unit: "persons"},
		figure.Measure{ID: "sample-wrong-exit", En: "People of the sample found wrongly exited", Zh: "抽样错退人口", Unit: "persons"},
		figure.Measure{ID: "sample-people-unregistered", En: "People of the sample who were never registered", Zh: "抽样非建档立卡人口", Unit: "persons"},
		figure.Measure{ID: "sample-omitted", En: "People of the sample found omitted", Zh: "抽样漏评人口", Unit: "persons"},
		figure.Measure{ID: "sample-asked", En: "Households of the sample asked whether they are satisfied", Zh: "抽样认可度受访户", Unit: "households"},
		figure.Measure{ID: "sample-satisfied", En: "Households of the sample that are satisfied", Zh: "抽样认可户", Unit: "households"},
	)
}

// What a sample counts when it is drawn. From these and the fact itself the drawing is read again: for each village and group drawn the number on the list
// (its subject is the group), and behind it one line for each household drawn, in the order of the draw.
const (
	sampleBase    = "sample-base"
	sampleListed  = "sample-listed"
	sampleDrawn   = "sample-drawn"
	sampleReserve = "sample-reserve"
)

// Sample draws the households that an assessment asks: villages within strata, then households within villages, in the order of a seed that was published. The list
// that it is drawn from is the register as it stands, household by household, and the households that were never registered by their number on each village's list of
// residents, as 620524100201-N0017. Whoever has the list and the seed can draw again: see package acceptance. The households drawn are counted by this entry.
type Sample struct {
	_               struct{} `kind:"acceptance-sample" en:"Acceptance sample" zh:"退出评估抽样" by:"county-assistant,programme-officer" approve:"approver" book:"case" area:"case"`
	Case            string   `json:"case" en:"Case" zh:"事项" ref:"case" hint:"The county's case." hint_zh:"贫困县退出事项。"`
	Seed            string   `json:"seed" en:"Seed" zh:"随机种子" length:"200" hint:"As it was published, such as the numbers of a public lottery." hint_zh:"按公布的内容填写，如某期公开摇号号码。"`
	ListSHA256      string   `json:"list_sha256" en:"Hash of the list" zh:"抽样框校验值" pattern:"[0-9a-f]{64}" optional:"" hint:"SHA-256 of the list, published before the seed. Another list is refused." hint_zh:"种子公布之前公布的抽样框 SHA-256；名单不符的不予登记。"`
	RuralPopulation int64    `json:"rural_population" en:"Rural population" zh:"农村户籍人口" unit:"persons" min:"1" hint:"Registered, of the base year." hint_zh:"基期户籍人口。"`
	Strata          []string `json:"strata" en:"Strata" zh:"抽样层" length:"60" hint:"One line each, with how many of its villages to draw: poor 20." hint_zh:"每层一行，写明抽取村数，如 poor 20。"`
	Villages        []string `json:"villages" en:"Villages" zh:"各村" length:"80" hint:"Every village, one line each: code, stratum, households and people never registered: 620524100201 poor 180 655." hint_zh:"所有村每村一行：代码、层、非建档立卡户数和人数，如 620524100201 poor 180 655。"`
	Exited          int64    `json:"exited" en:"Exited, in each village" zh:"每村脱贫户" unit:"households" min:"0" max:"1000" hint:"How many households of the group to draw in each village." hint_zh:"每个中选村抽取户数。"`
	Unregistered    int64    `json:"unregistered" en:"Never registered, in each village" zh:"每村非建档立卡户" unit:"households" min:"0" max:"1000"`
	Remaining       int64    `json:"remaining" en:"Still poor, in each village" zh:"每村未脱贫户" unit:"households" min:"0" max:"1000"`
	Reserves        int64    `json:"reserves" en:"Reserves, in each village and group" zh:"每村每类备用户" unit:"households" min:"0" max:"1000" hint:"They stand in for who refuses or is away." hint_zh:"替换拒访、外出户。"`
}

// sampleVillage is a line about a village.
type sampleVillage struct {
	code, stratum      string
	households, people int64 // never registered
}

func (s *Sample) villages() ([]sampleVillage, error) {
	list := make([]sampleVillage, len(s.Villages))
	seen := map[string]bool{}
	for i, line := range s.Villages {
		w := strings.Fields(line)
		if len(w) != 4 {
			return nil, fmt.Errorf("line %d (%q) has %d words, not CODE STRATUM HOUSEHOLDS PEOPLE", i+1, line, len(w))
		}
		v := sampleVillage{code: w[0], stratum: w[1]}
		for k, n := range []*int64{&v.households, &v.people} {
			var err error
			if *n, err = strconv.ParseInt(w[2+k], 10, 32); err != nil || *n < 1 {
				return nil, fmt.Errorf("line %d: %q is no number of one or more", i+1, w[2+k])
			}
		}
		switch {
		case seen[v.code]:
			return nil, fmt.Errorf("line %d: village %s is there twice", i+1, v.code)
		case v.people < v.households:
			return nil, fmt.Errorf("line %d: %d people in %d households", i+1, v.people, v.households)
		}
		seen[v.code] = true
		list[i] = v
	}
	return list, nil
}

func (s *Sample) plan() (acceptance.Plan, error) {
	plan := acceptance.Plan{Seed: s.Seed, Villages: map[string]int{}, Reserves: int(s.Reserves),
		Households: map[acceptance.Group]int{acceptance.Exited: int(s.Exited), acceptance.NonRegistered: int(s.Unregistered), acceptance.Remaining: int(s.Remaining)}}
	for i, line := range s.Strata {
		w := strings.Fields(line)
		if len(w) != 2 {
			return plan, fmt.Errorf("line %d (%q) has %d words, not STRATUM VILLAGES", i+1, line, len(w))
		}
		n, err := strconv.Atoi(w[1])
		if _, twice := plan.Villages[w[0]]; err != nil || n < 0 || twice {
			return plan, fmt.Errorf("line %d: %q must name a stratum once, with a number of villages of zero or more", i+1, line)
		}
		plan.Villages[w[0]] = n
	}
	return plan, nil
}

// Check reads the lines.
func (s *Sample) Check(p *fact.Problems) {
	plan, err := s.plan()
	if err != nil {
		p.Add("strata", "sample.strata", "%v", err).Mend("Write one line a stratum, such as: poor 20.")
	}
	villages, err := s.villages()
	if err != nil {
		p.Add("villages", "sample.villages", "%v", err).Mend("Write one line a village, such as: 620524100201 poor 180 655.")
	}
	for _, v := range villages {
		if _, ok := plan.Villages[v.stratum]; !ok {
			p.Add("villages", "sample.stratum", "village %s is in stratum %q, of which nothing is drawn", v.code, v.stratum).Mend("Name the stratum among the strata, with 0 to leave it out.")
			break
		}
	}
}

// Record draws, and counts who was drawn.
func (s *Sample) Record(tx *fact.Tx) error {
	r, err := tx.Settled()
	if err != nil {
		return err
	}
	f, err := need(tx, "case", s.Case)
	if err != nil {
		return err
	}
	switch step := f.assessment(); {
	case step == nil:
		return fault.New(fault.Invalid, "sample.procedure", "procedure %s has no step that rests on a sample", f.procedure.ID).For("case").Mend("Name the county's case.")
	case f.sample != nil:
		return fault.New(fault.Conflict, "sample.again", "a sample was drawn for case %s on %s", s.Case, f.sample.on).For("case").Mend("Use that sample. A second draw would let the better one be chosen.")
	}
	villages, err := s.villages()
	if err != nil {
		return err
	}
	for _, v := range villages {
		if _, err := tx.Need("villages", "area", v.code); err != nil {
			return err
		}
		if inside, err := tx.Within(v.code, f.Case.Area); err != nil {
			return err
		} else if !inside {
			return fault.New(fault.Invalid, "sample.villages", "village %s does not lie in area %s", v.code, f.Case.Area).For("villages").Mend("Take it off the list.")
		}
	}
	frame, err := FindFrame(tx.Context(), r, tx.Book, s)
	if err != nil {
		return err
	}
	if hash := frame.SHA256(); s.ListSHA256 != "" && s.ListSHA256 != hash {
		return fault.New(fault.Conflict, "sample.list", "the list as it stands has the hash %s, not the one that was published", hash).For("list_sha256").Mend("Publish the list as it stands now, then a new seed.")
	}
	plan, err := s.plan()
	if err != nil {
		return err
	}
	drawing, err := acceptance.Draw(frame.List, plan)
	if err != nil {
		return fault.New(fault.Invalid, "sample.draw", "%v", err).For("seed").Mend("Correct the plan.")
	}
	tx.Concern(Type, s.Case, "")
	return frame.observe(tx, drawing)
}

// observe counts the people of the county, and who was drawn.
func (frame *Frame) observe(tx *fact.Tx, drawing *acceptance.Drawing) error {
	count := func(measure string, n int64, subject, area string) error {
		if n == 0 {
			return nil
		}
		return tx.Observe(measure, n, figure.Observation{Subject: subject, Area: area})
	}
	for _, group := range []acceptance.Group{acceptance.Exited, acceptance.NonRegistered, acceptance.Remaining} {
		if err := count(sampleBase, frame.People[group], string(group), ""); err != nil {
			return err
		}
	}
	type place struct {
		village string
		group   acceptance.Group
	}
	listed := map[place]int64{}
	for _, h := range frame.List {
		listed[place{h.Village, h.Group}]++
	}
	var at place
	for _, d := range drawing.Households {
		if here := (place{d.Village, d.Group}); here != at {
			at = here
			if err := count(sampleListed, listed[at], string(at.group), at.village); err != nil {
				return err
			}
		}
		measure := sampleDrawn
		if d.Reserve {
			measure = sampleReserve
		}
		if err := count(measure, 1, d.Household, d.Village); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack is refused once somebody has been asked.
func (s *Sample) TakeBack(tx *fact.Tx) error {
	f, err := open(tx, s.Case)
	if err != nil || f == nil {
		return err
	}
	if len(f.visits) > 0 {
		return fault.New(fault.Conflict, "sample.begun", "households of the sample of case %s have been visited", s.Case).For("entry").Mend("Take the results back first.")
	}
	return nil
}

// Frame is the list that a sample is drawn from, with the people it stands for.
type Frame struct {
	List   []acceptance.Listed
	People map[acceptance.Group]int64
}

// SHA256 is the hash of the list, to be published before the seed is.
func (frame *Frame) SHA256() string { return acceptance.ListSHA256(frame.List) }

// FindFrame lists what a sample of a county would be drawn from now: whoever is registered in its villages, and the numbers of those who never were.
func FindFrame(ctx context.Context, r database.Reader, book string, s *Sample) (*Frame, error) {
	villages, err := s.villages()
	if err != nil {
		return nil, err
	}
	frame := &Frame{People: map[acceptance.Group]int64{}}
	strata := map[string]string{}
	for _, v := range villages {
		strata[v.code] = v.stratum
		frame.People[acceptance.NonRegistered] += v.people
		for n := range v.households {
			frame.List = append(frame.List, acceptance.Listed{Stratum: v.stratum, Village: v.code, Household: fmt.Sprintf("%s-N%04d", v.code, n+1), Group: acceptance.NonRegistered})
		}
	}
	households, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: household.Type})
	if err != nil {
		return nil, err
	}
	groups := map[string]acceptance.Group{}
	for _, h := range households {
		group := groupOf(h.Status)
		if group == "" {
			continue
		}
		stratum, ok := strata[h.Area]
		if !ok {
			return nil, fault.New(fault.Invalid, "sample.villages", "household %s lives in %s, which is not among the villages", h.ID, h.Area).For("villages").Mend("List every village, and put those that are left out into a stratum of which 0 are drawn.")
		}
		groups[h.ID] = group
		frame.List = append(frame.List, acceptance.Listed{Stratum: stratum, Village: h.Area, Household: h.ID, Group: group})
	}
	members, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: household.MemberType, Status: household.Present})
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if group, ok := groups[m.Parent]; ok {
			frame.People[group]++
		}
	}
	return frame, nil
}

// groupOf puts a registered household into its group; "" when it is none of the register's: merged, moved, cancelled, or never registered.
func groupOf(status string) acceptance.Group {
	switch decision.Status(status) {
	case decision.Exited:
		return acceptance.Exited
	case decision.InPoverty, decision.PreExit, decision.ExitReversed, decision.Relapsed:
		return acceptance.Remaining
	}
	return ""
}

// SampleVisits is what came of the visits to the households of a sample in one village, after verification and appeal.
type SampleVisits struct {
	_       struct{} `kind:"sample-visits" en:"Results of a sample's visits" zh:"抽样入户结果" by:"county-assistant,programme-officer" book:"case" area:"village"`
	Case    string   `json:"case" en:"Case" zh:"事项" ref:"case"`
	Village string   `json:"village" en:"Village" zh:"村" ref:"area"`
	Results []string `json:"results" en:"Results" zh:"结果" length:"120" hint:"One line a household: code, outcome, people, of them in error, satisfied: W00017 completed 4 0 yes. A reserve names whom it stands in for: W00023 completed 3 0 yes for W00018. Who was away: W00018 away 3 0 -." hint_zh:"每户一行：编号、结果、人数、其中错退或漏评人数、是否认可，如 W00017 completed 4 0 yes；备用户注明替换户：W00023 completed 3 0 yes for W00018；外出户：W00018 away 3 0 -。"`
}

var answers = map[string]poverty.Answer{"yes": poverty.Yes, "no": poverty.No, "-": poverty.Unknown}

// visits reads the lines, without what the draw knows of each household.
func (s *SampleVisits) visits() ([]acceptance.Visit, error) {
	list := make([]acceptance.Visit, len(s.Results))
	for i, line := range s.Results {
		w := strings.Fields(line)
		v := acceptance.Visit{Village: s.Village}
		if len(w) == 7 && w[5] == "for" {
			v.Replaces, w = w[6], w[:5]
		}
		if len(w) != 5 {
			return nil, fmt.Errorf("line %d (%q) is not HOUSEHOLD OUTCOME PEOPLE IN_ERROR SATISFIED, with \"for HOUSEHOLD\" behind a reserve", i+1, line)
		}
		v.Household, v.Outcome = w[0], acceptance.Outcome(w[1])
		if !slices.Contains([]acceptance.Outcome{acceptance.Completed, acceptance.Refused, acceptance.Away}, v.Outcome) {
			return nil, fmt.Errorf("line %d: outcome %q is not one of completed, refused, away", i+1, w[1])
		}
		var ok bool
		if v.Satisfied, ok = answers[w[4]]; !ok {
			return nil, fmt.Errorf("line %d: %q is no answer: write yes, no, or - for who was not asked", i+1, w[4])
		}
		for k, n := range []*int{&v.Persons, &v.InError} {
			number, err := strconv.ParseUint(w[2+k], 10, 16)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q is no number of people", i+1, w[2+k])
			}
			*n = int(number)
		}
		list[i] = v
	}
	return list, nil
}

// Check reads the lines.
func (s *SampleVisits) Check(p *fact.Problems) {
	if _, err := s.visits(); err != nil {
		p.Add("results", "sample.results", "%v", err).Mend("Write one line a household, such as: W00017 completed 4 0 yes.")
	}
}

// Record holds each result against the draw, and counts it.
func (s *SampleVisits) Record(tx *fact.Tx) error {
	r, err := tx.Settled()
	if err != nil {
		return err
	}
	f, err := need(tx, "case", s.Case)
	if err != nil {
		return err
	}
	survey, err := f.survey(tx.Context(), r, tx.Book)
	if err != nil {
		return err
	}
	if survey == nil {
		return fault.New(fault.Conflict, "sample.missing", "no sample was drawn for case %s", s.Case).For("case").Mend("Draw the sample first.")
	}
	lines, err := s.visits()
	if err != nil {
		return err
	}
	if err := survey.add(s.Village, lines); err != nil {
		return fault.New(fault.Invalid, "sample.results", "%v", err).For("results").Mend("Correct the line.")
	}
	tx.Concern(Type, s.Case, "")
	for _, v := range survey.Visits[len(survey.Visits)-len(lines):] {
		for _, c := range counts(&v.Visit) {
			if err := tx.Observe(c.measure, int64(c.n), figure.Observation{Subject: v.Household}); err != nil {
				return err
			}
		}
	}
	return nil
}

// counted is one thing that a visit counts.
type counted struct {
	measure string
	n       int
}

func counts(v *acceptance.Visit) []counted {
	list := []counted{{"sample-visited", 1}}
	if v.Outcome != acceptance.Completed {
		return list
	}
	list = append(list, counted{"sample-answered", 1})
	switch v.Group {
	case acceptance.Exited:
		list = append(list, counted{"sample-people-exited", v.Persons}, counted{"sample-wrong-exit", v.InError})
	case acceptance.NonRegistered:
		list = append(list, counted{"sample-people-unregistered", v.Persons}, counted{"sample-omitted", v.InError})
	}
	if v.Satisfied != poverty.Unknown {
		list = append(list, counted{"sample-asked", 1})
	}
	if v.Satisfied == poverty.Yes {
		list = append(list, counted{"sample-satisfied", 1})
	}
	return slices.DeleteFunc(list, func(c counted) bool { return c.n == 0 })
}

// TakeBack is refused once the assessment rests on the results.
func (s *SampleVisits) TakeBack(tx *fact.Tx) error {
	f, err := open(tx, s.Case)
	if err != nil || f == nil {
		return err
	}
	if slices.ContainsFunc(f.steps, func(r recordedStep) bool { return f.step(r.Step.Step).Sample != nil }) {
		return fault.New(fault.Conflict, "sample.assessed", "the assessment of case %s rests on these results", s.Case).For("entry").Mend("Take the step back first.")
	}
	return nil
}

// Survey is the sample of a county's case and what has come of it.
type Survey struct {
	Sample *Sample
	On     date.Date
	Seq    int64
	Drawn  []acceptance.Drawn
	County acceptance.County
	Visits []Visited

	rules *procedure.Step // the step that rests on it
}

// Visited is the result of a household with the entry that says it.
type Visited struct {
	acceptance.Visit
	On  date.Date
	Seq int64
}

// FindSurvey reads the sample of a case; nil when none was drawn.
func FindSurvey(ctx context.Context, r database.Reader, book, id string) (*Survey, error) {
	entries, err := journal.File(ctx, r, book, Type, id)
	if err != nil {
		return nil, err
	}
	f, err := read("", entries)
	if err != nil || f == nil {
		return nil, err
	}
	return f.survey(ctx, r, book)
}

// assessment is the step that rests on a sample; nil when the procedure has none.
func (f *file) assessment() *procedure.Step {
	for i := range f.procedure.Steps {
		if s := &f.procedure.Steps[i]; s.Sample != nil {
			return s
		}
	}
	return nil
}

// survey reads who was drawn from what the sample's entry counted, and adds the results.
func (f *file) survey(ctx context.Context, r database.Reader, book string) (*Survey, error) {
	if f.sample == nil {
		return nil, nil
	}
	s := &Survey{Sample: f.sample.Sample, On: f.sample.on, Seq: f.sample.entry.Seq, rules: f.assessment(), County: acceptance.County{RuralPopulation: f.sample.RuralPopulation}}
	observed, err := figure.Observations(ctx, r, book, s.Seq)
	if err != nil {
		return nil, err
	}
	if err := s.read(observed); err != nil {
		return nil, fmt.Errorf("sample of case %s: %w", f.Case.ID, err)
	}
	for _, v := range f.visits {
		lines, err := v.visits()
		if err != nil {
			return nil, err
		}
		if err := s.add(v.Village, lines); err != nil {
			return nil, fmt.Errorf("results of case %s, entry %d: %w", f.Case.ID, v.entry.Seq, err)
		}
		for i := range s.Visits[len(s.Visits)-len(lines):] {
			added := &s.Visits[len(s.Visits)-len(lines)+i]
			added.On, added.Seq = v.on, v.entry.Seq
		}
	}
	return s, nil
}

// read puts the drawing together from what it counted.
func (s *Survey) read(observed []figure.Observation) error {
	villages, err := s.Sample.villages()
	if err != nil {
		return err
	}
	plan, err := s.Sample.plan()
	if err != nil {
		return err
	}
	stratum, each := map[string]string{}, map[string]float64{} // of a village; villages that each one drawn stands for
	for _, v := range villages {
		stratum[v.code] = v.stratum
		each[v.stratum]++
	}
	for name, all := range each {
		each[name] = all / min(all, float64(plan.Villages[name]))
	}
	var group acceptance.Group
	var weight float64
	place := 0
	for _, o := range observed {
		switch o.Measure {
		case sampleBase:
			*map[acceptance.Group]*int64{acceptance.Exited: &s.County.Exited, acceptance.NonRegistered: &s.County.NonRegistered, acceptance.Remaining: &s.County.Remaining}[acceptance.Group(o.Subject)] = o.Value
		case sampleListed:
			group, place = acceptance.Group(o.Subject), 0
			weight = each[stratum[o.Area]] * float64(o.Value) / float64(min(o.Value, int64(plan.Households[group])))
		case sampleDrawn, sampleReserve:
			place++
			s.Drawn = append(s.Drawn, acceptance.Drawn{Listed: acceptance.Listed{Stratum: stratum[o.Area], Village: o.Area, Household: o.Subject, Group: group}, Place: place, Reserve: o.Measure == sampleReserve, Weight: weight})
		}
	}
	return nil
}

// add puts results of a village to the survey, each with what the draw says of the household.
func (s *Survey) add(village string, lines []acceptance.Visit) error {
	for _, v := range lines {
		i := slices.IndexFunc(s.Drawn, func(d acceptance.Drawn) bool { return d.Household == v.Household })
		switch {
		case i < 0 || s.Drawn[i].Village != village:
			return fmt.Errorf("household %s was not drawn in village %s", v.Household, village)
		case slices.ContainsFunc(s.Visits, func(o Visited) bool { return o.Household == v.Household }):
			return fmt.Errorf("household %s has a result already", v.Household)
		case s.Drawn[i].Reserve != (v.Replaces != ""):
			return fmt.Errorf("household %s: a reserve names whom it stands in for, and nobody else does", v.Household)
		}
		d := &s.Drawn[i]
		v.Stratum, v.Group, v.Weight = d.Stratum, d.Group, d.Weight
		s.Visits = append(s.Visits, Visited{Visit: v})
	}
	return acceptance.CheckVisits(s.visits())
}

func (s *Survey) visits() []acceptance.Visit {
	list := make([]acceptance.Visit, len(s.Visits))
	for i := range s.Visits {
		list[i] = s.Visits[i].Visit
	}
	return list
}

// Waiting lists the households drawn of which no result is recorded. Reserves wait for nobody.
func (s *Survey) Waiting() []acceptance.Drawn {
	visited := map[string]bool{}
	for i := range s.Visits {
		visited[s.Visits[i].Household] = true
	}
	var list []acceptance.Drawn
	for _, d := range s.Drawn {
		if !d.Reserve && !visited[d.Household] {
			list = append(list, d)
		}
	}
	return list
}

// Assess computes the four indicators by the limits of the case's procedure, from the results so far.
func (s *Survey) Assess(procedure string) (*acceptance.Result, error) {
	book, err := s.rules.Rulebook(procedure)
	if err != nil {
		return nil, err
	}
	return acceptance.Check(s.County, s.visits(), book)
}

// Assessment is what the step that rests on a sample states: the four indicators by the form that decides. Every household drawn must have its result.
func Assessment(ctx context.Context, r database.Reader, book, id string) ([]string, error) {
	entries, err := journal.File(ctx, r, book, Type, id)
	if err != nil {
		return nil, err
	}
	f, err := read("", entries)
	if err != nil || f == nil {
		return nil, err
	}
	return f.assess(ctx, r, book)
}

func (f *file) assess(ctx context.Context, r database.Reader, book string) ([]string, error) {
	s, err := f.survey(ctx, r, book)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fault.New(fault.Conflict, "sample.missing", "no sample was drawn for case %s", f.Case.ID).For("case").Mend("Draw the sample first.")
	}
	if waiting := s.Waiting(); len(waiting) > 0 {
		return nil, fault.New(fault.Conflict, "sample.waiting", "%d of the households drawn for case %s have no result, the first is %s in village %s", len(waiting), f.Case.ID, waiting[0].Household, waiting[0].Village).For("case").
			Mend("Record what came of each visit, also of those who refused or were away.")
	}
	result, err := s.Assess(f.procedure.ID)
	if err != nil {
		return nil, err
	}
	lines, err := Measured(result)
	if err != nil {
		return nil, fault.New(fault.Conflict, "sample.undetermined", "%v", err).For("case").Mend("Draw enough households of each group.")
	}
	return lines, nil
}

// checkSample refuses an assessment that states anything but what the sample says.
func (f *file) checkSample(tx *fact.Tx, s *Step) error {
	r, err := tx.Settled()
	if err != nil {
		return err
	}
	lines, err := f.assess(tx.Context(), r, tx.Book)
	if err != nil {
		return err
	}
	stated, found := slices.Sorted(slices.Values(s.Measured)), slices.Sorted(slices.Values(lines))
	if !slices.Equal(stated, found) {
		return fault.New(fault.Conflict, "sample.differs", "by the sample the indicators are %s", strings.Join(lines, ", ")).For("measured").Mend("State these.")
	}
	return nil
}
