"""The methods of a reader study in words, with its own numbers filled in."""

from __future__ import annotations

from her2mri.readers.obuchowski_rockette import CROSSED, READERS_IN_ARMS
from her2mri.readers.reader_study import ReaderStudyResult
from her2mri.readers.reading_time import READERS_FOR_OWN_EFFECT


def methods_text(result: ReaderStudyResult) -> list[tuple[str, str]]:
    """Headings with a paragraph each."""
    parts = [
        ("Reads", _reads(result)),
        ("Figures of each reader", _figures(result)),
        ("All readers", _all_readers(result)),
    ]
    if result.models:
        parts.append(("Beside the model", _model(result)))
    if not result.time.empty:
        parts.append(("Reading time", _time(result)))
    parts.append(("Agreement", _agreement()))
    return parts


def _reads(result: ReaderStudyResult) -> str:
    frame = result.reads.frame
    experience = frame.drop_duplicates("reader")["experience"]
    known = experience[experience != ""].value_counts()
    levels = f" ({', '.join(f'{count} {name}' for name, count in known.items())})" if len(known) else ""
    outcome = result.reads.dictionary[result.reads.outcome].label
    asked = "; ".join(
        f"{view.task.label}, {view.frame['case'].nunique()} cases, positive class {view.task.positive_label}"
        for view in result.tasks
    )
    arms = " and ".join(result.reads.arms)
    return (
        f"{frame['reader'].nunique()} readers{levels} made {len(frame):,} reads ({arms}) of "
        f"{frame['case'].nunique()} cases from {frame['patient'].nunique()} patients, and called {outcome} in "
        f"each. Tasks: {asked}. A call that is neither class of a task counts as an error of that task."
    )


def _figures(result: ReaderStudyResult) -> str:
    confidence = "without confidence, the score of a case is the call alone"
    if result.reads.frame["confidence"].notna().any():
        confidence = "the score of a case is the confidence in the call with the call's sign"
    return (
        "AUC with DeLong's interval, sensitivity, specificity, accuracy and predictive values with Wilson's; where a "
        "patient has several cases, intervals follow the patient (Obuchowski's variance of the AUC, Wilson's interval "
        f"of the effective number of cases). For the AUC, {confidence}. Changes from unaided to aided: paired "
        "DeLong test; McNemar's exact test, or Obuchowski's clustered one, with Newcombe's square-and-add interval; "
        f"a linearised test for predictive values. Intervals cover {100 * result.settings.confidence:g} %; "
        "p-values are not adjusted for the number of readers, metrics and tasks."
    )


def _all_readers(result: ReaderStudyResult) -> str:
    designs = [str(name) for name in dict.fromkeys(result.mrmc["design"].dropna())]
    how = {"delong": "DeLong's", "jackknife": "the jackknife's", "bootstrap": "the bootstrap's"}
    extra = (
        f" ({result.settings.n_bootstrap:,} resamples of patients)"
        if result.settings.covariance == "bootstrap"
        else ""
    )
    words = f"The design is {designs[0]}. " if designs else ""
    if designs and designs[0] not in (CROSSED, READERS_IN_ARMS):
        words += "Readers are averaged with equal weight; their common cases enter by pairs of readers. "
    return (
        f"{words}Reader-averaged figures were compared by Obuchowski and Rockette's analysis of variance with "
        f"Hillis' degrees of freedom and {how[result.settings.covariance]} covariance{extra}, with readers and "
        "cases random; with the readers fixed; and with the cases fixed. Gains by experience are means over the "
        "readers of each; two experiences are compared by the readers' gains, or by the cases where one has a "
        "single reader."
    )


def _model(result: ReaderStudyResult) -> str:
    parts = [
        f"{view.task.label}: {model.model}, cut-off {model.threshold:.2f} ({model.threshold_rule})"
        for view in result.tasks
        if (model := result.models.get(view.task.name)) is not None
    ]
    return (
        f"The model alone was given the same cases. {'; '.join(parts)}. Reader and model are compared by the same "
        "paired tests. Reliance is counted on the cases read in both arms, by whether the model's call was right."
    )


def _time(result: ReaderStudyResult) -> str:
    readers = result.time["reader"].nunique()
    own = (
        "and reader within arm (so that the effect carries over to other readers)"
        if readers >= READERS_FOR_OWN_EFFECT
        else f"(with fewer than {READERS_FOR_OWN_EFFECT} readers the effect is that of these readers)"
    )
    return (
        "Paired changes in seconds and in log seconds by reader, with Student's interval over patients. A linear mixed "
        f"model of log seconds on the arm with random intercepts of case, reader {own} was fitted by restricted "
        "maximum likelihood, with Satterthwaite's degrees of freedom."
    )


def _agreement() -> str:
    return (
        "Agreement of the readers' calls over the cases that all of them read: Fleiss' kappa and Gwet's AC1, pairs of "
        "readers by Cohen's kappa, in the words of Landis and Koch; intervals follow the patient. Agreement of their "
        "scores: the intraclass correlation (two-way random, absolute agreement, one reading)."
    )
