# Predictions with intervals of a logistic model, and its recalibration on other lesions, by rms and glm.
# Reads ../explanation/lesions.csv; writes predictions.csv and recalibration.csv beside itself.
# Run in this folder: Rscript make.R
suppressPackageStartupMessages(library(rms))
lesions <- read.csv("../explanation/lesions.csv")
lesions$ki67_status <- factor(lesions$ki67_status, levels = c("low", "high"))
lesions$quadrant <- factor(lesions$quadrant,
  levels = c("upper_left", "lower_left", "upper_right", "lower_right", "right_central", "left_central"))
fit <- lrm(outcome ~ ki67_status + quadrant + eer + adc + age, data = lesions, tol = 1e-14, eps = 1e-12)
found <- predict(fit, lesions, type = "lp", se.fit = TRUE)
precise <- function(x) format(unname(x), digits = 17, trim = TRUE)
write.csv(data.frame(linear_predictor = precise(found$linear.predictors), std_error = precise(found$se.fit)),
  "predictions.csv", row.names = FALSE)

set.seed(81)
lp <- unname(found$linear.predictors)
y <- rbinom(length(lp), 1, plogis(0.4 + 0.6 * lp))
intercept <- glm(y ~ offset(lp), family = binomial, epsilon = 1e-14)
slope <- glm(y ~ lp, family = binomial, epsilon = 1e-14)
write.csv(data.frame(linear_predictor = precise(lp), y = y), "recalibration_lesions.csv", row.names = FALSE)
write.csv(data.frame(
  method = c("intercept", "slope"),
  intercept = precise(c(coef(intercept)[1], coef(slope)[1])), slope = precise(c(1, coef(slope)[2])),
  std_error_intercept = precise(c(sqrt(vcov(intercept)[1, 1]), sqrt(vcov(slope)[1, 1]))),
  std_error_slope = precise(c(0, sqrt(vcov(slope)[2, 2])))), "recalibration.csv", row.names = FALSE)
