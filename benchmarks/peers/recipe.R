# The published recipe by R's own packages, resample by resample: cv.glmnet, glm, MASS::stepAIC, glm.
# Rscript recipe.R FOLDER FEW: reads lesions.csv, levels.csv, resamples.csv; writes recipe_r.csv.
#
# Timed as it is mostly run, with glmnet's default tolerance and plain glm. Where the classes separate the
# recipe asks for Firth's penalty, which no package of Debian's R offers for tests of whole factors: it is
# written out below, timed apart, and serves to compare the choices. `tight` is the choice with glmnet
# converged further than by default.
suppressPackageStartupMessages({
  library(glmnet)
  library(MASS)
})
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
level <- 1e-12 # tolerance at which glmnet meets the conditions of the optimum as nearly as our paths do
few <- as.integer(arguments[2]) # resamples in which stepAIC also starts from all candidates
path <- function(name) file.path(folder, name)
levels <- read.csv(path("levels.csv"), colClasses = "character")
lesions <- read.csv(path("lesions.csv"), colClasses = "character")
candidates <- unique(levels$variable)
for (name in candidates) {
  known <- levels$level[levels$variable == name]
  lesions[[name]] <- if (identical(known, "")) as.numeric(lesions[[name]]) else factor(lesions[[name]], known)
}
lesions$y <- as.integer(lesions$y)
resamples <- read.csv(path("resamples.csv"))

lasso <- function(frame, fold, ...) {
  X <- model.matrix(reformulate(setdiff(names(frame), "y")), frame)
  owner <- setdiff(names(frame), "y")[attr(X, "assign")[-1]]
  fit <- cv.glmnet(X[, -1], frame$y, family = "binomial", foldid = fold, ...)
  kept <- as.vector(coef(fit, s = "lambda.min"))[-1] != 0
  intersect(names(frame), unique(owner[kept]))
}
wald <- function(fit) {
  names <- attr(terms(fit), "term.labels")
  owner <- names[attr(model.matrix(fit), "assign")]
  beta <- coef(fit)[-1]
  covariance <- vcov(fit, complete = FALSE)
  sapply(names, function(name) {
    at <- names(beta)[owner == name & !is.na(beta)]
    if (!length(at)) return(NA)
    pchisq(drop(beta[at] %*% solve(covariance[at, at], beta[at])), length(at), lower.tail = FALSE)
  })
}

# Firth (1993): Newton steps on the score with Jeffreys' prior; `free` columns vary, the others stay at 0.
penalised <- function(X, y, free) {
  beta <- numeric(ncol(X))
  value <- function(beta) {
    eta <- drop(X %*% beta)
    w <- plogis(eta) * plogis(-eta)
    sum(ifelse(y == 1, plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE))) +
      determinant(crossprod(X * w, X))$modulus / 2
  }
  current <- value(beta)
  for (iteration in 1:500) {
    eta <- drop(X %*% beta)
    p <- plogis(eta)
    w <- p * (1 - p)
    information <- crossprod(X * w, X)
    h <- w * rowSums((X %*% solve(information)) * X)
    score <- drop(crossprod(X, y - p + h * (0.5 - p)))[free]
    if (max(abs(score)) < 1e-7) break
    step <- numeric(length(beta))
    step[free] <- solve(information[free, free], score)
    step <- step * min(1, 5 / max(abs(step)))
    while ((following <- value(beta + step)) < current - 1e-10 && max(abs(step)) > 1e-10) step <- step / 2
    beta <- beta + step
    current <- following
  }
  current
}
penalised_ratio <- function(frame, chosen) {
  X <- model.matrix(reformulate(chosen), frame)
  owner <- chosen[attr(X, "assign")[-1]]
  decomposed <- qr(X)
  independent <- sort(decomposed$pivot[seq_len(decomposed$rank)])
  owner <- c("", owner)[independent]
  X <- scale(X[, independent, drop = FALSE], center = FALSE, scale = apply(X[, independent, drop = FALSE], 2, function(v) sqrt(mean(v^2))))
  full <- penalised(X, frame$y, rep(TRUE, ncol(X)))
  sapply(chosen, function(name) {
    free <- owner != name
    pchisq(2 * (full - penalised(X, frame$y, free)), sum(!free), lower.tail = FALSE)
  })
}
separated <- function(fit) any(fitted(fit) < 1e-7 | fitted(fit) > 1 - 1e-7)

model <- function(frame, chosen) glm(reformulate(chosen, "y"), family = binomial, data = frame)
p_values <- function(fit, frame, firth) {
  chosen <- attr(terms(fit), "term.labels")
  if (firth && separated(fit)) penalised_ratio(frame, chosen) else wald(fit)
}
below <- function(p, cut, entered) {
  kept <- entered[!is.na(p) & p < cut]
  if (length(kept)) kept else entered
}
after_lasso <- function(frame, first, firth = FALSE) {
  second <- below(p_values(model(frame, first), frame, firth), 0.1, first)
  # stepAIC evaluates its data by name in the global environment
  stepped <- stepAIC(model(frame, second), direction = "both", trace = 0)
  third <- attr(terms(stepped), "term.labels")
  if (!length(third)) { third <- second; stepped <- model(frame, third) }
  third <- intersect(second, third)
  final <- below(p_values(model(frame, third), frame, firth), 0.05, third)
  list(multivariable = second, stepwise = third, final = attr(terms(model(frame, final)), "term.labels"))
}

answers <- NULL
for (number in unique(resamples$resample)) {
  drawn <- resamples[resamples$resample == number, ]
  frame <- droplevels(lesions[drawn$row, c("y", candidates)])
  frame <- frame[, c("y", candidates[sapply(frame[candidates], function(v) length(unique(v)) > 1)])]
  rownames(frame) <- NULL
  suppressWarnings({
    start <- sum(proc.time()[1:2])
    first <- lasso(frame, drawn$fold)
    lasso_seconds <- sum(proc.time()[1:2]) - start
    plain <- after_lasso(frame, first)
    seconds <- sum(proc.time()[1:2]) - start
    start <- sum(proc.time()[1:2])
    chosen <- after_lasso(frame, first, firth = TRUE)
    firth_seconds <- lasso_seconds + sum(proc.time()[1:2]) - start
    tight <- lasso(frame, drawn$fold, thresh = 1e-14, maxit = 1e7)
    tight_final <- if (identical(tight, first)) chosen$final else after_lasso(frame, tight, firth = TRUE)$final
  })
  full_seconds <- level_seconds <- NA
  full <- ""
  if (number >= 1 && number <= few) suppressWarnings({
    start <- sum(proc.time()[1:2])
    full <- attr(terms(stepAIC(model(frame, setdiff(names(frame), "y")), direction = "both", trace = 0)), "term.labels")
    full_seconds <- lasso_seconds + sum(proc.time()[1:2]) - start
    start <- sum(proc.time()[1:2])
    lasso(frame, drawn$fold, thresh = level, maxit = 1e7)
    level_seconds <- seconds - lasso_seconds + sum(proc.time()[1:2]) - start
  })
  words <- function(names) paste(names, collapse = " ")
  answers <- rbind(answers, data.frame(
    resample = number, seconds = seconds, lasso_seconds = lasso_seconds, lasso = words(first),
    multivariable = words(chosen$multivariable), stepwise = words(chosen$stepwise), final = words(chosen$final),
    firth_seconds = firth_seconds, full_seconds = full_seconds, level_seconds = level_seconds, full = words(full), plain = words(plain$final), lasso_tight = words(tight), final_tight = words(tight_final)
  ))
}
write.csv(answers, path("recipe_r.csv"), row.names = FALSE)
