# AUC and five measures at Youden's cut-off with bootstrap intervals. Rscript cells.R FOLDER B CELLS
# Reads cells.csv (cell, y, probability); writes cells_r.csv. Two ways: pROC's own ci.coords for the first
# CELLS cells, and a bootstrap written for speed (scores sorted once, cut-offs by cumulated sums) for all.
suppressPackageStartupMessages(library(pROC))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]; B <- as.integer(arguments[2]); few <- as.integer(arguments[3])
data <- read.csv(file.path(folder, "cells.csv"))
measures <- c("sensitivity", "specificity", "accuracy", "npv", "ppv")
clock <- function() sum(proc.time()[1:2])

by_proc <- function(y, p) {
  r <- roc(y, p, direction = "<", levels = c(0, 1), quiet = TRUE)
  ci.auc(r, method = "delong")
  ci.coords(r, "best", ret = measures, best.method = "youden", best.policy = "random", boot.n = B, progress = "none")
}
by_hand <- function(y, p) {
  r <- roc(y, p, direction = "<", levels = c(0, 1), quiet = TRUE)
  ci.auc(r, method = "delong")
  order <- order(-p)
  y <- y[order]; p <- p[order]
  last <- which(c(p[-1] != p[-length(p)], TRUE))
  n <- length(y)
  boot <- vapply(seq_len(B), function(i) {
    w <- tabulate(sample.int(n, n, TRUE), n)
    tp <- cumsum(w * y)[last]
    fp <- cumsum(w)[last] - tp
    P <- tp[length(tp)]; N <- fp[length(fp)]
    k <- which.max(tp * N - fp * P)
    c(tp[k] / P, 1 - fp[k] / N, (tp[k] + N - fp[k]) / n, (N - fp[k]) / (n - tp[k] - fp[k]), tp[k] / (tp[k] + fp[k]))
  }, numeric(5))
  apply(boot, 1, quantile, c(0.025, 0.975), na.rm = TRUE)
}
seconds <- NULL
for (cell in unique(data$cell)) {
  part <- data[data$cell == cell, ]
  start <- clock(); hand <- by_hand(part$y, part$probability); hand_s <- clock() - start
  proc_s <- NA
  if (cell < few) { start <- clock(); suppressWarnings(by_proc(part$y, part$probability)); proc_s <- clock() - start }
  seconds <- rbind(seconds, data.frame(cell = cell, hand = hand_s, proc = proc_s, t(setNames(c(hand), paste0(rep(measures, each = 2), c("_low", "_high"))))))
}
write.csv(seconds, file.path(folder, "cells_r.csv"), row.names = FALSE)
