// Package poverty measures poverty: how many are poor, how poor they are, how unequal they are, and how sure
// a survey lets us be of it.
//
// # The subject
//
// A household has members who share one income. Its income a person, y, is compared with a line, z. Weighted by
// the persons each household stands for, w = household weight x members, N = sum of w, the measures are
//
//	headcount    H    = sum w [poor] / N                       how many
//	FGT 1        P1   = sum w [poor] (z-y)/z / N               how deep (the poverty gap)
//	FGT 2        P2   = sum w [poor] ((z-y)/z)^2 / N           how severe
//	shortfall         = sum w [poor] (z-y)                     money that lifts everyone exactly to the line
//	Watts        W    = sum w [poor] ln(z/y) / N
//	Gini         G    = 2A/(NT) - 1, A = sum w y M, T = sum w y, M = weight below + half the weight tied
//	SST               = P1 (1 + Gini of the gaps)              how many, how deep, how unequally
//	Lorenz       L(p) = share of all income held by the poorest share p
//	MPI               = H, A and M0 = H A of counted deprivations, with whole-number weights
//
// (Foster, Greer and Thorbecke 1984; Watts 1968; Shorrocks 1995; Alkire and Foster 2011.)
//
// # Three rules it keeps
//
// Who is poor is decided by whole numbers. Money is in fen, and a household is compared as income against line x
// members, never as a rounded quotient: an income exactly at the line is poor under "le" and not under "lt".
//
// Where good programs disagree, the choice is a named option and is printed with the result: the comparison, incomes
// of zero or less in Watts, negative incomes in the gaps, a stratum with a lone cluster, missing answers. A measure that is
// undefined says why and has no number; nothing is dropped without being counted.
//
// Every measure has a standard error from the sampling design: strata, clusters, weights and, where stated, the finite
// population at two stages. Each estimate t has for each household a score, the derivative of t by that household's
// weight; the variance of t is that of the weighted total of the scores (Deville 1999; Binder and Kovacevic 1995):
//
//	V = sum over strata h of (1-f) n/(n-1) * sum over clusters i of (Z_i - mean Z)^2,  Z_i = sum of weight x score
//
// An area is a domain: households outside it score zero and every cluster of the sample stays in n. A subset of the
// file measured alone would state too small an error.
//
// # Use
//
//	s := poverty.NewSample()
//	for ... { err = s.Add(poverty.Household{ID: "H1", Size: 4, IncomeKnown: true, Income: 1_480_000, Line: 400_000, Weight: 1}) }
//	report, err := poverty.Measure(s, poverty.Options{})
//
// or, for a CSV file from anywhere, [Run]. docs/poverty.md describes the file format, the options and
// the output.
//
// The package does not decide who leaves poverty: that is a procedure with evidence, not a measurement. The county
// acceptance check is in the acceptance package beside this one.
package poverty
