# Answers of R to the tests of tests/statistics. Run here: Rscript make.R
set.seed(20240607)
options(digits = 17)
write <- function(frame, name) write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)

# Tables of counts: one row a cell, the answers on every row of the table.
tables <- list(
  matrix(c(12, 5, 3, 9), 2), matrix(c(30, 20, 25, 40), 2), matrix(c(1, 9, 11, 3), 2),
  matrix(c(10, 10, 10, 11), 2), matrix(c(0, 7, 12, 90), 2),
  matrix(c(50, 20, 10, 4, 4, 220, 150, 90, 40, 25), 5), matrix(c(3, 1, 0, 2, 1, 1, 4, 6, 0, 3), 5),
  matrix(c(8, 2, 5, 30, 3, 40), 3), matrix(c(2, 3, 1, 0, 9, 8, 7, 6), 4),
  matrix(c(20, 15, 12, 9, 1, 2, 60, 44, 52, 40, 7, 3), 6)
)
cells <- do.call(rbind, lapply(seq_along(tables), function(i) {
  t <- tables[[i]]
  corrected <- suppressWarnings(chisq.test(t))
  plain <- suppressWarnings(chisq.test(t, correct = FALSE))
  data.frame(
    table = i, row = as.vector(row(t)), column = as.vector(col(t)), count = as.vector(t),
    chi_square = unname(corrected$statistic), chi_square_p = corrected$p.value,
    uncorrected_p = plain$p.value, fisher_p = fisher.test(t, workspace = 2e7)$p.value
  )
}))
write(cells, "tables")

# Two samples: without ties and small (exact), with ties, large, of unequal spread.
samples <- list(
  list(round(rnorm(20), 5), round(rnorm(30, 0.6), 5)),
  list(round(rexp(15), 1), round(rexp(22, 0.6), 1)),
  list(round(rnorm(92, 53, 11)), round(rnorm(210, 52, 10))),
  list(round(rlnorm(49), 5), round(rlnorm(49, 0.3, 2), 5)),
  list(round(rnorm(50), 5), round(rnorm(12, 0.5, 3), 5)),
  list(round(runif(99), 6), round(rexp(100), 6))
)
long <- do.call(rbind, lapply(seq_along(samples), function(i) {
  s <- samples[[i]]
  data.frame(pair = i, group = rep(1:2, lengths(s)), value = unlist(s))
}))
write(long, "samples")
normality <- function(x) suppressWarnings(ks.test(x, "pnorm", mean(x), sd(x)))
answers <- do.call(rbind, lapply(seq_along(samples), function(i) {
  x <- samples[[i]][[1]]
  y <- samples[[i]][[2]]
  welch <- t.test(x, y)
  w <- suppressWarnings(wilcox.test(x, y))
  data.frame(
    pair = i, welch_t = unname(welch$statistic), welch_p = welch$p.value,
    student_p = t.test(x, y, var.equal = TRUE)$p.value, wilcoxon_w = unname(w$statistic), wilcoxon_p = w$p.value,
    ks_d_1 = unname(normality(x)$statistic), ks_p_1 = normality(x)$p.value, ks_p_2 = normality(y)$p.value
  )
}))
write(answers, "sample_answers")

p <- c(0.0004, 0.03, 0.04, 0.041, 0.9, NA, 0.2, 0.0301, 1, 0.04)
write(data.frame(p = p, bh = p.adjust(p, "BH"), holm = p.adjust(p, "holm")), "adjusted")

trials <- data.frame(count = c(0, 1, 8, 10, 33, 41), total = c(10, 10, 10, 10, 41, 41))
wilson <- t(mapply(function(k, n) prop.test(k, n, correct = FALSE)$conf.int, trials$count, trials$total))
exact <- t(mapply(function(k, n) binom.test(k, n)$conf.int, trials$count, trials$total))
write(data.frame(trials, wilson_low = wilson[, 1], wilson_high = wilson[, 2], exact_low = exact[, 1],
                 exact_high = exact[, 2]), "intervals")
