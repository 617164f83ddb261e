# Answers of rms::validate to tests/validation/test_fixed_logistic.py. Rscript make_fixed_logistic.R, in this folder.
suppressPackageStartupMessages(library(rms))
options(digits = 15)
set.seed(7)
n <- 160
data <- data.frame(x1 = round(rnorm(n), 2), x2 = rbinom(n, 1, 0.4), x3 = rbinom(n, 1, 0.2), x4 = round(rnorm(n), 1))
data$y <- rbinom(n, 1, plogis(-0.6 + 0.9 * data$x1 + 0.7 * data$x2))
B <- 60
fit <- lrm(y ~ ., data = data, x = TRUE, y = TRUE, eps = 1e-14, maxit = 50)
set.seed(11)
invisible(capture.output(found <- validate(fit, B = B)))
rows <- c("Dxy", "B", "Intercept", "Slope")
found <- unclass(found)[rows, 1:5]
write.csv(data.frame(metric = rows, found), "fixed_logistic.csv", row.names = FALSE, quote = FALSE)
set.seed(11) # the resamples that validate drew: how often each lesion stands in each, one digit a lesion
drawn <- sapply(seq_len(B), function(i) paste(tabulate(sample(n, replace = TRUE), n), collapse = ""))
writeLines(drawn, "fixed_logistic_resamples.txt")
write.csv(data, "fixed_logistic_lesions.csv", row.names = FALSE, quote = FALSE)
