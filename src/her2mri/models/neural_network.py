"""ANN: one hidden layer, with weight decay."""

from __future__ import annotations

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from her2mri.cohort.design_matrix import FloatArray, IntArray
from her2mri.models.estimator import ProbabilityEstimator


class NeuralNetwork(ProbabilityEstimator):
    """Logistic units over standardised terms, fitted by L-BFGS to the penalised log-loss.

    ``converged_`` tells whether the optimiser stopped by itself.
    """

    def __init__(
        self, hidden_units: int = 4, decay: float = 1.0, max_iter: int = 2000, random_state: int = 0
    ) -> None:
        self.hidden_units = hidden_units
        self.decay = decay
        self.max_iter = max_iter
        self.random_state = random_state

    def _fit(self, X: FloatArray, y: IntArray, groups: IntArray | None) -> None:
        self.scaler_ = StandardScaler().fit(X)
        self.network_ = MLPClassifier(
            hidden_layer_sizes=(self.hidden_units,),
            activation="logistic",
            solver="lbfgs",
            alpha=self.decay,
            max_iter=self.max_iter,
            max_fun=20 * self.max_iter,
            random_state=self.random_state,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            self.network_.fit(self.scaler_.transform(X), y)
        self.converged_ = not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)

    def notes(self) -> tuple[str, ...]:
        """Whether the optimiser was cut short."""
        if self.converged_:
            return ()
        return (f"The optimiser stopped at its limit of {self.max_iter} iterations.",)

    def _probability(self, X: FloatArray) -> FloatArray:
        probability: FloatArray = self.network_.predict_proba(self.scaler_.transform(X))[:, 1]
        return probability
