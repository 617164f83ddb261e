"""Tables of the recommended protocol: models against the chosen one, subgroups, complete cases, classes."""

from __future__ import annotations

from typing import Any, Final

from her2mri.evaluation.polytomous_evaluation import CALLS
from her2mri.evaluation.subgroups import ALL_LESIONS
from her2mri.imputation.complete_cases import METHODS
from her2mri.output.display_table import DisplayTable
from her2mri.output.wording import NOT_APPLICABLE, estimate, metric_label, model_name, number, p_value
from her2mri.study.recommended import Recommended, RecommendedTask
from her2mri.vocabulary import CLASS_METRICS, MODEL_LABELS, SAMPLES

_SUBGROUP_METRICS: Final = (
    "auc",
    "observed_expected",
    "calibration_in_the_large",
    "calibration_slope",
    "brier",
)


def models_table(task: RecommendedTask, samples: list[str]) -> DisplayTable:
    """Every model in a line: what decides between them, and how each does in the other sets."""
    chosen, rows = task.choice.model, task.evaluation.frame()
    pairs = task.evaluation.comparison_frame()
    pairs = pairs[pairs["sample"] == samples[0]]
    present = set(rows["model"])
    asked = [(sample, metric) for sample in samples for metric in ("auc", "brier")]
    cells = []
    for model in (name for name in MODEL_LABELS if name in present):
        mine = rows[(rows["model"] == model) & rows["metric"].isin(("auc", "brier"))]
        found = {(row["sample"], row["metric"]): row for row in mine.to_dict("records")}
        both = pairs[(pairs["model"].isin((model, chosen))) & (pairs["comparator"].isin((model, chosen)))]
        p = p_value(float(both["p_holm"].iloc[0])) if len(both) and model != chosen else ""
        figures = (_inline(found.get((sample, metric))) for sample, metric in asked)
        cells.append((MODEL_LABELS[model] + (" (chosen)" if model == chosen else ""), *figures, p))
    labels = (
        f"{metric_label(metric)},\n{SAMPLES[sample].lower()}"
        for sample in samples
        for metric in ("auc", "brier")
    )
    return DisplayTable(
        "Models side by side",
        ("Model", *labels, "p of its AUC\nagainst the chosen"),
        tuple(cells),
        note=(
            f"p: paired DeLong test in the {SAMPLES[samples[0]].lower()} lesions, Holm's adjustment over all pairs. "
            "Figures of all held-out lesions together; a lesion predicted in several repeats has the mean of its "
            "probabilities."
        ),
    )


def _inline(row: dict[Any, Any] | None) -> str:
    return NOT_APPLICABLE if row is None else estimate(row["estimate"], row["conf_low"], row["conf_high"])


def against_chosen(task: RecommendedTask, samples: list[str]) -> DisplayTable:
    """The AUC of every other model less that of the chosen one."""
    chosen, frame = task.choice.model, task.evaluation.comparison_frame()
    rows: list[tuple[str, ...]] = []
    for sample in samples:
        pairs = frame[
            (frame["sample"] == sample) & ((frame["model"] == chosen) | (frame["comparator"] == chosen))
        ]
        if pairs.empty:
            continue
        rows.append((SAMPLES[sample], "", "", "", ""))
        rows += [_pair(row, chosen) for row in pairs.to_dict("records")]
    return DisplayTable(
        f"AUC of each model less that of {model_name(chosen)}",
        ("Model", "Its AUC", "Difference (95 % interval)", "p", "p, Holm"),
        tuple(rows),
        note=(
            "Paired DeLong test, clustered by patient where a patient has several lesions; Holm's adjustment over "
            "all pairs of models of a set. All pairs stand in tables/recommended_comparison.csv."
        ),
    )


def _pair(row: dict[Any, Any], chosen: str) -> tuple[str, ...]:
    first = row["model"] != chosen
    sign = 1.0 if first else -1.0
    ends = sorted((sign * row["conf_low"], sign * row["conf_high"]))
    return (
        MODEL_LABELS[str(row["model"] if first else row["comparator"])],
        number(row["auc"] if first else row["auc_comparator"]),
        estimate(sign * row["estimate"], ends[0], ends[1], 3, signed=True),
        p_value(row["p_value"]),
        p_value(row["p_holm"]),
    )


def heterogeneity_table(task: RecommendedTask, samples: list[str]) -> DisplayTable:
    """Whether a figure differs between the levels of a variable."""
    frame = task.subgroups.heterogeneity_frame()
    rows: list[tuple[str, ...]] = []
    for sample in samples:
        tested = frame[(frame["sample"] == sample) & frame["p_value"].notna()]
        if tested.empty:
            continue
        rows.append((SAMPLES[sample], *[""] * 5))
        rows += [
            (
                str(row["variable"]),
                metric_label(str(row["metric"])),
                f"{number(row['lowest'])} ({row['lowest_level']})",
                f"{number(row['highest'])} ({row['highest_level']})",
                p_value(row["p_value"]),
                p_value(row["p_holm"]),
            )
            for row in tested.to_dict("records")
        ]
    return DisplayTable(
        "Do subgroups differ?",
        ("Variable", "Figure", "Lowest", "Highest", "p", "p, Holm"),
        tuple(rows),
        note=(
            "Wald test of equality between the levels, by patient; Holm's adjustment over the variables. A test with "
            "few events has little power: no difference shown is not no difference."
        ),
        label_columns=4,
    )


def subgroup_table(task: RecommendedTask, sample: str) -> DisplayTable:
    """Size and every figure of each subgroup of one sample."""
    frame = task.subgroups.frame()
    frame = frame[frame["sample"] == sample]
    rows: list[tuple[str, ...]] = []
    width = 2 + len(_SUBGROUP_METRICS)
    for variable, of_variable in frame.groupby("variable", sort=False):
        if variable:
            rows.append((str(variable), *[""] * (width - 1)))
        for level, found in of_variable.groupby("level", sort=False):
            cells = {str(row["metric"]): row for row in found.to_dict("records")}
            first = found.iloc[0]
            size = f"{first['n']} ({first['n_events']})"
            rows.append((str(level), size, *(_broken(cells.get(name)) for name in _SUBGROUP_METRICS)))
    return DisplayTable(
        f"Subgroups, {SAMPLES[sample].lower()}",
        ("Subgroup", "Lesions (events)", *map(metric_label, _SUBGROUP_METRICS)),
        tuple(rows),
        note=(
            f"{MODEL_LABELS[task.choice.model]}; {ALL_LESIONS.lower()} in the first row. n/a: fewer than 10 events "
            "or non-events, too few to say. Intervals follow the patient."
        ),
    )


def _broken(row: dict[Any, Any] | None) -> str:
    """An estimate with its interval below it."""
    if row is None:
        return NOT_APPLICABLE
    return estimate(row["estimate"], row["conf_low"], row["conf_high"]).replace(" (", "\n(")


def complete_case_tables(task: RecommendedTask) -> tuple[DisplayTable, ...]:
    """How many lesions each method keeps, and the same logistic model by both."""
    beside = task.complete_cases
    if beside is None:
        return ()
    sizes = [
        (str(row["label"]), f"{row['n']:,}", f"{row['n_events']:,}", number(row["auc"]), str(row["note"]))
        for row in beside.sizes().to_dict("records")
    ]
    dictionary = task.plan.cohort.dictionary
    by_term: dict[str, dict[str, dict[Any, Any]]] = {}
    for row in beside.frame().dropna(subset="estimate").to_dict("records"):
        by_term.setdefault(str(row["term"]), {})[str(row["method"])] = row
    terms = []
    for term, found in by_term.items():
        name, _, level = term.partition("=")
        if name in dictionary:
            variable = dictionary[name]
            ratios = tuple(_ratio(found.get(method)) for method in METHODS)
            terms.append(
                (f"{variable.title}: {variable.label_of(level)}" if level else variable.title, *ratios)
            )
    return (
        DisplayTable("Lesions kept", ("Method", "Lesions", "Events", "Apparent AUC", "Note"), tuple(sizes)),
        DisplayTable(
            "Odds ratios by both methods",
            ("Term", *METHODS.values()),
            tuple(terms),
            note="Logistic model of the predictors chosen; imputed estimates pooled by Rubin's rules.",
        ),
    )


def _ratio(row: dict[Any, Any] | None) -> str:
    return NOT_APPLICABLE if row is None else estimate(row["odds_ratio"], row["conf_low"], row["conf_high"])


def classes_table(recommended: Recommended) -> DisplayTable | None:
    """Discrimination and calibration of three classes, a column a set."""
    if recommended.classes is None:
        return None
    frame = recommended.classes.frame()
    samples = list(dict.fromkeys(frame["sample"]))
    found = {(_class_label(row), row["sample"]): row for row in frame.to_dict("records")}
    labels = list(dict.fromkeys(label for label, _ in found))
    rows = [(label, *(_inline(found.get((label, sample))) for sample in samples)) for label in labels]
    return DisplayTable(
        "Three classes",
        ("Figure", *(SAMPLES[sample] for sample in samples)),
        tuple(rows),
        note=(
            "Polytomous discrimination index: of a lesion of each class, how often each one has the highest "
            "probability of its own class; 0.33 is chance. Kappa: linear weights. Intervals by patient. A lesion "
            "of one task alone whose patient had a part in the other task's final model has no answer there and is "
            "left out, so that n may be a few less."
        ),
    )


def _class_label(row: dict[Any, Any]) -> str:
    label = CLASS_METRICS[str(row["metric"])].label
    if row["call"]:
        return f"{label}: {CALLS[str(row['call'])]}"
    if row["class"] and row["versus"] not in ("", "rest"):
        return f"{label}: {row['class']} and {row['versus']}"
    return f"{label}: {row['class']}" if row["class"] else label
