# Answers for the reader-study tests: Rscript tests/golden/readers/make.R tests/golden/readers
# Uses base R and lme4 with lmerTest.
folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(data, name) write.csv(data, file.path(folder, name), row.names = FALSE)

# ---- agreement: kappa and its large-sample error, written out from the published formulas ---------------
set.seed(11)
truth <- sample(1:4, 80, replace = TRUE, prob = c(.4, .3, .2, .1))
slip <- function(x) ifelse(runif(length(x)) < .7, x, pmin(4, pmax(1, x + sample(c(-1, 1), length(x), TRUE))))
ratings <- data.frame(first = slip(truth), second = slip(truth), third = slip(truth))
write(ratings, "ratings.csv")
kappa <- function(a, b, weight) {
  p <- table(factor(a, 1:4), factor(b, 1:4)) / length(a)
  r <- rowSums(p); k <- colSums(p)
  po <- sum(p * weight); pe <- sum(outer(r, k) * weight)
  est <- (po - pe) / (1 - pe)
  wr <- as.vector(weight %*% k); wk <- as.vector(t(weight) %*% r)
  inner <- weight - outer(wr, wk, "+") * (1 - est)
  v <- (sum(p * inner^2) - (est - pe * (1 - est))^2) / (length(a) * (1 - pe)^2)
  c(est, sqrt(v))
}
d <- abs(outer(1:4, 1:4, "-"))
weights <- list(none = diag(4), linear = 1 - d / 3, quadratic = 1 - d^2 / 9)
rows <- lapply(names(weights), function(n) {
  k <- kappa(ratings$first, ratings$second, weights[[n]])
  data.frame(weights = n, estimate = k[1], std_error = k[2])
})
write(do.call(rbind, rows), "cohen.csv")

# ---- intraclass correlation: variance components of balanced two-way tables -----------------------------
adc <- round(rnorm(25, 1, .2) + matrix(rnorm(75, c(0, .03, -.02), .08), 25, byrow = TRUE), 3)
write(as.data.frame(adc), "adc.csv")
long <- data.frame(y = as.vector(adc), case = factor(rep(1:25, 3)), rater = factor(rep(1:3, each = 25)))
ms <- summary(aov(y ~ case + rater, long))[[1]][["Mean Sq"]]
one <- summary(aov(y ~ case, long))[[1]][["Mean Sq"]]
n <- 25; k <- 3
icc <- c(ICC1 = (one[1] - one[2]) / (one[1] + (k - 1) * one[2]),
  ICC2 = (ms[1] - ms[3]) / (ms[1] + (k - 1) * ms[3] + k * (ms[2] - ms[3]) / n),
  ICC3 = (ms[1] - ms[3]) / (ms[1] + (k - 1) * ms[3]),
  ICC1k = (one[1] - one[2]) / one[1],
  ICC2k = (ms[1] - ms[3]) / (ms[1] + (ms[2] - ms[3]) / n),
  ICC3k = (ms[1] - ms[3]) / ms[1])
write(data.frame(form = names(icc), estimate = icc), "icc.csv")

# ---- time: crossed random effects on log seconds --------------------------------------------------------
suppressMessages(library(lmerTest))
grid <- expand.grid(reader = paste0("R", 1:6), case = 1:40, arm = c("unaided", "aided"))
effect <- function(levels, sd) setNames(rnorm(length(levels), 0, sd), levels)
reader <- effect(unique(grid$reader), .3); case <- effect(1:40, .25)
both <- effect(unique(paste(grid$reader, grid$arm)), .12)
grid$seconds <- round(exp(4.5 - .2 * (grid$arm == "aided") + reader[as.character(grid$reader)] + case[grid$case] +
  both[paste(grid$reader, grid$arm)] + rnorm(nrow(grid), 0, .3)), 1)
grid <- grid[-sample(nrow(grid), 30), ]
write(grid, "seconds.csv")
fits <- list(crossed = lmer(log(seconds) ~ arm + (1 | reader) + (1 | case), grid, control = lmerControl(optCtrl = list(ftol_abs = 1e-12, xtol_abs = 1e-10))),
  slopes = lmer(log(seconds) ~ arm + (1 | reader) + (1 | case) + (1 | reader:arm), grid, control = lmerControl(optCtrl = list(ftol_abs = 1e-12, xtol_abs = 1e-10))))
rows <- lapply(names(fits), function(name) {
  s <- coef(summary(fits[[name]]))["armaided", ]
  v <- as.data.frame(VarCorr(fits[[name]]))
  sd <- setNames(v$sdcor, v$grp)
  data.frame(model = name, estimate = s["Estimate"], std_error = s["Std. Error"], df = s["df"], p_value = s["Pr(>|t|)"],
    reader = sd["reader"], case = sd["case"], reader_arm = sd["reader:arm"], residual = sd["Residual"],
    criterion = REMLcrit(fits[[name]]))
})
write(do.call(rbind, rows), "mixed_models.csv")

# ---- paired shares: McNemar's exact test ----------------------------------------------------------------
newcombe <- function(e, f, g, h) { # both right, first only, second only, neither
  n <- e + f + g + h
  wilson <- function(x) { z <- qnorm(.975); p <- x / n
    (p + z^2 / (2 * n) + c(-1, 1) * z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n) }
  p1 <- (e + f) / n; p2 <- (e + g) / n; w1 <- wilson(e + f); w2 <- wilson(e + g)
  margins <- as.numeric(e + f) * (g + h) * (e + g) * (f + h)
  phi <- if (margins > 0) (e * h - f * g) / sqrt(margins) else 0
  d <- c(p1 - w1[1], w1[2] - p1, p2 - w2[1], w2[2] - p2)
  c(p2 - p1, p2 - p1 - sqrt(d[3]^2 - 2 * phi * d[3] * d[2] + d[2]^2), p2 - p1 + sqrt(d[4]^2 - 2 * phi * d[4] * d[1] + d[1]^2))
}
pairs <- data.frame(e = c(20, 1, 36, 50), f = c(12, 0, 12, 0), g = c(2, 7, 2, 0), h = c(16, 42, 0, 0))
bounds <- t(mapply(newcombe, pairs$e, pairs$f, pairs$g, pairs$h))
write(cbind(pairs, estimate = bounds[, 1], conf_low = bounds[, 2], conf_high = bounds[, 3]), "newcombe.csv")
discordant <- data.frame(lost = c(2, 0, 7, 1), won = c(11, 5, 7, 2))
discordant$p_value <- mapply(function(a, b) binom.test(b, a + b)$p.value, discordant$lost, discordant$won)
write(discordant, "mcnemar.csv")
