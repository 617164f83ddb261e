"""LASSO path, logistic inference, stepwise selection, and the published protocol built from them."""
