# Decision curves of synthetic.csv by counting, lesion by lesion, in R 4.2.2: Rscript make_decisions.R, in this folder.
options(digits = 15)
d <- read.csv("synthetic.csv")
rows <- data.frame()
for (t in c(0.05, 0.2, 0.35, 0.5)) {
  called <- d$good >= t
  n <- nrow(d); prevalence <- mean(d$y)
  nb <- sum(called & d$y == 1) / n - sum(called & d$y == 0) / n * t / (1 - t)
  # Net interventions avoided: true negatives spared, less false negatives at their weight, per 100 lesions.
  avoided <- 100 * (sum(!called & d$y == 0) / n - sum(!called & d$y == 1) / n * (1 - t) / t)
  other <- d$tied >= t
  nb_other <- sum(other & d$y == 1) / n - sum(other & d$y == 0) / n * t / (1 - t)
  rows <- rbind(rows, data.frame(threshold = t, net_benefit = nb, standardised = nb / prevalence,
                                 avoided = avoided, difference = nb - nb_other))
}
write.csv(rows, "decisions.csv", row.names = FALSE, quote = FALSE)
