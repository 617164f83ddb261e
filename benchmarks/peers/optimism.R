# Optimism of a fixed logistic model by rms::validate. Rscript optimism.R FOLDER B
# Reads model.csv (y and the columns of the design matrix); writes optimism_r.csv and the resamples drawn.
suppressPackageStartupMessages(library(rms))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
B <- as.integer(arguments[2])
data <- read.csv(file.path(folder, "model.csv"))
fit <- lrm(y ~ ., data = data, x = TRUE, y = TRUE, eps = 1e-12, maxit = 30)
set.seed(1)
start <- sum(proc.time()[1:2])
invisible(capture.output(found <- validate(fit, B = B)))
seconds <- sum(proc.time()[1:2]) - start
found <- unclass(found)
rows <- c("Dxy", "B", "Intercept", "Slope")
write.csv(data.frame(metric = rows, found[rows, 1:6], seconds = seconds), file.path(folder, "optimism_r.csv"), row.names = FALSE)
# validate draws its resamples like this; the same seed gives the same ones
set.seed(1)
drawn <- t(sapply(seq_len(B), function(i) tabulate(sample(nrow(data), replace = TRUE), nrow(data))))
write.table(drawn, file.path(folder, "drawn.csv"), sep = ",", row.names = FALSE, col.names = FALSE)
