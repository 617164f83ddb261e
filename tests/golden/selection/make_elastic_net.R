# glmnet's elastic net on the lesions and folds of data.csv: ridge, half and half, LASSO as in make.R.
# Run in this folder, after make.R: Rscript make_elastic_net.R
suppressMessages(library(glmnet))
options(digits = 17)
data <- read.csv("data.csv")
outcomes <- data[c("y1", "y3")]
fold <- data$fold
data <- data[setdiff(names(data), c("y1", "y2", "y3", "y4", "fold"))]
for (name in grep("^f", names(data), value = TRUE)) data[[name]] <- factor(data[[name]])
X <- model.matrix(~., data)[, -1]
write <- function(frame, name) write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
cases <- expand.grid(outcome = names(outcomes), alpha = c(0, 0.5), stringsAsFactors = FALSE)
fits <- lapply(seq_len(nrow(cases)), function(row) {
  y <- outcomes[[cases$outcome[row]]]
  fit <- cv.glmnet(X, y, family = "binomial", alpha = cases$alpha[row], foldid = fold, thresh = 1e-14, maxit = 1e7)
  list(
    path = data.frame(cases[row, ], row.names = NULL, lambda = fit$lambda, deviance = fit$cvm, std_error = fit$cvsd,
                      ratio = fit$glmnet.fit$dev.ratio),
    coefficients = data.frame(cases[row, ], row.names = NULL, column = 0:45, lambda_min = fit$lambda.min, lambda_1se = fit$lambda.1se,
                              at_min = as.vector(coef(fit, s = "lambda.min")),
                              at_1se = as.vector(coef(fit, s = "lambda.1se")))
  )
})
write(do.call(rbind, lapply(fits, `[[`, "path")), "elastic_net_path")
write(do.call(rbind, lapply(fits, `[[`, "coefficients")), "elastic_net_coefficients")
