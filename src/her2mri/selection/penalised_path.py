"""A path of LASSO or elastic net that is fitted as far as it is asked for. Imported only where a path is made."""

from __future__ import annotations

import numpy as np

from her2mri.cohort.design_matrix import FloatArray
from her2mri.selection.path_kernels import extended_path


class PenalisedPath:
    """A path that is fitted as far as it is asked for, and goes on from there.

    ``times`` is how often each lesion counts. ``penalties`` are on the absolute coefficients, ``ridges`` on half
    their squares; ``coefficients`` and ``deviance_ratio`` hold the first ``reached`` of them. Each step minimises a
    quadratic with the L1 penalty. Its curvature is kept as long as the steps shrink well, then taken anew (Newton);
    after 30 steps at one penalty the upper bound of the curvature is used, with which no step can go up.
    """

    def __init__(
        self,
        columns: FloatArray,
        y: FloatArray,
        times: FloatArray,
        penalties: FloatArray,
        ridges: FloatArray,
        *,
        ends_early: bool,
    ) -> None:
        self._data = columns, y, times, penalties, ridges, ends_early
        self.coefficients: FloatArray = np.zeros((len(penalties), len(columns)))
        self.deviance_ratio: FloatArray = np.zeros(len(penalties))
        self.reached, self.ended = 0, False
        p, n = columns.shape
        self._left = np.full(p, -1), np.zeros(n), np.zeros((p, p)), np.zeros(p)
        self._rate = 1.0

    def extend(self, length: int) -> None:
        """Fit until ``length`` penalties are reached or the path ends by its own rules."""
        if self.ended or length <= self.reached:
            return
        last = min(length, len(self.deviance_ratio))
        self.reached, self.ended, self._rate = extended_path(
            *self._data, self.reached, last, self.coefficients, self.deviance_ratio, *self._left, self._rate
        )
