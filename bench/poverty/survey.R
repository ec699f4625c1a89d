# Measures a survey with R's survey package, as its users would: one design, totals and ratios in two calls.
# Prints CSV: measure, unit, value, standard error; then the seconds for reading and for measuring.
suppressMessages(library(survey))
options(digits = 17)
path <- commandArgs(trailingOnly = TRUE)[1]
line <- 4000

fast <- requireNamespace("data.table", quietly = TRUE)
reading <- system.time(d <- if (fast) as.data.frame(data.table::fread(path)) else read.csv(path))[["elapsed"]]

measuring <- system.time({
  d$one <- 1
  d$poor1 <- as.numeric(d$income <= line)
  d$poor <- d$size * d$poor1
  gap <- d$poor1 * (line - d$income) / line
  d$fgt1 <- d$size * gap
  d$fgt2 <- d$size * gap^2
  d$watts <- d$poor * log(line / d$income)
  d$shortfall <- d$fgt1 * line
  d$money <- d$size * d$income
  design <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = d)
  totals <- svytotal(~size + one + poor + poor1 + shortfall, design)
  persons <- svyratio(~poor + fgt1 + fgt2 + watts + money, ~size, design)
  households <- svyratio(~poor1, ~one, design)
  perpoor <- svyratio(~shortfall, ~poor, design)
})[["elapsed"]]

put <- function(measure, unit, value, se) cat(paste(measure, unit, format(value, digits = 16), format(se, digits = 16), sep = ","), "\n", sep = "")
put("versions", paste0(R.version.string, "; survey ", packageVersion("survey"), "; read by ", if (fast) "data.table" else "read.csv"), 0, 0)
put("seconds", "", reading, measuring)
t <- coef(totals); ts <- SE(totals)
put("population", "persons", t[1], ts[1])
put("population", "households", t[2], ts[2])
put("poor", "persons", t[3], ts[3])
put("poor", "households", t[4], ts[4])
put("shortfall_total", "persons", t[5], ts[5])
p <- coef(persons); ps <- SE(persons)
put("headcount", "persons", p[1], ps[1])
put("fgt1", "persons", p[2], ps[2])
put("fgt2", "persons", p[3], ps[3])
put("watts", "persons", p[4], ps[4])
put("mean_income", "persons", p[5], ps[5])
put("headcount", "households", coef(households), SE(households))
put("shortfall_per_poor", "persons", coef(perpoor), SE(perpoor))
