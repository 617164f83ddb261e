"""The methods of the recommended protocol, with this study's own numbers in them."""

from __future__ import annotations

from collections.abc import Sequence

from her2mri.models.family import FAMILIES
from her2mri.output.wording import count, listing, model_name, times
from her2mri.study.recommended import Recommended, RecommendedTask
from her2mri.study.study_file import StudyFile

Paragraph = tuple[str, str]


def recommended_methods(study: StudyFile, recommended: Recommended) -> tuple[Paragraph, ...]:
    """Heading and text of each paragraph; those about what was not done are left out."""
    tasks = tuple(recommended.tasks.values())
    paragraphs = [_size(tasks[0]), _development(study, tasks[0]), _validation(study, tasks[0])]
    if any(task.plan.incomplete for task in tasks):
        paragraphs.append(_missing(study))
    paragraphs += [_performance(study, tasks), _choice(), _decision(tasks), _subgroups()]
    if any(task.internal_external is not None for task in tasks):
        paragraphs.append(_centers())
    if any(task.shift is not None for task in tasks):
        paragraphs.append(_shift(tasks))
    if recommended.classes is not None:
        paragraphs.append(_classes(study))
    return tuple((f"Recommended protocol: {heading}", text) for heading, text in paragraphs)


def _size(task: RecommendedTask) -> Paragraph:
    anticipated = task.size.anticipated_auc
    assumed = "Nagelkerke's R² of 0.15" if anticipated is None else f"an AUC of {anticipated:g}"
    return (
        "sample size",
        "The patients that the study asks for follow from the criteria of Riley and others (doi:10.1136/bmj.m441): "
        "shrinkage of at least 0.9, optimism in Nagelkerke's R² of at most 0.05 and an overall risk known to within "
        f"0.05, for all candidate terms and {assumed}.",
    )


def _development(study: StudyFile, task: RecommendedTask) -> Paragraph:
    names = listing([model_name(name) for name in task.plan.families])
    splines = (
        " Spline regression bends measurements by restricted cubic splines."
        if "RCS" in task.plan.families
        else ""
    )
    by_themselves = [name for name in task.plan.families if FAMILIES[name].predictors == "candidates"]
    weighing = (
        f" All candidates, selected or not, were weighed by {listing([model_name(name) for name in by_themselves])}."
        if by_themselves
        else ""
    )
    return (
        "development",
        "No lesion was put aside for internal validation: all lesions outside the external set were developed on. "
        "The development chose predictors as said above, tuned and fitted each family: "
        f"{names}.{weighing}{splines}",
    )


def _validation(study: StudyFile, task: RecommendedTask) -> Paragraph:
    resampling = study.resampling
    resampled = listing([model_name(name) for name in task.validation.model_names])
    return (
        "internal validation",
        f"For {resampled} the whole development, selection and tuning included, was repeated on "
        f"{count(resampling.n_bootstrap, 'resample')} of patients. Optimism is the mean over resamples of the score "
        "on the resample less the score on the original lesions (Harrell, Lee and Mark 1996); AUC and Brier score were "
        "corrected by .632+ too (doi:10.1080/01621459.1997.10474007). Resamples that gave a constant model, "
        "where the model itself is none or the other way round, say nothing of its optimism and were left out. "
        "Intervals of corrected scores are Student's t; of what their standard errors are made stands below the table. "
        "All "
        f"families were cross-validated in {count(resampling.folds, 'fold')} of patients, {times(resampling.repeats)}, "
        "with everything repeated inside each fold. Instability of predictions as by Riley and Collins "
        "(doi:10.1002/bimj.202200302).",
    )


def _missing(study: StudyFile) -> Paragraph:
    return (
        "missing values",
        "Candidates that a lesion lacks were imputed inside every development by chained equations, "
        f"{times(study.resampling.imputations)}: measurements by predictive mean matching, categories by sequences "
        "of logistic regressions. The outcome helped to impute the lesions developed on, never those to be "
        "predicted. Estimates were pooled by Rubin's rules; complete cases stand beside.",
    )


def _performance(study: StudyFile, tasks: tuple[RecommendedTask, ...]) -> Paragraph:
    smoothers = sorted({smoother for task in tasks for smoother in _smoothers(task)})
    return (
        "performance of held-out lesions",
        "A cross-validated lesion has the mean of its out-of-fold probabilities. AUC with the interval of DeLong, "
        "clustered by patient where a patient has several lesions (Obuchowski). The cut-off is that of the highest "
        "Youden index in the cross-validated predictions, and is carried to the external set. It is tuned and "
        "judged on the same out-of-fold predictions, so that sensitivity and specificity of cross-validated lesions "
        "are a little too good; those of the external set are not. Sensitivity, "
        "specificity, accuracy, predictive values and the Brier score: percentiles of "
        f"{study.evaluation.n_bootstrap:,} resamples of patients. Calibration in the large, intercept, slope and "
        "observed by expected events: Wald intervals, robust by patient where a patient has several lesions. The "
        f"smooth curve behind the integrated calibration index, E50 and E90: {listing(smoothers)}; its indices have "
        "bootstrap intervals about the estimate, downwards at least by their bias and a normal arm, the lower end 0 "
        "unless perfect calibration is rejected.",
    )


def _smoothers(task: RecommendedTask) -> set[str]:
    """What drew the curves of the chosen model, from the curves themselves."""
    curves = task.evaluation.calibration_frame()
    return set(curves.loc[(curves["model"] == task.choice.model) & (curves["kind"] == "smooth"), "method"])


def _choice() -> Paragraph:
    return (
        "comparison and choice",
        "AUCs of cross-validated predictions were compared by DeLong's paired test, clustered by patient, with "
        "Holm's adjustment over all pairs, which is conservative: only those with the simplest decide. The "
        "simplest model was chosen unless another had a higher AUC by that test and a lower Brier score; of a less "
        "simple model chosen as the best of several, the AUC in held-out lesions is a little too good. The external "
        "set had no part in the choice.",
    )


def _decision(tasks: Sequence[RecommendedTask]) -> Paragraph:
    ranges = [
        f"{low:g} to {high:g} for {task.plan.data.task.label}"
        for task in tasks
        for low, high in [task.plan.decision_range]
    ]
    beside = (
        " On the external set the difference to the published protocol's logistic regression comes from the same "
        "resamples."
        if any(task.net_benefit is not None for task in tasks)
        else ""
    )
    return (
        "decision curves",
        f"Net benefit over thresholds from {listing(ranges)}, set before the data were seen, with the standardised "
        "net benefit and the net interventions avoided against treating all; bands are percentiles of resampled "
        f"patients, threshold by threshold.{beside}",
    )


def _subgroups() -> Paragraph:
    return (
        "subgroups",
        "AUC, calibration and Brier score of the chosen model in the subgroups that the data dictionary names; "
        "nothing is said of fewer than 10 events or non-events. Equality between levels: Wald tests by patient, "
        "Holm's adjustment over the variables.",
    )


def _centers() -> Paragraph:
    return (
        "centers",
        "Every center was left out in turn and the whole development repeated on the others "
        "(doi:10.1016/j.jclinepi.2015.04.005). Centers with at least five lesions of either class were pooled by "
        "random effects: REML, interval of Hartung, Knapp, Sidik and Jonkman, prediction interval for a new center.",
    )


def _shift(tasks: tuple[RecommendedTask, ...]) -> Paragraph:
    harmonised = any(task.harmonisation is not None for task in tasks)
    combat = (
        " Scanner-dependent measurements were harmonised by ComBat, frozen on the development and adapted to a few "
        "lesions of the external center, the one with the most lesions where there are several; the model was "
        "developed anew on lesions without a gap and judged on the center's others, with and without."
        if harmonised
        else ""
    )
    return (
        "center shift",
        "Whether the external lesions differ was asked of a ridge logistic model of membership; the lesions "
        "developed on were weighted by its odds to have the case mix of the external set "
        f"(doi:10.1016/j.jclinepi.2014.06.018).{combat}",
    )


def _classes(study: StudyFile) -> Paragraph:
    return (
        "three classes",
        "Two tasks were chained: the probability of the first, and of what is left the probability of the second. "
        "Polytomous discrimination index (doi:10.1002/sim.5321) with percentiles of "
        f"{study.evaluation.n_bootstrap:,} resamples of patients; calibration of each class against the rest; "
        "lesions were called by the likeliest class and by the chain of locked cut-offs.",
    )
