# Rubin's rules by mice::pool on the fits of completed data. Run here: Rscript make.R
suppressMessages(library(mice))
options(digits = 17)
set.seed(7)
n <- 120
data <- data.frame(a = rnorm(n), b = rbinom(n, 1, 0.4), c = factor(sample(c("x", "y", "z"), n, TRUE)))
data$y <- rbinom(n, 1, plogis(-0.4 + data$a + 0.6 * data$b))
data$a[runif(n) < 0.25] <- NA
data$c[runif(n) < 0.2] <- NA
imputed <- mice(data, m = 7, maxit = 4, seed = 3, printFlag = FALSE)
fits <- with(imputed, glm(y ~ a + b + c, family = binomial))
each <- do.call(rbind, lapply(seq_along(fits$analyses), function(i) {
  fit <- fits$analyses[[i]]
  data.frame(imputation = i, term = names(coef(fit)), estimate = coef(fit), variance = diag(vcov(fit)))
}))
write.csv(each, "rubin_each.csv", row.names = FALSE, quote = FALSE)
pooled <- pool(fits)
write.csv(
  cbind(
    summary(pooled, conf.int = TRUE)[, c("term", "estimate", "std.error", "df", "p.value", "2.5 %", "97.5 %")],
    pooled$pooled[, c("ubar", "b", "t", "lambda", "fmi", "dfcom")]
  ),
  "rubin_pooled.csv", row.names = FALSE, quote = FALSE
)
