"""How often the multi-reader test finds a difference between two arms that do not differ.

python benchmarks/readers_type_one_error.py [--studies 5000] [--seed 1]

Ratings follow Roe and Metz (1997), doi:10.1016/S1076-6332(97)80210-3: normal effects of reader, case and their
interactions with the arm, which itself does nothing. Of sound tests at 5 % some 4 to 6 % of studies are rejected.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from her2mri.readers.covariance import error_covariance
from her2mri.readers.obuchowski_rockette import RANDOM_READERS_AND_CASES, obuchowski_rockette


@dataclass(frozen=True)
class Setting:
    """One kind of study; variances of reader, reader x arm, case, case x arm, reader x case and the rest."""

    name: str
    separation: float
    readers: int
    positives: int
    negatives: int
    variances: tuple[float, float, float, float, float, float]
    metric: str = "auc"
    groups: int = 1


_CASES_MATTER = (0.3, 0.3, 0.2, 0.2)
_CASES_ALIKE = (0.1, 0.1, 0.2, 0.6)
SETTINGS = (
    Setting("AUC 0.70, 5 readers, 50 + 50", 0.75, 5, 50, 50, (0.0055, 0.0055, *_CASES_MATTER)),
    Setting("AUC 0.86, 5 readers, 50 + 50", 1.5, 5, 50, 50, (0.0055, 0.0055, *_CASES_MATTER)),
    Setting("AUC 0.86, 5 readers, 50 + 50, readers differ", 1.5, 5, 50, 50, (0.03, 0.03, *_CASES_MATTER)),
    Setting("AUC 0.86, 10 readers, 25 + 100", 1.5, 10, 25, 100, (0.03, 0.03, *_CASES_MATTER)),
    Setting("AUC 0.70, 10 readers, 50 + 50, cases alike", 0.75, 10, 50, 50, (0.011, 0.011, *_CASES_ALIKE)),
    Setting("AUC 0.70, 3 readers, 32 + 120", 0.75, 3, 32, 120, (0.011, 0.011, *_CASES_MATTER)),
    Setting(
        "split-plot, 4 groups of 5 readers, 4 x (15 + 45)",
        1.5,
        20,
        60,
        180,
        (0.03, 0.03, *_CASES_MATTER),
        groups=4,
    ),
    Setting("sensitivity, 5 readers, 60 + 60", 1.5, 5, 60, 60, (0.03, 0.03, *_CASES_MATTER), "sensitivity"),
    Setting(
        "specificity, 10 readers, 32 + 120", 1.5, 10, 32, 120, (0.03, 0.03, *_CASES_MATTER), "specificity"
    ),
)


def simulated_ratings(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Truth (n,) and ratings (n, readers, 2 arms) of one study without a difference between the arms."""
    reader, reader_arm, case, case_arm, reader_case, rest = np.sqrt(setting.variances)
    truth = np.repeat([1, 0], [setting.positives, setting.negatives])
    n, r = len(truth), setting.readers
    ratings = np.empty((n, r, 2))
    for status in (0, 1):
        part = truth == status
        k = int(part.sum())
        ratings[part] = (
            status * setting.separation
            + reader * rng.normal(size=(1, r, 1))
            + reader_arm * rng.normal(size=(1, r, 2))
            + case * rng.normal(size=(k, 1, 1))
            + case_arm * rng.normal(size=(k, 1, 2))
            + reader_case * rng.normal(size=(k, r, 1))
            + rest * rng.normal(size=(k, r, 2))
        )
    return truth, ratings


def p_value(setting: Setting, rng: np.random.Generator) -> float:
    """p-value of one simulated study."""
    truth, ratings = simulated_ratings(setting, rng)
    group = np.arange(setting.readers) * setting.groups // setting.readers
    if setting.metric != "auc":
        called = ratings >= setting.separation / 2.0
        ratings = (called == (truth == 1)[:, None, None]).astype(float)
    if setting.groups > 1:
        places = np.concatenate([np.arange(setting.positives), np.arange(setting.negatives)])
        elsewhere = (places % setting.groups)[:, None] != group[None, :]
        ratings[elsewhere] = np.nan
    columns = ratings.reshape(len(truth), -1)
    figures, covariance = error_covariance(setting.metric, truth, columns)
    shape = (setting.readers, 2)
    result = obuchowski_rockette(figures.reshape(shape), covariance.reshape(shape + shape), group=group)
    return result.difference[RANDOM_READERS_AND_CASES].p_value


def rejected(setting: Setting, studies: int, seed: int) -> tuple[float, float]:
    """Share of studies rejected at 5 % and its standard error."""
    place = SETTINGS.index(setting)
    rng = np.random.default_rng(np.random.SeedSequence([seed, place]))
    share = float(np.mean([p_value(setting, rng) < 0.05 for _ in range(studies)]))
    return share, float(np.sqrt(share * (1.0 - share) / studies))


def main() -> None:
    """Print the share rejected in each setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with threadpool_limits(limits=1):
        for setting in SETTINGS:
            share, error = rejected(setting, asked.studies, asked.seed)
            print(f"{setting.name:52} {100 * share:5.2f} % (standard error {100 * error:.2f})", flush=True)


if __name__ == "__main__":
    main()
