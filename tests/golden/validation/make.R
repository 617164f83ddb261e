# Answers for tests/validation, computed with R 4.2.2 and rms 6.5.0: Rscript make.R, in this folder.
# A fixed logistic model validated by rms::validate on resamples of lesions, and on resamples of patients.
suppressPackageStartupMessages(library(rms))
options(digits = 15)

# lrm.fit stops at a change of deviance of 0.025, which leaves coefficients right to three digits: go on to the end.
exact <- rms::lrm.fit
formals(exact)$eps <- 1e-8
formals(exact)$maxit <- 50
assignInNamespace("lrm.fit", exact, "rms")

set.seed(41)
patients <- 150
patient <- c(rep(1:40, each = 2), 41:patients)
n <- length(patient)
shared <- rnorm(patients)
x1 <- round(0.6 * shared[patient] + rnorm(n), 4)
x2 <- rbinom(n, 1, 0.4)
x3 <- round(rnorm(n), 4)
y <- rbinom(n, 1, plogis(-1 + 0.8 * x1 + 0.7 * x2))
lesions <- data.frame(patient = patient, y = y, x1 = x1, x2 = x2, x3 = x3)
write.csv(lesions, "lesions.csv", row.names = FALSE, quote = FALSE)

B <- 40
fit <- lrm(y ~ x1 + x2 + x3, data = lesions, x = TRUE, y = TRUE, eps = 1e-8, maxit = 50)
answers <- data.frame()
indices <- data.frame()
members <- split(seq_len(n), patient)
for (unit in c("lesion", "patient")) {
  set.seed(42)
  found <- if (unit == "lesion") validate(fit, B = B) else validate(fit, B = B, cluster = patient)
  for (index in c("Dxy", "B", "Intercept", "Slope")) {
    answers <- rbind(answers, data.frame(
      unit = unit, index = index, apparent = found[index, "index.orig"], training = found[index, "training"],
      test = found[index, "test"], optimism = found[index, "optimism"],
      corrected = found[index, "index.corrected"], n = found[index, "n"]))
  }
  # The same stream again gives the lesions that each resample held.
  set.seed(42)
  for (i in 1:B) {
    rows <- if (unit == "lesion") sample(n, replace = TRUE) else unlist(members[sample(patients, replace = TRUE)])
    indices <- rbind(indices, data.frame(unit = unit, resample = i, rows = paste(rows, collapse = " ")))
  }
}
write.csv(answers, "validate.csv", row.names = FALSE, quote = FALSE)
write.csv(indices, "indices.csv", row.names = FALSE, quote = FALSE)
