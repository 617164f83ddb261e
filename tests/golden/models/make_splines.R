# Restricted cubic splines of rms: the basis, scaled by the square of the outer knots' distance (norm = 2).
# Run in this folder: Rscript make_splines.R
suppressMessages(library(rms))
options(digits = 17)
set.seed(4)
x <- round(c(rnorm(117, 1.2, 0.5), -3, 6, 0), 3)
knots <- function(k) {
  shares <- list(c(.1, .5, .9), c(.05, .35, .65, .95), c(.05, .275, .5, .725, .95))[[k - 2]]
  unname(quantile(x, shares))
}
table <- data.frame(x = x)
for (k in 3:5) {
  default <- attr(rcs(x, k), "parms")
  stopifnot(isTRUE(all.equal(default, knots(k), tolerance = 1e-12)))
  basis <- unclass(rcs(x, knots(k)))
  for (j in seq_len(k - 1)) table[[sprintf("k%d_%d", k, j)]] <- basis[, j]
  for (j in seq_len(k)) table[[sprintf("knot%d_%d", k, j)]] <- default[j]
}
few <- x[1:60]
default <- attr(rcs(few, 4), "parms")
for (j in 1:4) table[[sprintf("few_%d", j)]] <- default[j]
table[] <- lapply(table, function(column) format(column, digits = 17, trim = TRUE))
write.csv(table, "splines.csv", row.names = FALSE, quote = FALSE)
