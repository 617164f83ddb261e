# Penalised logistic regression of rms: the penalty of lowest corrected AIC over standardised columns.
# Run in this folder: Rscript make_penalised.R
suppressMessages(library(rms))
options(digits = 17)
set.seed(121)
n <- 220
a <- round(rnorm(n, 1, 0.4), 3)
b <- rbinom(n, 1, 0.3)
c <- round(exp(rnorm(n)), 3)
y <- rbinom(n, 1, plogis(-1.6 + 2.5 * (a - 1)^2 + 0.8 * b + 0.2 * log(c)))
X <- cbind(rcspline.eval(a, nk = 4, inclx = TRUE), b, rcspline.eval(c, nk = 4, inclx = TRUE))
colnames(X) <- paste0("x", seq_len(ncol(X)))
variance <- apply(X, 2, function(column) mean((column - mean(column))^2))
fit <- lrm(y ~ X, x = TRUE, y = TRUE, tol = 1e-14, eps = 1e-12, maxit = 200)
penalties <- c(0.01, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256)
trace <- pentrace(fit, penalties, penalty.matrix = diag(variance), which = "aic.c", method = "grid", maxit = 200)
all <- trace$results.all
all <- all[all$penalty > 0, ]
best <- all$penalty[which.max(all$aic.c)]
chosen <- lrm(y ~ X, penalty = best, penalty.matrix = diag(variance), tol = 1e-14, eps = 1e-12, maxit = 200)
write <- function(frame, name) {
  frame[] <- lapply(frame, format, digits = 17, trim = TRUE)
  write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
}
write(data.frame(X, y = y), "penalised_data")
write(data.frame(penalty = all$penalty, effective = all$df, aic_c = all$aic.c), "penalised_trace")
write(data.frame(estimate = coef(chosen), variance = diag(vcov(chosen))), "penalised_fit")
