// Package acceptance is the check that a county must pass to leave poverty: three rates and one degree.
//
//	indicator            published formula                                                        limit
//	composite incidence  (remaining poor + omitted + wrongly exited) / rural population           < 3 %, in some regions 2 %
//	wrong-exit rate      persons wrongly exited / exited persons, both in the sample              < 2 %
//	omission rate        persons omitted / non-registered rural persons, both in the sample       < 2 %
//	satisfaction         satisfied households / households asked                                  >= 90 %
//
// Missing one of them blocks exit. The two error counts in the composite are not counts but extrapolations: the rate found in the sample
// times the exited, or the non-registered, population of the county. A county whose registered poor have all left can therefore
// have an incidence above zero, and each term is kept apart so that it can be explained. The limits belong to a rulebook and differ
// by place and year.
//
// # Two forms
//
// The published form counts the sample as it is, without weights, and compares whole numbers: 39 in 1951 is 1.9990 percent and passes "less
// than 2 percent" however it prints; 20 in 1000 does not. The design form weights each household by how likely it was to be
// drawn, states the standard error, and bounds the rate on its bad side. A county can pass one and fail the other when villages were
// drawn at different rates. Both are always stated, and the rulebook says which one decides.
//
// With no error found, or few, a standard error says nothing, and the bound is the exact binomial one (Clopper and Pearson 1934) on
// households, as a household's members are wrong together. It takes the households as drawn one by one (design effect 1), which
// their lying in the same villages makes too hopeful; the result says so.
//
// # The sample
//
// [Draw] draws villages within strata and households within villages from a seed that is published, so that anyone with the list can draw
// again and get the same households. It orders candidates by SHA-256 of the seed and their names, which no draw before could have
// favoured if the list's own hash was published before the seed was. Reserves are the next in that order.
//
// The package does not decide: a county case records the result beside the review, the notice and the approval.
package acceptance
