"""A small study to freeze: lesions drawn from a known law, families fitted at one setting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2mri.bundle import Bundle
from her2mri.cohort.cohort import Cohort
from her2mri.cohort.design_matrix import Encoding, FloatArray, IntArray
from her2mri.datasets.published_cohort import published_cohort
from her2mri.dictionary import load_dictionary
from her2mri.evaluation.evaluation import evaluate
from her2mri.evaluation.prediction import Prediction
from her2mri.models.family import FAMILIES
from her2mri.models.fit import Fit
from her2mri.models.tuning import make
from her2mri.study.freeze import Development, freeze
from her2mri.study.study_file import StudyFile
from her2mri.study.task_data import TaskData

PREDICTORS = ("n_category", "ki67_status", "lesion_number", "quadrant", "eer", "adc")

LESION = {
    "n_category": "N1", "ki67_status": "high", "lesion_number": "single",
    "quadrant": "upper_left", "eer": 1.1, "adc": 0.9,
}  # fmt: skip


def lesions(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    latent = rng.normal(size=n)
    quadrants = ["upper_left", "lower_left", "upper_right", "lower_right", "right_central", "left_central"]
    frame = pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in range(n)],
            "lesion_id": [f"l{i}" for i in range(n)],
            "center": "A",
            "n_category": np.array(["N0", "N1", "N2", "N3"])[
                np.digitize(latent + rng.normal(size=n), [0.3, 1.2, 2])
            ],
            "ki67_status": np.where(latent + rng.normal(size=n) > -0.3, "high", "low"),
            "lesion_number": np.where(rng.random(n) < 0.3, "multiple", "single"),
            "quadrant": rng.choice(quadrants, n, p=[0.25, 0.15, 0.3, 0.15, 0.1, 0.05]),
            "eer": np.round(np.clip(1.1 + 0.2 * latent + 0.3 * rng.normal(size=n), 0.2, 4), 2),
            "adc": np.round(np.clip(0.92 - 0.05 * latent + 0.12 * rng.normal(size=n), 0.4, 2), 3),
        }
    )
    log_odds = (
        -1.2 + 0.8 * (frame["ki67_status"] == "high") + 0.7 * (frame["lesion_number"] == "multiple")
        + 0.5 * (frame["n_category"] == "N2") + 0.9 * (frame["eer"] - 1.1) - 3 * (frame["adc"] - 0.9)
    )  # fmt: skip
    positive = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    frame["her2_status"] = np.where(positive, "positive", np.where(rng.random(n) < 0.7, "low", "zero"))
    return frame


def untuned(model: str, encoding: Encoding, X: FloatArray, y: IntArray) -> Fit:
    """A family at its middle settings: tuning takes long and proves nothing here."""
    family = FAMILIES[model]
    settings = family.settings()[len(family.settings()) // 2]
    estimator = make(family, settings, seed=1).fit(X, y)
    own = estimator.search()
    tuning = pd.DataFrame([{**settings, "chosen": True}]) if own is None else own
    return Fit(model, encoding, estimator, tuning.assign(cross_validated_auc=np.nan, folds_used=0))


def developed_from(
    frame: pd.DataFrame,
    models: tuple[str, ...],
    *,
    task: str = "her2_positive",
    predictors: tuple[str, ...] = PREDICTORS,
    cohort: Cohort | None = None,
    knots: int = 0,
) -> tuple[dict[str, Fit], Development]:
    """Fits of these lesions, each a patient of its own where no patient is named, and what freezing needs."""
    dictionary = load_dictionary()
    question = dictionary.task(task)
    frame = frame[frame["her2_status"].isin(question.eligible)].reset_index(drop=True)
    if "lesion_id" not in frame:
        frame = frame.assign(lesion_id=[f"l{i}" for i in range(len(frame))])
    if "patient_id" not in frame:
        frame = frame.assign(patient_id=frame["lesion_id"])
    y = frame["her2_status"].isin(question.positive).to_numpy().astype(np.int64)
    patient = np.unique(frame["patient_id"].to_numpy(dtype=str), return_inverse=True)[1]
    chosen = [variable for variable in dictionary.variables if variable.name in predictors]
    fits = {}
    for model in models:
        encoding = Encoding.learn(frame, chosen, knots=knots or FAMILIES[model].knots)
        fits[model] = untuned(model, encoding, encoding.matrix(frame), y)
    names, owners = frame["lesion_id"], frame["patient_id"]
    label = question.positive_label
    predictions = [
        Prediction(task, model, "training", names, owners, y, fit.probability(frame), label)
        for model, fit in fits.items()
    ]
    evaluation = evaluate(predictions, seed=1, n_bootstrap=100)
    sample = np.array(["training"] * len(frame))
    data = TaskData(question, frame, y, patient, sample, question.set_column, ())
    cohort = cohort or Cohort(frame, dictionary, {"tables": [{"name": "made up", "sha256": "0" * 64}]})
    return fits, Development(StudyFile(), cohort, data, evaluation.frame())


def published_fit(task: str, *more: str, model: str = "LR", knots: int = 0) -> tuple[Fit, Development]:
    """A model of a task's published predictors and ``more``, on the published training set."""
    cohort = published_cohort()
    question = cohort.dictionary.task(task)
    training = cohort.frame[cohort.frame[question.set_column] == "training"]
    predictors = (*question.published, *more)
    fits, source = developed_from(
        training, (model,), task=task, predictors=predictors, cohort=cohort, knots=knots
    )
    return fits[model], source


def recommended_bundles() -> list[Bundle]:
    """Both tasks on the published cohort: an elastic net, which has no covariance, and splines."""
    return [
        freeze(*published_fit("her2_positive", "age", model="EN", knots=5)),
        freeze(*published_fit("her2_low", model="RCS")),
    ]
