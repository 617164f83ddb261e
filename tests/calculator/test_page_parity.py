"""The page's JavaScript and Bundle.predict give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import developed_from
from typed_case import LESION

from her2mri.bundle.chain import Chain
from her2mri.calculator import calculator_page
from her2mri.cohort.lesion_table import cohort_from_frame
from her2mri.datasets.duke import import_duke
from her2mri.datasets.published_cohort import published_cohort
from her2mri.dictionary import load_dictionary
from her2mri.study.freeze import freeze

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

NUMBERS = {
    "probability": "probability",
    "conf_low": "confLow",
    "conf_high": "confHigh",
    "linear_predictor": "linearPredictor",
    "total_points": "totalPoints",
    "baseline": "baseline",
}
ASK = (
    "([which, lesions, share]) => lesions.map((l) => calculator.predict(calculator.models[which], l, share))"
)
ASK_CHAIN = "([lesions, shares]) => lesions.map((l) => calculator.predictChain(calculator.chain, l, shares))"


def lesions_for(bundle, missing):
    """All published lesions in the bundle's inputs; of lesion i those that ``missing(i)`` picks are left out."""
    names = [known.variable.name for known in bundle.inputs]
    records = published_cohort().frame[names].to_dict("records")
    return [
        {name: value for j, (name, value) in enumerate(record.items()) if j not in missing(i, len(names))}
        for i, record in enumerate(records)
    ]


def none_missing(i, n):
    return ()


def up_to_three_missing(i, n):
    return (i % n, (i // n) % n, (i // 7) % n)


def numbers_of(found, expected):
    """Two matrices, lesions by numbers, of the page and of Python."""
    rows = []
    for theirs, ours in zip(found, expected, strict=True):
        row = [(theirs[js], getattr(ours, name)) for name, js in NUMBERS.items()]
        for part in ("points", "contributions"):
            row += [(theirs[part][name], value) for name, value in getattr(ours, part).items()]
        if ours.missing:
            row += [(theirs["spreadLow"], ours.spread_low), (theirs["spreadHigh"], ours.spread_high)]
        rows += row
    assert all((a is None) == (b is None) for a, b in rows)
    return np.array([pair for pair in rows if pair[0] is not None], dtype=float).T


def assert_same_answers(page, which, bundle, lesions):
    found = page.evaluate(ASK, [which, lesions, None])
    expected = [bundle.predict(lesion) for lesion in lesions]
    page, python = numbers_of(found, expected)
    np.testing.assert_allclose(page, python, rtol=0, atol=1e-9)
    for theirs, ours in zip(found, expected, strict=True):
        assert [(w["code"], w.get("variable", "")) for w in theirs["warnings"]] == [
            (w.code, w.variable) for w in ours.warnings
        ]
        assert theirs["calls"] == ours.calls


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("missing", [none_missing, up_to_three_missing])
def test_every_published_lesion_has_the_same_answer(open_page, published, which, missing):
    lesions = lesions_for(published[which], missing)
    assert len(lesions) == 1030
    assert_same_answers(open_page(), which, published[which], lesions)


def test_splines_and_a_model_without_an_interval_have_the_same_answers(
    open_page, recommended, recommended_file
):
    """Every published lesion complete, and every fifteenth with up to three inputs missing."""
    page = open_page(file=recommended_file)
    for which, bundle in enumerate(recommended):
        lesions = lesions_for(bundle, none_missing)
        assert_same_answers(page, which, bundle, lesions + lesions_for(bundle, up_to_three_missing)[::15])


@pytest.mark.shared
def test_every_lesion_of_duke_has_the_same_answer(open_page, shared, tmp_path):
    cohort = cohort_from_frame(import_duke(shared / "data" / "duke_breast_mri").frame, load_dictionary())
    names = ("er_status", "pr_status", "n_category", "age", "lymphadenectasis")
    lesions = cohort.frame.dropna(subset=[*names, "her2_status"])
    assert len(lesions) > 600
    fits, source = developed_from(lesions, ("LR",), predictors=names, cohort=cohort)
    bundle = freeze(fits["LR"], source)
    file = tmp_path / "duke.html"
    file.write_text(calculator_page([bundle]), encoding="utf-8")
    records = source.data.frame[[known.variable.name for known in bundle.inputs]].to_dict("records")
    assert_same_answers(open_page(file=file), 0, bundle, records)


def test_no_interval_of_one_model_leaves_two_classes_without_one(open_page, recommended, recommended_file):
    (found,) = open_page(file=recommended_file).evaluate(ASK_CHAIN, [[{**LESION, "age": 50}], [None, None]])
    ours = Chain.of(*recommended).predict({**LESION, "age": 50}).classes
    assert [part["confLow"] for part in found["classes"]] == [part.conf_low for part in ours] == [None] * 3
    assert [part["probability"] for part in found["classes"]] == pytest.approx(
        [part.probability for part in ours], abs=1e-9
    )


def test_three_classes_and_their_intervals_are_the_same(open_page, published):
    chain = Chain.of(*published)
    frame = published_cohort().frame
    names = list(LESION)
    lesions = frame[names].to_dict("records")[::25]
    lesions += [{name: lesion[name] for name in names[::2]} for lesion in lesions]
    found = open_page().evaluate(ASK_CHAIN, [lesions, [0.3, None]])
    for theirs, lesion in zip(found, lesions, strict=True):
        ours = chain.predict(lesion, prevalence=(0.3, None)).classes
        pairs = [
            (part[js], getattr(own, name))
            for part, own in zip(theirs["classes"], ours, strict=True)
            for name, js in list(NUMBERS.items())[:3]
        ]
        np.testing.assert_allclose(*np.array(pairs).T, rtol=0, atol=1e-9)


def test_a_value_beyond_development_and_another_case_mix_are_answered_alike(open_page, published):
    bundle = published[1]
    lesion = {
        **{known.variable.name: LESION[known.variable.name] for known in bundle.inputs},
        "adc": 3.1,
        "eer": 0.0,
    }
    (found,) = open_page().evaluate(ASK, [1, [lesion], 0.05])
    ours = bundle.predict(lesion, prevalence=0.05)
    page, python = numbers_of([found], [ours])
    np.testing.assert_allclose(page, python, rtol=0, atol=1e-9)
    assert [w["code"] for w in found["warnings"]] == [w.code for w in ours.warnings]


@pytest.mark.parametrize(
    ("lesion", "codes"),
    [
        ({}, ["all_missing"]),
        ({**LESION, "pure_nme": "yes"}, ["excluded"]),
        ({**LESION, "invasive": "no", "distant_metastasis": "yes"}, ["excluded", "excluded"]),
    ],
)
def test_what_python_refuses_the_page_refuses(open_page, published, lesion, codes):
    known = {name: value for name, value in lesion.items() if name in published[0].variables}
    (found,) = open_page().evaluate(ASK, [0, [known], None])
    assert published[0].predict(known).refused
    assert [reason["code"] for reason in found["refused"]] == codes
    assert "probability" not in found
