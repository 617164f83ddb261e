"""The methods section, with this study's own numbers in it."""

from __future__ import annotations

from her2mri.output.wording import count, listing, model_name
from her2mri.report.recommended_methods import Paragraph, recommended_methods
from her2mri.study.results import StudyResult
from her2mri.study.task_data import TaskData
from her2mri.vocabulary import SAMPLES


def methods(result: StudyResult) -> tuple[Paragraph, ...]:
    """Heading and text of each paragraph, ready to be adapted for a manuscript."""
    paragraphs = [_lesions(result), _sets(result)]
    if result.tasks:
        paragraphs += [_description(result), _selection(result), _models(result)]
        paragraphs += [_evaluation(result), _explanation(result)]
    else:
        paragraphs += [_selection(result), _models(result)]
    if result.recommended is not None:
        paragraphs += recommended_methods(result.study, result.recommended)
    return (*paragraphs, _software(result))


def _lesions(result: StudyResult) -> Paragraph:
    rule = result.cohort.provenance.get("label_rule")
    measured = [
        name for name in result.cohort.dictionary.label_rule(rule).inputs if name in result.cohort.frame
    ]
    derived = any(result.cohort.frame[name].notna().any() for name in measured)
    labels = (
        result.cohort.dictionary.labelling.format(rule=rule) if derived else "The outcome was taken as given."
    )
    return (
        "Lesions and labels",
        f"{labels} One row of the table is one lesion; several lesions of a patient carry the same patient number. "
        f"{count(len(result.cohort.exclusions), 'lesion was', 'lesions were')} excluded, each for the first reason "
        "that applied, in the order of the flow chart.",
    )


def _sets(result: StudyResult) -> Paragraph:
    file = result.study.data
    if any(data.set_column for data in result.task_data):
        how = "The sets were given in the table."
    elif not result.tasks:
        external = listing(list(file.external_centers))
        kept = (
            f"Lesions of {external} were kept for external validation; the others were"
            if external
            else "All were"
        )
        how = f"{kept} developed on."
    else:
        external = (
            f"Lesions of {listing(list(file.external_centers))} were kept for external validation. "
            if file.external_centers
            else ""
        )
        how = (
            f"{external}{'The other patients' if external else 'Patients'} were divided {file.train_fraction:.0%} to "
            f"{1 - file.train_fraction:.0%} into training and internal validation, stratified by outcome, with all "
            f"lesions of a patient in one set (seed {result.study.seed})."
        )
    sizes = "; ".join(_sizes(data) for data in result.task_data)
    return "Tasks and sets", f"{how} {sizes}."


def _sizes(data: TaskData) -> str:
    parts = [
        f"{row['lesions']} in {SAMPLES[str(row['sample'])].lower()} ({row['n_events']} {row['positive']})"
        for row in data.counts().to_dict("records")
    ]
    return f"{data.task.label}: {listing(parts)}"


def _description(result: StudyResult) -> Paragraph:
    return (
        "Univariate comparison",
        "Categories were compared by the chi-square test, with Yates' correction for 2 × 2 tables, or by Fisher's "
        "exact test where the smallest expected count was below 5. Measurements were taken as normal where the "
        "Kolmogorov-Smirnov test did not reject it in either group at 0.05, and then compared by Welch's t test, "
        "else by the Wilcoxon rank-sum test. p-values were adjusted over all variables of a set by the method of "
        "Benjamini and Hochberg.",
    )


def _selection(result: StudyResult) -> Paragraph:
    settings = result.study.selection
    if settings.method == "published":
        return (
            "Predictors",
            "The published predictors were taken as they are; nothing was selected from the data.",
        )
    penalty = "of the smallest deviance" if settings.lasso_rule == "min" else "by the one-standard-error rule"
    candidates = listing([f"{n} for {label}" for label, n in _candidates(result)])
    once = (
        " The selection used the training set once and was not repeated in resamples, as in the published protocol: "
        "performance in the training set is therefore too good."
        if result.tasks
        else ""
    )
    return (
        "Predictors",
        f"From the candidates ({candidates}) LASSO logistic regression kept the variables with a coefficient other "
        f"than zero at the penalty {penalty} in {settings.lasso_folds}-fold cross-validation on "
        f"{_developed_on(result)}, folds by patient. Of these, variables with p < {settings.multivariable_p:g} in one "
        "multivariable logistic regression went on to stepwise regression in both directions by Akaike's criterion, "
        f"and those with p < {settings.final_p:g} there were kept. A variable with several levels entered or left "
        f"whole, by its joint Wald test, or the penalised likelihood ratio test where the classes separate.{once}",
    )


def _candidates(result: StudyResult) -> list[tuple[str, int]]:
    """Each task's label and how many variables its predictors were chosen from."""
    if result.tasks or result.recommended is None:
        tasks = result.tasks.values()
        return [(task.data.task.label, len(task.selection.steps[0].looked_at.variables)) for task in tasks]
    return [
        (task.plan.data.task.label, len(task.plan.candidates)) for task in result.recommended.tasks.values()
    ]


def _developed_on(result: StudyResult) -> str:
    return "the training set" if result.tasks else "the lesions developed on"


def _models(result: StudyResult) -> Paragraph:
    names = listing([model_name(name) for name in result.study.models.families])
    labels = (
        " k-nearest neighbours was scored by its class, as published, so calibration and decision curves do not apply."
        if result.study.models.knn_labels
        else ""
    )
    return (
        "Models",
        f"Fitted on {_developed_on(result)} to the predictors kept: {names}. Their settings were chosen by the mean "
        f"AUC of {result.study.models.tuning_folds}-fold cross-validation inside these, folds by patient. "
        "Logistic regression is not penalised; where a term separates the classes, Firth's penalty is used and the "
        "intercept is then fitted again so that the mean prediction is the share of events. The margin of the "
        "support vector machine was turned into a probability by a sigmoid fitted to out-of-fold "
        f"margins.{labels}",
    )


def _evaluation(result: StudyResult) -> Paragraph:
    settings = result.study.evaluation
    return (
        "Performance",
        "AUC with the interval of DeLong, clustered by patient. Sensitivity, specificity, accuracy and predictive "
        f"values with percentile intervals of {settings.n_bootstrap:,} bootstrap resamples of patients, at the "
        "cut-off of the highest Youden index in each set (chosen again in every resample) and at the cut-off of the "
        "training set. A lesion is positive when its probability is at least the cut-off. Calibration: in the large, "
        "intercept, slope, smooth curve and integrated calibration index. Decision curves: net benefit against "
        "treating all and none. Lesions with a probability of the negative class above "
        f"{settings.rule_out_probability:g} were counted as ruled out.",
    )


def _explanation(result: StudyResult) -> Paragraph:
    return (
        "Explanation",
        "The nomogram shows the logistic model of the training set. Shapley values were computed exactly over all "
        "coalitions of clinical variables on the probability scale, the absent variables taken from "
        f"{result.study.explanation.background} training lesions.",
    )


def _software(result: StudyResult) -> Paragraph:
    return (
        "Software",
        f"her2mri, protocol “{result.study.protocol}”, seed {result.study.seed}; versions and hashes stand under "
        "Provenance.",
    )
