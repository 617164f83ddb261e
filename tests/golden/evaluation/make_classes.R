# Three classes: AUCs by pROC 1.18.0, the polytomous discrimination index by all sets, and recalibration by glm
# (R 4.2.2): Rscript make_classes.R, in this folder. Makes the sample (classes.csv) and the answers (classes_answers.csv).
suppressPackageStartupMessages(library(pROC))
options(digits = 15)
set.seed(31)
n <- 75
x <- matrix(rnorm(2 * n), n)
first <- plogis(-0.8 + 1.1 * x[, 1]); second <- plogis(0.2 + 0.8 * x[, 2])
p <- round(cbind(first, (1 - first) * second), 1)  # one digit: many ties
p <- cbind(p, round(1 - rowSums(p), 1)); p <- p[rowSums(p >= 0.1) == 3, ]
n <- nrow(p)
y <- apply(p, 1, function(r) sample(0:2, 1, prob = r))
write.csv(data.frame(y = y, p0 = p[, 1], p1 = p[, 2], p2 = p[, 3]), "classes.csv", row.names = FALSE, quote = FALSE)

answers <- data.frame()
add <- function(metric, class, versus, value, low = NA, high = NA)
  answers <<- rbind(answers, data.frame(metric, class, versus, value = as.numeric(value), low, high))
for (i in 0:2) {
  interval <- ci.auc(roc(y == i, p[, i + 1], direction = "<", quiet = TRUE), method = "delong")
  add("auc", i, "rest", interval[2], interval[1], interval[3])
  large <- glm((y == i) ~ offset(qlogis(p[, i + 1])), family = binomial, control = list(epsilon = 1e-14))
  free <- glm((y == i) ~ qlogis(p[, i + 1]), family = binomial, control = list(epsilon = 1e-14))
  add("calibration_in_the_large", i, "rest", coef(large))
  add("calibration_slope", i, "rest", coef(free)[2])
}
for (pair in list(c(0, 1), c(0, 2), c(1, 2))) {
  keep <- y %in% pair
  score <- p[keep, pair[1] + 1] / (p[keep, pair[1] + 1] + p[keep, pair[2] + 1])
  interval <- ci.auc(roc(y[keep] == pair[1], score, direction = "<", quiet = TRUE), method = "delong")
  add("pairwise_auc", pair[1], pair[2], interval[2], interval[1], interval[3])
}
wins <- c(0, 0, 0); sets <- 0
for (a in which(y == 0)) for (b in which(y == 1)) for (c in which(y == 2)) {
  trio <- c(a, b, c); sets <- sets + 1
  for (i in 1:3) {
    scores <- p[trio, i]
    if (scores[i] == max(scores)) wins[i] <- wins[i] + 1 / sum(scores == max(scores))
  }
}
for (i in 1:3) add("pdi", i - 1, "", wins[i] / sets)
add("pdi", "", "", mean(wins / sets))
write.csv(answers, "classes_answers.csv", row.names = FALSE, quote = FALSE, na = "")
