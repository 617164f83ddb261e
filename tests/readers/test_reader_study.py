from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2mri.dictionary import load_dictionary
from her2mri.errors import TableError
from her2mri.evaluation.delong import delong_test
from her2mri.readers.predictions import predictions_of
from her2mri.readers.reader_study import ReaderStudySettings, analyse_reads
from her2mri.readers.task_reads import task_reads
from her2mri.statistics.agreement_icc import intraclass_correlation

from .conftest import raw


def analysed(study, *, model: bool = True, **settings):
    predictions = predictions_of(raw("lesions.csv", study.lesions), load_dictionary()) if model else None
    return analyse_reads(study.check(), predictions, settings=ReaderStudySettings(**settings))


def test_gains_are_the_paired_delong_test_of_the_readers_scores(study) -> None:
    result = analysed(study)
    view = task_reads(study.check(), load_dictionary().task("her2_positive"))
    before, after = view.paired("R2")
    test = delong_test(before["y"], after["score"], before["score"])
    row = result.gains.query("task == 'her2_positive' and reader == 'R2' and metric == 'auc'").iloc[0]
    assert (row["estimate"], row["p_value"]) == pytest.approx((test.difference, test.p_value))


def test_a_confident_call_outranks_a_doubtful_one_and_a_negative_call_never_outranks_a_positive(
    study,
) -> None:
    frame = task_reads(study.check(), load_dictionary().task("her2_positive")).frame
    assert frame.loc[frame["called"] == 1, "score"].min() > frame.loc[frame["called"] == 0, "score"].max()
    positive = frame[frame["called"] == 1].sort_values("confidence")
    assert positive["score"].is_monotonic_increasing


def test_calls_outside_a_task_are_errors_there_and_said(study) -> None:
    view = task_reads(study.check(), load_dictionary().task("her2_low"))
    outside = view.frame[view.frame["call"] == "positive"]
    assert view.n_outside == len(outside) > 0
    assert not outside["right"].any()
    assert (outside["score"] == 0.0).all()
    assert set(view.frame["truth"]) == {"low", "zero"}
    assert "calls_outside_task" in set(analysed(study).caveat_frame()["code"])


def test_the_readers_confusion_holds_every_read_and_every_level(study) -> None:
    confusion = analysed(study).confusion
    assert confusion["n"].sum() == len(study.reads)
    assert list(dict.fromkeys(confusion["truth"])) == ["zero", "low", "positive"]
    shares = confusion.groupby(["reader", "arm", "truth"])["share_of_truth"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)))


def test_reliance_counts_add_up_to_the_change_in_right_calls(study) -> None:
    result = analysed(study)
    every = result.reliance.query("task == 'her2_positive' and reader == 'all readers'")
    whole = every[every["model_was"] == "right or wrong"].set_index("change")["n_changed"]
    parts = every[every["model_was"] != "right or wrong"].groupby("change")["n_changed"].sum()
    pd.testing.assert_series_equal(whole.sort_index(), parts.sort_index(), check_names=False)
    accuracy = result.gains.query("task == 'her2_positive' and metric == 'accuracy'")
    net = whole["wrong call made right"] - whole["right call made wrong"]
    assert net == pytest.approx(float((accuracy["estimate"] * accuracy["n"]).sum()))


def test_the_model_is_cut_where_its_training_lesions_say_and_seen_cases_are_told(study) -> None:
    result = analysed(study)
    assert set(result.against_model["threshold_rule"]) == {"Youden's on the training lesions"}
    assert "read_cases_trained_on" in set(result.caveat_frame()["code"])
    study.lesions = study.lesions[study.lesions["set_her2_positive"] != "training"]
    result = analysed(study)
    codes = set(result.caveat_frame()["code"])
    assert {"threshold_by_default", "no_probability"} <= codes
    assert set(result.against_model["n"]) == {len(study.lesions)}


def test_a_file_without_the_models_probabilities_is_a_fault(study) -> None:
    study.lesions = study.lesions.rename(
        columns={"probability_her2_positive_LR": "probability_her2_positive_SVM"}
    )
    with pytest.raises(
        TableError, match="holds no probabilities of the model 'LR'.*SVM".replace("SVM", "svm")
    ):
        analysed(study)


def test_one_reader_has_figures_and_gains_but_no_random_readers(studies) -> None:
    result = analysed(studies(readers=1))
    assert "one_reader" in set(result.caveat_frame()["code"])
    assert result.gains["p_value"].notna().any()
    random = result.mrmc[result.mrmc["inference"] == "random readers and cases"]
    assert random["p_value"].isna().all()
    assert random["method"].str.startswith("not applicable: one reader").all()
    fixed = result.mrmc.query("inference == 'fixed readers, random cases' and quantity == 'difference'")
    assert fixed["p_value"].notna().all()
    assert result.agreement.empty
    assert result.score_agreement.empty


def test_calls_all_alike_are_not_applicable_rather_than_a_crash(study) -> None:
    study.reads[["call", "confidence"]] = "low", 50
    result = analysed(study)
    assert "calls_alike" in set(result.caveat_frame()["code"])
    performance = result.performance.query("task == 'her2_positive'").set_index("metric")
    assert (performance.loc["auc", "estimate"] == 0.5).all()
    assert (performance.loc["sensitivity", "estimate"] == 0.0).all()
    assert performance.loc["ppv", "estimate"].isna().all()
    assert (performance.loc["ppv", "method"] == "not applicable").all()
    assert (result.gains.loc[result.gains["metric"] == "auc", "p_value"] == 1.0).all()
    tested = result.mrmc[result.mrmc["quantity"] == "difference"]
    assert tested["p_value"].isna().all()
    assert tested["method"].str.startswith("not applicable").all()
    assert (result.agreement["coefficient"] == "Gwet's AC1").sum() == 2
    kappa = result.agreement[result.agreement["coefficient"] == "Fleiss' kappa"]
    assert kappa["note"].str.contains("all readings are alike").all()


def test_agreement_of_scores_is_the_icc_of_the_cases_that_all_readers_read(study) -> None:
    study.reads = study.reads.drop(study.reads.index[0])  # one reader has not read one case
    result = analysed(study, model=False)
    view = task_reads(study.check(), load_dictionary().task("her2_low"))
    wide = pd.DataFrame(
        {reader: view.of(reader, "unaided").set_index("case")["score"] for reader in ("R1", "R2", "R3")}
    )
    expected = intraclass_correlation(wide.dropna().to_numpy()).form("ICC2")
    row = result.score_agreement.query("task == 'her2_low' and arm == 'unaided'").iloc[0]
    assert tuple(row[["estimate", "conf_low", "conf_high"]]) == pytest.approx(expected)
    assert (row["n"], row["n_readers"]) == (len(wide.dropna()), 3)
    assert len(result.score_agreement) == 4


def test_scores_that_are_all_alike_or_calls_alone_have_no_icc(study) -> None:
    study.reads[["call", "confidence"]] = "low", 50
    alike = analysed(study, model=False).score_agreement
    assert alike["estimate"].isna().all()
    assert alike["note"].str.contains("every reading is the same").all()
    study.reads = study.reads.drop(columns="confidence")
    assert analysed(study, model=False).score_agreement.empty


def test_one_arm_only_has_figures_and_no_gains(study) -> None:
    study.reads = study.reads[study.reads["arm"] == "unaided"]
    result = analysed(study)
    assert (result.gains.empty, result.time_model.empty, result.reliance.empty) == (True, True, True)
    assert set(result.performance["arm"]) == {"unaided"}
    assert result.mrmc["method"].str.startswith("not applicable").all()


def test_a_task_whose_truth_has_one_class_is_not_applicable(study) -> None:
    study.truth["her2_status"] = study.truth["her2_status"].replace("zero", "low")
    result = analysed(study, model=False)
    auc = result.performance.query("task == 'her2_low' and metric == 'auc'")
    assert auc["method"].str.startswith("not applicable").all()
    assert (result.mrmc.query("task == 'her2_low' and metric == 'specificity'")["p_value"].isna()).all()


def test_gains_by_experience_average_to_the_whole(studies) -> None:
    result = analysed(studies(readers=4))
    levels = result.experience.query("task == 'her2_positive' and metric == 'auc'").set_index("experience")
    whole = result.mrmc.query(
        "task == 'her2_positive' and metric == 'auc' and quantity == 'difference'"
    ).iloc[0]
    gains = levels["estimate"]
    assert (gains["junior"] + gains["senior"]) / 2 == pytest.approx(whole["estimate"])
    assert gains["junior less senior"] == pytest.approx(gains["junior"] - gains["senior"])
    assert levels.loc["junior less senior", "df"] == 2


def test_two_readers_one_of_each_experience_are_compared_over_cases(studies) -> None:
    levels = analysed(studies(readers=2)).experience
    assert set(levels["inference"]) == {"fixed readers, random cases"}
    assert levels["p_value"].notna().all()


def test_a_second_lesion_read_like_the_first_adds_nothing_to_the_certainty(studies) -> None:
    study = studies(cases=40)
    once = analysed(study, model=False)
    twin = study.reads.assign(case="M" + study.reads["case"], order=study.reads["order"] + 40)
    study.reads = pd.concat([study.reads, twin], ignore_index=True)
    lesions = study.truth.assign(lesion_id="M" + study.truth["lesion_id"])
    study.truth = pd.concat([study.truth, lesions], ignore_index=True)
    twice = analysed(study, model=False)
    for name in ("mrmc", "gains"):
        one, two = getattr(once, name), getattr(twice, name)
        np.testing.assert_allclose(two["estimate"], one["estimate"], atol=1e-12)
        np.testing.assert_allclose(two["std_error"], one["std_error"], rtol=1e-9)
    auc = once.performance["metric"] == "auc"
    np.testing.assert_allclose(twice.performance.loc[auc, "conf_low"], once.performance.loc[auc, "conf_low"])


def test_the_same_seed_gives_the_same_tables(study) -> None:
    first, second = (analysed(study, covariance="bootstrap", n_bootstrap=200, seed=3) for _ in range(2))
    for name, table in first.tables().items():
        assert table.to_csv() == second.tables()[name].to_csv(), name
