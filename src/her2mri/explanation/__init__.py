"""Why a model says what it says: the nomogram of a logistic model, exact Shapley values of any model."""

from her2mri.explanation.nomogram import Nomogram, build_nomogram, development_ranges
from her2mri.explanation.shapley import shapley_values
from her2mri.explanation.shapley_explanation import ShapleyValues, background_rows, explain

__all__ = [
    "Nomogram",
    "ShapleyValues",
    "background_rows",
    "build_nomogram",
    "development_ranges",
    "explain",
    "shapley_values",
]
