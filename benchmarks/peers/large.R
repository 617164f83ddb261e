# AUC with DeLong's interval, decision curve, calibration by pROC and glm. Rscript large.R FOLDER N...
# Reads nothing: makes the same kind of sample itself; writes large_r.csv.
suppressPackageStartupMessages(library(pROC))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
clock <- function() sum(proc.time()[1:2])
answers <- NULL
for (n in as.integer(arguments[-1])) {
  set.seed(1)
  x <- rnorm(n)
  y <- rbinom(n, 1, plogis(-1 + 1.1 * x))
  p <- plogis(-0.7 + 0.9 * x)
  start <- clock()
  ci.auc(roc(y, p, direction = "<", levels = c(0, 1), quiet = TRUE), method = "delong")
  thresholds <- seq(0, 0.99, 0.01)
  order <- order(-p)
  tp <- c(0, cumsum(y[order])); fp <- c(0, cumsum(1 - y[order]))
  at <- findInterval(-thresholds, -p[order]) + 1
  benefit <- tp[at] / n - fp[at] / n * thresholds / (1 - thresholds)
  lp <- qlogis(p)
  glm(y ~ offset(lp), family = binomial); glm(y ~ lp, family = binomial)
  knots <- quantile(lp, c(0.05, 0.35, 0.65, 0.95))
  basis <- rms::rcs(lp, knots)
  fit <- glm(y ~ basis, family = binomial)
  mean(abs(fitted(fit) - p))
  answers <- rbind(answers, data.frame(n = n, seconds = clock() - start))
  write.csv(answers, file.path(folder, "large_r.csv"), row.names = FALSE)
}
