# Answers of R (glmnet, MASS, rms) to the tests of tests/selection. Run here: Rscript make.R
suppressMessages({
  library(glmnet)
  library(MASS)
  library(rms)
})
set.seed(613)
options(digits = 17)
write <- function(frame, name) write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)

# 613 made-up lesions: 5 measurements, 14 yes/no readings and 8 factors, 45 columns of a design matrix.
n <- 613
size <- rnorm(n)
numbers <- data.frame(
  n1 = round(53 + 10 * rnorm(n)), n2 = round(exp(0.7 + 0.4 * size + 0.2 * rnorm(n)), 2),
  n3 = round(0.63 + 0.13 * rnorm(n), 2), n4 = round(0.97 + 0.15 * rnorm(n) - 0.03 * size, 2),
  n5 = round(rnorm(n), 3)
)
binary <- as.data.frame(lapply(setNames(seq(0.08, 0.6, length.out = 14), paste0("b", 1:14)), function(share)
  as.integer(plogis(qlogis(share) + 0.7 * size * (share > 0.3) + 0.5 * rnorm(n)) > runif(n))))
levels <- c(f1 = 3, f2 = 4, f3 = 6, f4 = 5, f5 = 3, f6 = 4, f7 = 4, f8 = 5)
factors <- as.data.frame(lapply(levels, function(k) sample(k, n, TRUE, prob = (k:1)^1.5)))
data <- cbind(numbers, binary, factors)
signal <- with(data, 0.9 * b3 + 0.7 * b9 - 0.8 * (f2 == 2) + 0.9 * (f3 == 4) - 2 * (n4 - 0.97) + 0.3 * size)
outcomes <- data.frame(
  y1 = rbinom(n, 1, plogis(-1.7 + signal)), y2 = rbinom(n, 1, plogis(-0.3 + 0.4 * signal)),
  y3 = rbinom(n, 1, plogis(-2.5 + 1.5 * signal)), y4 = rbinom(n, 1, 0.3)
)
fold <- sample(rep(1:10, length.out = n))
write(cbind(data, outcomes, fold = fold), "data")
for (name in names(levels)) data[[name]] <- factor(data[[name]])
X <- model.matrix(~., data)[, -1]
stopifnot(ncol(X) == 45)

# LASSO, converged further than glmnet does by default so that the answer does not hang on its tolerance.
lasso <- lapply(names(outcomes), function(y) {
  fit <- cv.glmnet(X, outcomes[[y]], family = "binomial", foldid = fold, thresh = 1e-14, maxit = 1e7)
  list(
    path = data.frame(outcome = y, lambda = fit$lambda, deviance = fit$cvm, std_error = fit$cvsd,
                      n_nonzero = fit$nzero, ratio = fit$glmnet.fit$dev.ratio),
    coefficients = data.frame(
      outcome = y, column = 0:45, lambda_min = fit$lambda.min, lambda_1se = fit$lambda.1se,
      at_min = as.vector(coef(fit, s = "lambda.min")), at_1se = as.vector(coef(fit, s = "lambda.1se"))
    )
  )
})
write(do.call(rbind, lapply(lasso, `[[`, "path")), "lasso_path")
write(do.call(rbind, lapply(lasso, `[[`, "coefficients")), "lasso_coefficients")

# More columns than lesions: the other end of the grid, and the stop by deviance.
wide <- glmnet(X[1:40, ], outcomes$y2[1:40], family = "binomial", thresh = 1e-14, maxit = 1e7)
write(data.frame(lambda = wide$lambda, ratio = wide$dev.ratio, intercept = wide$a0,
                 absolute_sum = colSums(abs(as.matrix(wide$beta)))), "lasso_wide")

# Logistic regression.
tight <- glm.control(epsilon = 1e-14, maxit = 100)
full <- glm(outcomes$y1 ~ X, family = binomial, control = tight)
summary <- coef(summary(full))
write(data.frame(column = 0:45, estimate = summary[, 1], std_error = summary[, 2], z = summary[, 3],
                 p_value = summary[, 4], deviance = full$deviance), "logistic")

# Wald tests of whole factors.
wald <- anova(lrm(reformulate(names(data), "y"), data = cbind(y = outcomes$y1, data), tol = 1e-14, eps = 1e-12))
wald <- wald[names(data), ]
write(data.frame(variable = rownames(wald), statistic = wald[, 1], freedom = wald[, 2], p_value = wald[, 3]), "wald")

# Stepwise by AIC, both ways, from the full model of some of the variables.
candidates <- list(
  all = names(data), few = c("b3", "b9", "f2", "f3", "n4", "n2", "b14"),
  many = c("n1", "n2", "n3", "n5", paste0("b", 5:14), "f1", "f4", "f5", "f6")
)
steps <- do.call(rbind, lapply(names(outcomes), function(y) do.call(rbind, lapply(names(candidates), function(set) {
  frame <- cbind(y = outcomes[[y]], data)
  fit <- glm(reformulate(candidates[[set]], "y"), family = binomial, data = frame, control = tight)
  chosen <- stepAIC(fit, direction = "both", trace = 0)
  data.frame(outcome = y, candidates = paste(candidates[[set]], collapse = " "),
             chosen = paste(attr(terms(chosen), "term.labels"), collapse = " "), aic = extractAIC(chosen)[2])
}))))
write(steps, "stepwise")

# Correlated columns, where stepwise takes a variable back in: the first five seeds that do.
moves <- function(fit) paste(fit$anova$Step[-1], collapse = " ; ")
reentries <- list()
for (seed in 1:3000) {
  set.seed(seed)
  common <- rnorm(90)
  frame <- as.data.frame(sapply(setNames(1:8, paste0("v", 1:8)), function(k) round(common + rnorm(90, sd = 0.7), 3)))
  frame$g <- factor(pmin(pmax(round(common + rnorm(90)), -1), 1))
  frame$y <- rbinom(90, 1, plogis(0.8 * (frame$v1 - frame$v2) + 0.5 * frame$v3 - 0.4 * frame$v4))
  chosen <- stepAIC(glm(y ~ ., family = binomial, data = frame, control = tight), direction = "both", trace = 0)
  if (grepl("+", moves(chosen), fixed = TRUE)) {
    reentries[[length(reentries) + 1]] <- data.frame(seed = seed, frame, moves = gsub(" ", "", moves(chosen)),
                                                     aic = extractAIC(chosen)[2])
    if (length(reentries) == 5) break
  }
}
set.seed(613)
write(do.call(rbind, reentries), "stepwise_reentry")

# Hosmer and Lemeshow's low birth weights, as MASS has them.
births <- transform(birthwt, race = factor(race), ptl = as.integer(ptl), low = as.integer(low))
model <- glm(low ~ age + lwt + race + smoke + ptl + ht + ui + ftv, family = binomial, data = births, control = tight)
chosen <- stepAIC(model, direction = "both", trace = 0)
write(data.frame(term = names(coef(model)), estimate = coef(model), std_error = sqrt(diag(vcov(model))),
                 chosen = paste(attr(terms(chosen), "term.labels"), collapse = " "), aic = AIC(chosen)), "births")
