# Points of the nomogram of a logistic model with factors and continuous predictors, by rms.
# Writes lesions.csv (synthetic), coefficients.csv, axes.csv, scale.csv and pretty.csv beside itself.
# Run in this folder: Rscript make.R
suppressPackageStartupMessages(library(rms))
set.seed(20)
n <- 400
lesions <- data.frame(
  ki67_status = factor(sample(c("low", "high"), n, TRUE, c(.4, .6)), levels = c("low", "high")),
  quadrant = factor(
    sample(c("upper_left", "lower_left", "upper_right", "lower_right", "right_central", "left_central"), n, TRUE),
    levels = c("upper_left", "lower_left", "upper_right", "lower_right", "right_central", "left_central")),
  eer = round(rnorm(n, 1.1, .35), 2),
  adc = round(rnorm(n, .92, .16), 3),
  age = round(rnorm(n, 52, 11))
)
truth <- with(lesions, -1 + .7 * (ki67_status == "high") - .5 * (quadrant == "lower_left") +
  .8 * (quadrant == "right_central") + 1.1 * eer - 2.4 * (adc - .9) + .01 * (age - 50))
lesions$outcome <- rbinom(n, 1, plogis(truth))
write.csv(lesions, "lesions.csv", row.names = FALSE)

ranges <- datadist(lesions)
options(datadist = "ranges")
fit <- lrm(outcome ~ ki67_status + quadrant + eer + adc + age, data = lesions, tol = 1e-14, eps = 1e-12)
write.csv(data.frame(term = sub("^(ki67_status|quadrant)=", "\\1=", names(coef(fit))),
  estimate = format(unname(coef(fit)), digits = 17)), "coefficients.csv", row.names = FALSE)

chart <- nomogram(fit, fun = plogis, funlabel = "probability", lp = TRUE)
variables <- c("ki67_status", "quadrant", "eer", "adc", "age")
axes <- do.call(rbind, lapply(variables, function(name) data.frame(
  variable = name, shown = as.character(chart[[name]][[name]]),
  points = format(chart[[name]]$points, digits = 17, trim = TRUE))))
write.csv(axes, "axes.csv", row.names = FALSE)
write.csv(rbind(
  data.frame(scale = "linear_predictor", value = chart$lp$x.real, total_points = format(chart$lp$x, digits = 17, trim = TRUE)),
  data.frame(scale = "probability", value = format(chart$probability$fat, trim = TRUE),
    total_points = format(chart$probability$x, digits = 17, trim = TRUE))), "scale.csv", row.names = FALSE)

cases <- rbind(c(0, 1), c(.43, 2.15), c(24, 89), c(-3.7, 11.2), c(0, 213.4), c(.86, .91), c(1, 1000), c(-.02, .003),
  c(0, 14), c(0, 28), c(0, 71), c(0, 7.1))
write.csv(do.call(rbind, lapply(seq_len(nrow(cases)), function(i) do.call(rbind, lapply(c(5, 10), function(intervals)
  data.frame(low = cases[i, 1], high = cases[i, 2], intervals = intervals,
    ticks = paste(format(pretty(cases[i, ], intervals), digits = 15, trim = TRUE), collapse = " ")))))),
  "pretty.csv", row.names = FALSE)
