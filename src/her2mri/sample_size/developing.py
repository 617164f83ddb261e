"""The smallest sample that a logistic model may be developed on.

Riley et al 2019 (doi:10.1002/sim.7992) and 2020 (doi:10.1136/bmj.m441).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from her2mri.sample_size.criterion import Criterion, RequiredSize
from her2mri.sample_size.explained_variation import largest_cox_snell

SHRINKAGE: Final = 0.9
OPTIMISM: Final = 0.05
MARGIN: Final = 0.05
PREDICTION_ERROR: Final = 0.05
_Z: Final = 1.96
_MOST_PARAMETERS_OF_MAPE: Final = 30


@dataclass(frozen=True)
class DevelopmentSize(RequiredSize):
    """What developing a model asks for; ``parameters`` counts candidate terms, not variables."""

    parameters: int
    cox_snell: float
    shrinkage: float


def development_size(
    *, prevalence: float, parameters: int, cox_snell: float, shrinkage: float = SHRINKAGE
) -> DevelopmentSize:
    """The lesions that four criteria ask for.

    1. Predictions need shrinking by no more than ``1 - shrinkage``.
    2. Nagelkerke's R squared falls by no more than 0.05 in new lesions.
    3. The overall risk is known to within 0.05.
    4. The mean error of a predicted probability is at most 0.05 (van Smeden et al 2019,
       doi:10.1177/0962280218784726); found by simulation for up to 30 parameters and given for no more.

    >>> size = development_size(prevalence=0.174, parameters=24, cox_snell=0.288)
    >>> [criterion.n for criterion in size.criteria]
    [623, 662, 221, 801]
    """
    ceiling = largest_cox_snell(prevalence)
    if parameters < 1:
        raise ValueError(f"parameters must be 1 or more, got {parameters}")
    if not 0.0 < cox_snell < ceiling:
        raise ValueError(
            f"cox_snell must fulfil 0 < cox_snell < {ceiling:.4g} at this prevalence, got {cox_snell}"
        )
    if not cox_snell < shrinkage < 1.0:
        raise ValueError(f"shrinkage must fulfil {cox_snell:.4g} < shrinkage < 1, got {shrinkage}")
    of_optimism = cox_snell / (cox_snell + OPTIMISM * ceiling)
    sizes = [
        ("shrinkage", f"Shrinkage of at least {shrinkage:g}", _size_for(shrinkage, parameters, cox_snell)),
        (
            "optimism",
            f"Optimism in Nagelkerke's R² of at most {OPTIMISM:g}",
            _size_for(of_optimism, parameters, cox_snell),
        ),
        (
            "overall_risk",
            f"Overall risk known to within {MARGIN:g}",
            (_Z / MARGIN) ** 2 * prevalence * (1.0 - prevalence),
        ),
    ]
    if parameters <= _MOST_PARAMETERS_OF_MAPE:
        label = f"Mean error of a predicted probability of at most {PREDICTION_ERROR:g}"
        sizes.append(("prediction_error", label, _size_for_error(prevalence, parameters)))
    criteria = tuple(Criterion.of(name, label, size, prevalence) for name, label, size in sizes)
    return DevelopmentSize(prevalence, criteria, parameters, cox_snell, shrinkage)


def expected_shrinkage(n: float, *, parameters: int, cox_snell: float) -> float:
    """The shrinkage to expect of ``n`` lesions: the first criterion solved for it.

    >>> round(expected_shrinkage(623, parameters=24, cox_snell=0.288), 3)
    0.9
    """
    # From the R squared itself to 1 the size asked for grows from none without bound.
    low, high = cox_snell, 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _size_for(middle, parameters, cox_snell) < n else (low, middle)
    return low


def most_parameters(n: float, *, prevalence: float, cox_snell: float, shrinkage: float = SHRINKAGE) -> int:
    """How many candidate terms ``n`` lesions carry by the first two criteria.

    >>> most_parameters(662, prevalence=0.174, cox_snell=0.288)
    24
    """
    of_optimism = cox_snell / (cox_snell + OPTIMISM * largest_cox_snell(prevalence))
    return int(min(n / _size_for(goal, 1, cox_snell) for goal in (shrinkage, of_optimism)) + 1e-9)


def _size_for(shrinkage: float, parameters: int, cox_snell: float) -> float:
    return parameters / ((shrinkage - 1.0) * math.log1p(-cox_snell / shrinkage))


def _size_for_error(prevalence: float, parameters: int) -> float:
    rarer = min(prevalence, 1.0 - prevalence)
    error = -0.508 + 0.259 * math.log(rarer) + 0.504 * math.log(parameters) - math.log(PREDICTION_ERROR)
    return math.exp(error / 0.544)
