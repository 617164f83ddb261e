# Answers for tests/evaluation, computed with R 4.2.2, pROC 1.18.0 and rms 6.5.0: Rscript make.R, in this folder.
# Makes the synthetic sample (synthetic.csv) and the answers about it (answers.csv, smooth.csv).
suppressPackageStartupMessages({library(pROC); library(rms)})
options(digits = 15)

set.seed(20260)
n <- 180
x <- rnorm(n)
y <- rbinom(n, 1, plogis(-1.1 + 1.2 * x))
good <- round(plogis(-0.8 + 1.5 * x + rnorm(n, sd = 0.4)), 4)
tied <- c(0.08, 0.15, 0.3, 0.55, 0.7)[cut(x + rnorm(n, sd = 0.8), c(-Inf, -1, -0.2, 0.5, 1.2, Inf), labels = FALSE)]
synthetic <- data.frame(lesion = sprintf("L%03d", 1:n), y = y, good = good, tied = tied)
write.csv(synthetic, "synthetic.csv", row.names = FALSE, quote = FALSE)

answers <- data.frame()
add <- function(score, name, value) {
  answers <<- rbind(answers, data.frame(score = score, name = name, value = as.numeric(value)))
}
rocs <- list()
for (score in c("good", "tied")) {
  p <- synthetic[[score]]
  r <- roc(y, p, direction = "<", levels = c(0, 1), quiet = TRUE)
  rocs[[score]] <- r
  interval <- ci.auc(r, method = "delong")
  add(score, "auc", interval[2]); add(score, "auc_low", interval[1]); add(score, "auc_high", interval[3])
  add(score, "auc_se", sqrt(var(r, method = "delong")))
  best <- coords(r, "best", best.method = "youden",
                 ret = c("threshold", "sensitivity", "specificity", "accuracy", "npv", "ppv"), transpose = FALSE)
  best <- best[which.min(best$threshold), ]
  for (name in names(best)) add(score, name, best[[name]])
  val <- val.prob(p, y, pl = FALSE)
  add(score, "calibration_intercept", val["Intercept"]); add(score, "calibration_slope", val["Slope"])
  add(score, "brier", val["Brier"])
  free <- summary(glm(y ~ qlogis(p), family = binomial, control = list(epsilon = 1e-14)))$coefficients
  add(score, "calibration_intercept_se", free[1, 2]); add(score, "calibration_slope_se", free[2, 2])
  large <- summary(glm(y ~ offset(qlogis(p)), family = binomial, control = list(epsilon = 1e-14)))$coefficients
  add(score, "calibration_in_the_large", large[1, 1]); add(score, "calibration_in_the_large_se", large[1, 2])
}
paired <- roc.test(rocs$good, rocs$tied, method = "delong", paired = TRUE)
add("good-tied", "statistic", paired$statistic); add("good-tied", "p_value", paired$p.value)
covariance <- cov(rocs$good, rocs$tied, method = "delong")
add("good-tied", "covariance", covariance)
write.csv(answers, "answers.csv", row.names = FALSE, quote = FALSE)

# The smooth curve: logistic regression on a restricted cubic spline of the log odds, knots at stated quantiles.
smooth <- data.frame()
for (score in c("good", "tied")) {
  log_odds <- qlogis(synthetic[[score]])
  knots <- unique(quantile(log_odds, c(0.05, 0.35, 0.65, 0.95), type = 1))
  basis <- function(v) cbind(v, rcspline.eval(v, knots = knots, norm = 2))
  fit <- glm(y ~ basis(log_odds), family = binomial, control = list(epsilon = 1e-14))
  at <- seq(min(synthetic[[score]]), max(synthetic[[score]]), length.out = 15)
  X <- cbind(1, basis(qlogis(at)))
  eta <- drop(X %*% coef(fit))
  se <- sqrt(diag(X %*% vcov(fit) %*% t(X)))
  z <- qnorm(0.975)
  smooth <- rbind(smooth, data.frame(
    score = score, n_knots = length(knots), predicted = at, observed = plogis(eta),
    conf_low = plogis(eta - z * se), conf_high = plogis(eta + z * se),
    ici = mean(abs(fitted(fit) - synthetic[[score]]))))
}
write.csv(smooth, "smooth.csv", row.names = FALSE, quote = FALSE)
