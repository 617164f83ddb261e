# The published tasks' logistic models on the published cohort's training sets, straight and with rcs terms, by rms:
# coefficients, linear predictor with standard error of every tenth lesion, and the points of the nomogram.
# Reads the cohort that the package ships; writes published_{terms,lesions,axes}.csv beside itself.
# Run in this folder: Rscript make_published.R
suppressPackageStartupMessages(library(rms))
cohort <- read.csv("../../../src/her2mri/datasets/data/published_cohort.csv")
levels_of <- list(
  n_category = c("N0", "N1", "N2", "N3"), er_status = c("negative", "positive"),
  pr_status = c("negative", "positive"), ki67_status = c("low", "high"), lesion_number = c("single", "multiple"),
  quadrant = c("upper_left", "lower_left", "upper_right", "lower_right", "right_central", "left_central"),
  accompanying_signs = c("no", "yes"), shape = c("round_or_oval", "irregular"))
for (name in names(levels_of)) cohort[[name]] <- factor(cohort[[name]], levels = levels_of[[name]])
precise <- function(x) format(unname(x), digits = 17, trim = TRUE)
models <- list(
  list(model = "LR", task = "her2_positive", formula = outcome ~ er_status + pr_status + ki67_status + n_category +
    lesion_number + quadrant + accompanying_signs),
  list(model = "LR", task = "her2_low", formula = outcome ~ ki67_status + lesion_number + quadrant + shape + eer + adc),
  list(model = "RCS", task = "her2_positive", formula = outcome ~ er_status + pr_status + ki67_status + rcs(age, 5) +
    n_category + lesion_number + quadrant + accompanying_signs),
  list(model = "RCS", task = "her2_low", formula = outcome ~ ki67_status + lesion_number + quadrant + shape +
    rcs(eer, 4) + rcs(adc, 4)))
terms <- lesions <- axes <- NULL
for (one in models) {
  asked <- if (one$task == "her2_low") c("low", "zero") else c("positive", "low", "zero", "negative")
  training <- cohort[cohort$her2_status %in% asked & cohort[[paste0("set_", one$task)]] == "training", ]
  # No lesion with N3 is positive: with them there is no maximum of the likelihood for either program to find.
  if (one$task == "her2_positive") training <- droplevels(training[training$n_category != "N3", ])
  training$outcome <- as.integer(training$her2_status == sub("her2_", "", one$task))
  ranges <- datadist(training)
  options(datadist = "ranges")
  fit <- lrm(one$formula, data = training, tol = 1e-14, eps = 1e-10, maxit = 200)
  key <- data.frame(task = one$task, model = one$model)
  terms <- rbind(terms, data.frame(key, term = names(coef(fit)), estimate = precise(coef(fit)),
    std_error = precise(sqrt(diag(vcov(fit))))))
  few <- training[seq(1, nrow(training), 10), ]
  found <- predict(fit, few, type = "lp", se.fit = TRUE)
  lesions <- rbind(lesions, data.frame(key, lesion_id = few$lesion_id,
    linear_predictor = precise(found$linear.predictors), std_error = precise(found$se.fit)))
  chart <- nomogram(fit, fun = plogis, funlabel = "probability", lp = TRUE)
  for (name in names(fit$Design$limits)) if (!is.null(chart[[name]])) axes <- rbind(axes, data.frame(key,
    variable = name, shown = as.character(chart[[name]][[name]]), points = precise(chart[[name]]$points)))
}
write.csv(terms, "published_terms.csv", row.names = FALSE)
write.csv(lesions, "published_lesions.csv", row.names = FALSE)
write.csv(axes, "published_axes.csv", row.names = FALSE)
