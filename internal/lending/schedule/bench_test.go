package schedule

import "testing"

// BenchmarkSchedule prices schedules of 24 rows, on one core, with a buffer
// the caller keeps.
func BenchmarkSchedule(b *testing.B) {
	base := Contract{Principal: 50_000_00, Rate: 43_500, Instalments: 24, DisbursedOn: Date(2020, 1, 15)}
	for _, c := range []struct {
		name   string
		change func(*Contract)
	}{
		{"equal-instalment 30-360", func(c *Contract) {}},
		{"equal-instalment ACT-360", func(c *Contract) { c.DayCount = Actual360 }},
		{"equal-instalment ACT-ACT", func(c *Contract) { c.DayCount = ActualActual }},
		{"smooth", func(c *Contract) { c.Smooth = true; c.InstalmentMultiple = 10_00 }},
		{"rate change", func(c *Contract) { c.RateChanges = []RateChange{{Date(2021, 1, 1), 38_500}} }},
		{"equal-principal", func(c *Contract) { c.Method = EqualPrincipal }},
		{"bullet", func(c *Contract) { c.Method = Bullet }},
	} {
		b.Run(c.name, func(b *testing.B) {
			contract := base
			c.change(&contract)
			rows := make([]Row, 0, 24)
			b.ReportAllocs()
			for b.Loop() {
				contract.Principal++ // no two contracts alike
				var err error
				if rows, err = Schedule(rows[:0], &contract); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
