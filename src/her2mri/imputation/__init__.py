"""Missing values: where they are, multiple imputation inside the recipe, and complete cases beside it."""
