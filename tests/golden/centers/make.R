# Answers of R's metafor and sva to tests/centers and tests/statistics/test_random_effects.py.
# Run here: Rscript make.R
suppressMessages({library(metafor); library(sva)})
options(digits = 17)
write <- function(frame, name) write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)

set.seed(20261123)
sets <- list(
  list(y = c(.1, .2, .5), v = c(.01, .02, .03)),
  list(y = c(.3, 1.1), v = c(.04, .09)),
  list(y = c(.30, .31, .29, .305), v = c(.05, .02, .08, .04)),           # tau^2 = 0
  list(y = c(0, 2), v = c(4, 5)),                                         # tau^2 = 0, k = 2
  list(y = round(rnorm(12, .8, .4), 4), v = round(runif(12, .01, .2), 4)),
  list(y = round(rnorm(25, -.2, 1.5), 4), v = round(rexp(25, 2) + .01, 4)),
  list(y = c(1, 1.2, .9, 40), v = c(.01, .02, .01, 9)),
  list(y = round(rnorm(6, 0, 3), 4), v = rep(1e-4, 6))
)
write(do.call(rbind, lapply(seq_along(sets), function(i)
  data.frame(set = i, y = sets[[i]]$y, v = sets[[i]]$v))), "pooling_input")
write(do.call(rbind, lapply(seq_along(sets), function(i) {
  s <- sets[[i]]
  fit <- rma(yi = s$y, vi = s$v, method = "REML", test = "adhoc",
             control = list(threshold = 1e-13, maxiter = 10000, stepadj = .5))
  k <- length(s$y)
  half <- if (k > 2) qt(.975, k - 2) * sqrt(fit$tau2 + fit$se^2) else NA
  data.frame(set = i, estimate = fit$b[1], std_error = fit$se, conf_low = fit$ci.lb, conf_high = fit$ci.ub,
             tau_squared = fit$tau2, i_squared = fit$I2 / 100, q = fit$QE, q_p_value = fit$QEp,
             prediction_low = fit$b[1] - half, prediction_high = fit$b[1] + half)
})), "pooling")

# ComBat iterates until no parameter moves by more than 1e-4 of itself; here until none moves at all, so that
# the answer is the solution and not a matter of when to stop.
precise <- sva:::it.sol
formals(precise)$conv <- 1e-13
assignInNamespace("it.sol", precise, "sva")
n <- c(14, 9, 20)
center <- rep(c("A", "B", "C"), n)
group <- rbinom(sum(n), 1, .4)
age <- round(rnorm(sum(n), 55, 9))
x <- sapply(1:4, function(j) round(rnorm(sum(n), 10 * j, j) + .8 * j * group + .02 * age +
  j * c(A = .5, B = -1, C = .2)[center] * c(1, .6, 1.2, -.5)[j], 4))
colnames(x) <- c("m1", "m2", "m3", "m4")
write(data.frame(center, group, age, x), "combat_input")
plain <- t(suppressMessages(ComBat(t(x), center)))
adjusted <- t(suppressMessages(ComBat(t(x), center, mod = model.matrix(~ group + age))))
write(data.frame(plain), "combat")
write(data.frame(adjusted), "combat_covariates")
