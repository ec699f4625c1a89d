# Records, with R's survey package, the values and standard errors that the tests compare with:
#
#   Rscript survey.R > survey.csv          (needs r-base-core and r-cran-survey; made with R 4.2.2, survey 4.1-1)
#
# Totals and ratios go through svytotal and svyratio. Gini, Sen-Shorrocks-Thon and Lorenz are computed here by their
# definitions over all pairs of households, and their standard errors as that of the weighted total of their scores.
suppressMessages(library(survey))
options(digits = 17)

d <- read.csv("households.csv")
d$stratum <- factor(d$stratum)
line <- 4000
d$one <- 1
d$poor <- as.numeric(d$income <= line)
d$gap <- ifelse(d$poor == 1, pmin(1, (line - d$income) / line), 0)
d$log <- ifelse(d$poor == 1 & d$income > 0, log(line / pmax(d$income, 1e-9)), 0)

row <- function(design, policy, area, measure, unit, value, se)
  cat(paste(design, policy, area, measure, unit, format(value, digits = 15), format(se, digits = 15), sep = ","), "\n", sep = "")

ratio <- function(design, x, per) {
  r <- svyratio(as.formula(paste0("~I(", x, ")")), as.formula(paste0("~I(", per, ")")), design)
  c(coef(r), SE(r))
}
total <- function(design, x) {
  t <- svytotal(as.formula(paste0("~I(", x, ")")), design)
  c(coef(t), SE(t))
}

below <- function(v, w) # weight strictly below plus half the weight tied, by all pairs
  sapply(seq_along(v), function(k) sum(w[v < v[k]]) + sum(w[v == v[k]]) / 2)
above <- function(v, x) # x of those above plus half of those tied, by all pairs
  sapply(seq_along(v), function(k) sum(x[v > v[k]]) + sum(x[v == v[k]]) / 2)

inequality <- function(full, sub, inside) {
  v <- full$variables
  w <- weights(full) * v$size * inside
  y <- v$income
  N <- sum(w); T <- sum(w * y)
  A <- sum(w * y * below(y, w))
  G <- 2 * A / (N * T) - 1
  zg <- 2 * (y * below(y, w) + above(y, w * y)) / (N * T) - (G + 1) / N - (G + 1) * y / T
  g <- v$gap
  S <- 2 * sum(w * g * below(g, w)) / N^2
  zs <- 2 * (g * below(g, w) + above(g, w * g)) / N^2 - 2 * S / N
  o <- order(y)
  cum <- cumsum(w[o]); share <- cumsum((w * y)[o])
  k <- which(cum >= 0.4 * N)[1]
  q <- y[o][k]
  L <- approx(c(0, cum / N), c(0, share / T), 0.4, ties = "ordered")$y
  zl <- (ifelse(y < q, y - q, 0) + 0.4 * q - L * y) / T
  score <- function(z) {
    full$variables$z <<- z * v$size * inside
    SE(svytotal(~z, full))
  }
  list(gini = c(G, score(zg)), sst = c(S, score(zs)), lorenz_40 = c(L, score(zl)))
}

record <- function(name, policy, full, area) {
  inside <- if (area == "") rep(1, nrow(full$variables)) else as.numeric(full$variables$area == area)
  sub <- if (area == "") full else subset(full, inside == 1)
  put <- function(measure, unit, r) row(name, policy, area, measure, unit, r[1], r[2])
  put("population", "persons", total(sub, "size"))
  put("population", "households", total(sub, "one"))
  put("headcount", "persons", ratio(sub, "size * poor", "size"))
  put("headcount", "households", ratio(sub, "poor", "one"))
  put("poor", "persons", total(sub, "size * poor"))
  put("fgt1", "persons", ratio(sub, "size * gap", "size"))
  put("fgt2", "persons", ratio(sub, "size * gap^2", "size"))
  put("shortfall_total", "persons", total(sub, "size * poor * (4000 - income)"))
  put("shortfall_per_poor", "persons", ratio(sub, "size * poor * (4000 - income)", "size * poor"))
  put("mean_income", "persons", ratio(sub, "size * income", "size"))
  put("watts", "persons", ratio(sub, "size * log", "size"))
  i <- inequality(full, sub, inside)
  put("gini", "persons", i$gini)
  put("sst", "persons", i$sst)
  put("lorenz_40", "persons", i$lorenz_40)
}

cat("design,policy,area,measure,unit,value,se\n")
for (policy in c("remove", "certainty", "adjust", "average")) {
  options(survey.lonely.psu = policy)
  one <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
  record("one stage", policy, one, "")
  if (policy != "average") for (area in c("makit", "wushan")) record("one stage", policy, one, area)
  if (policy != "remove") next
  two <- svydesign(ids = ~cluster + household, strata = ~stratum, weights = ~weight, data = d, nest = TRUE,
                   fpc = ~stratum_clusters + cluster_households)
  record("two stage", policy, two, "")
  record("two stage", policy, two, "makit")
}
