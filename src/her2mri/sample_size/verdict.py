"""Whether a study is large enough: what it has beside what the criteria ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from her2mri.output.wording import count
from her2mri.sample_size.criterion import Criterion
from her2mri.sample_size.developing import (
    SHRINKAGE,
    DevelopmentSize,
    development_size,
    expected_shrinkage,
    most_parameters,
)
from her2mri.sample_size.explained_variation import (
    cox_snell_of_auc,
    cox_snell_of_nagelkerke,
    linear_predictor_of_auc,
)
from her2mri.sample_size.validating import ValidationSize, validation_size

CAUTIOUS_NAGELKERKE: Final = 0.15
"""Riley et al 2020: to be assumed where nothing is known of how well the outcome can be predicted."""

LEAST_AUC: Final = 0.51
"""At an AUC of 0.5 a calibration slope says nothing: no size for validating follows from one as near to it."""

VERDICT_COLUMNS: Final = ("purpose", "sample", "criterion", "label", "n_needed", "n", "met")


@dataclass(frozen=True)
class SizeVerdict:
    """What a study's samples meet; sizes count patients, since a second lesion of a patient says less than a first.

    ``anticipated_auc`` is None where the model's performance was assumed by ``CAUTIOUS_NAGELKERKE``; validation is
    then sized by ``found_auc``, the study's own, known only afterwards, or not at all. ``shrinkage`` is the one to
    expect of the development sample.
    """

    n_development: int
    n_validation: Mapping[str, int]
    anticipated_auc: float | None
    found_auc: float | None
    development: DevelopmentSize
    validation: ValidationSize | None
    shrinkage: float
    parameters_carried: int

    @property
    def large_enough(self) -> bool:
        """Whether the development sample meets every criterion."""
        return self.n_development >= self.development.n

    def frame(self) -> pd.DataFrame:
        """One row a purpose, sample and criterion: ``VERDICT_COLUMNS``."""
        rows = [_row("development", "development", c, self.n_development) for c in self.development.criteria]
        for sample, n in self.n_validation.items():
            criteria = self.validation.criteria if self.validation else ()
            rows += [_row("validation", sample, criterion, n) for criterion in criteria]
        return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))

    def sentence(self) -> str:
        """The verdict in words, with what it assumes."""
        needed, size = self.development.n, self.development
        assumed = (
            f"a Nagelkerke R² of {CAUTIOUS_NAGELKERKE:g}"
            if self.anticipated_auc is None
            else f"an AUC of {self.anticipated_auc:g}"
        )
        start = (
            f"{count(self.n_development, 'patient')} for {count(size.parameters, 'candidate term')}, {assumed} "
            f"assumed: {'enough' if self.large_enough else f'{needed:,} are asked for'}."
        )
        if self.large_enough:
            return start
        return (
            f"{start} Here {count(self.parameters_carried, 'term')} can be carried; with all {size.parameters} expect "
            f"predictions to need shrinking by a factor of about {self.shrinkage:.2f}."
        )

    def validation_sentence(self, sample: str, words: str) -> str:
        """Whether one sample is large enough to validate on, in words; empty where no size is known."""
        if self.validation is None:
            return ""
        n, needed = self.n_validation[sample], self.validation.n
        of = "anticipated" if self.anticipated_auc is not None else "that the study found itself, corrected"
        auc = self.found_auc if self.anticipated_auc is None else self.anticipated_auc
        verdict = "enough" if n >= needed else f"{needed:,} are asked for"
        return f"Validating, by an AUC of {auc:.2g} {of}: {count(n, 'patient')} in the {words}, {verdict}."


def size_verdict(
    *,
    n_development: int,
    prevalence: float,
    parameters: int,
    n_validation: Mapping[str, int] | None = None,
    anticipated_auc: float | None = None,
    found_auc: float | None = None,
) -> SizeVerdict:
    """The verdict on samples of these sizes, for ``parameters`` candidate terms.

    Without an ``anticipated_auc`` the validation samples are sized by ``found_auc``, if it is above 0.5: what was
    found says nothing of whether the development was large enough.

    >>> verdict = size_verdict(n_development=613, prevalence=0.22, parameters=45, anticipated_auc=0.8)
    >>> verdict.large_enough, verdict.development.n > 613
    (False, True)
    """
    if anticipated_auc is None:
        cox_snell = cox_snell_of_nagelkerke(CAUTIOUS_NAGELKERKE, prevalence)
    else:
        cox_snell = cox_snell_of_auc(anticipated_auc, prevalence)
    auc = found_auc if anticipated_auc is None else anticipated_auc
    validation = None
    if auc is not None and auc > LEAST_AUC:
        values, weights = linear_predictor_of_auc(auc, prevalence)
        validation = validation_size(prevalence=prevalence, auc=auc, linear_predictor=values, weights=weights)
    return SizeVerdict(
        n_development=n_development,
        n_validation=dict(n_validation or {}),
        anticipated_auc=anticipated_auc,
        found_auc=found_auc,
        development=development_size(prevalence=prevalence, parameters=parameters, cox_snell=cox_snell),
        validation=validation,
        shrinkage=expected_shrinkage(n_development, parameters=parameters, cox_snell=cox_snell),
        parameters_carried=most_parameters(
            n_development, prevalence=prevalence, cox_snell=cox_snell, shrinkage=SHRINKAGE
        ),
    )


def _row(purpose: str, sample: str, criterion: Criterion, n: int) -> dict[str, object]:
    return {
        "purpose": purpose,
        "sample": sample,
        "criterion": criterion.name,
        "label": criterion.label,
        "n_needed": criterion.n,
        "n": n,
        "met": n >= criterion.n,
    }
