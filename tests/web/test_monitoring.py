"""How the models do here: which answers count, what is shown of them, and what is not."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from seeded import made_up, seed
from visits import CHAIN, LESION, ON_SQLITE

from her2mri.evaluation.decision_curve import net_benefit, treat_all
from her2mri.evaluation.delong import delong_interval
from her2mri.web.lesions.models import put_in_use
from her2mri.web.monitoring.cases import cases_of
from her2mri.web.monitoring.drawing import calibration_figure, drift_figure, evidence_figure
from her2mri.web.monitoring.groups import by_month, by_scanner
from her2mri.web.monitoring.judged import judged
from her2mri.web.monitoring.report import task_report
from her2mri.web.monitoring.verdict import Level, verdict

FIRST, SECOND = CHAIN.first, CHAIN.second


def report(visitor, number, ihc, revision=0):
    visitor.post(f"/lesions/{number}/pathology", {"revision": revision, "her2_ihc": ihc})


def cases(room, model=None):
    with room.database.reading() as session:
        answering = room.models.numbered(session, model) if model else room.models.in_use(session)
        return cases_of(session, answering)


def test_the_answer_that_stood_at_the_first_report_counts_and_later_ones_do_not(visit, room):
    reader = visit("reader.one")
    reader.save("BR-1")
    reader.save("BR-2")
    reader.correct("/lesions/1", 1, {**LESION, "adc": 1.1})
    report(reader, 1, "1+")
    report(reader, 2, "2+")
    reader.correct("/lesions/1", 2, {**LESION, "adc": 0.5})
    reader.correct("/lesions/2", 1, {**LESION, "adc": 0.6})
    reader.post("/lesions/2/examination", {"revision": 0, "month": "2025-12", "patient": "BR-1"})
    one, two = cases(room)
    assert (one.inputs["adc"], one.status, one.month, one.patient) == (1.1, "low", "2026-03", "br-1")
    assert (two.inputs["adc"], two.status, two.is_reported, two.month, two.patient) == (
        LESION["adc"], None, True, "2025-12", "br-1",
    )  # fmt: skip
    found = judged(SECOND, [one, two])
    assert (len(found.true), found.events, found.waiting, len(found.one_a_patient)) == (1, 1, 1, 1)


def test_each_model_is_judged_by_the_answers_it_gave(visit, room, clock):
    reader = visit("reader.one")
    reader.save("BR-1")
    with room.database.writing() as session:
        put_in_use(session, clock(), "(tests)", [SECOND])
    reader.save("BR-2", {"adc": 0.8}, model=2, prevalence="[null]", seen=[])
    clock.turn(hours=1)
    assert [case.lesion for case in cases(room, 1)] == [1]
    assert [case.lesion for case in cases(room)] in ([], [2])
    page = visit("the.administrator").get("/monitoring").text
    assert 'href="/monitoring?model=1"' in page
    assert visit("the.administrator").get("/monitoring?model=3").status_code == 404
    assert visit("the.administrator").get("/monitoring?model=1").status_code == 200


def test_figures_are_those_of_the_functions_behind_validate():
    found = task_report(FIRST, made_up(150))
    true = found.judged.true
    y = [bool(said.event) for said in true]
    p = [said.probability for said in true]
    figures = {figure.name: figure for figure in found.figures}
    area = delong_interval(y, p)
    assert (figures["auc"].estimate, figures["auc"].low) == pytest.approx((area.estimate, area.conf_low))
    threshold = FIRST.locked_threshold
    assert figures["net_benefit"].estimate == pytest.approx(float(net_benefit(y, p, threshold)))
    everybody = float(treat_all(y, threshold))
    assert figures["treat_all"].estimate == pytest.approx(everybody)
    assert figures["gain"].estimate == pytest.approx(figures["net_benefit"].estimate - max(everybody, 0))
    for figure in found.figures:
        assert figure.low <= figure.estimate <= figure.high, figure
    assert {"calibration_slope", "observed_expected", "brier", "sensitivity", "specificity"} <= set(figures)
    assert found.curve is not None
    assert found.verdict.level in {Level.NO_SIGN, Level.WATCH}


def test_a_model_that_tells_nothing_is_a_worry_and_few_lesions_are_too_early():
    assert verdict(judged(FIRST, made_up(300, useless=True))).level is Level.WORRY
    few = task_report(FIRST, made_up(15))
    assert (few.verdict.level, few.figures, few.curve) == (Level.EARLY, (), None)
    assert not any(harm.is_reached for harm in few.verdict.harms)


def test_lesions_unlike_those_of_development_are_marked_with_what_is_missing_or_out_of_range():
    usual = {row.label: row for row in task_report(SECOND, made_up(150)).drift}
    one, *others = made_up(150, adc=0.6)
    unmeasured = {name: value for name, value in one.inputs.items() if name != "adc"}
    moved_cases = [replace(one, inputs=unmeasured), *others]
    moved = {row.label: row for row in task_report(SECOND, moved_cases).drift}
    adc = next(label for label in usual if "ADC" in label)
    assert [label for label, row in usual.items() if row.is_marked] == []
    assert moved[adc].is_marked
    assert moved[adc].difference > 1
    assert moved[adc].missing == pytest.approx(1 / len(judged(SECOND, moved_cases).said), rel=0.01)
    assert moved[adc].outside > 0.05


def test_small_groups_are_not_shown():
    many, few, fewer = made_up(40), made_up(4, month="2026-02", scanner="MR2"), made_up(3, month="2026-03")
    unknown = [replace(case, status=None, month="2026-04") for case in made_up(6, scanner="")]
    found = judged(FIRST, [*many, *few, *fewer, *unknown])
    months = by_month(found.said)
    assert [(group.name, group.lesions, group.with_truth) for group in months] == [
        ("2026-04", 6, None),
        ("2026-03", None, None),
        ("2026-02", None, None),
        ("2026-01", 40, 40),
    ]
    low, high = months[3].ratio[1:]
    assert low < months[3].observed / months[3].expected < high
    assert [group.name for group in by_scanner(found.said)] == ["MR1-3T", "MR2", ""]


def test_one_small_group_takes_the_next_with_it_so_that_no_subtraction_tells_it():
    months = by_month(
        judged(
            FIRST,
            [*made_up(40), *made_up(4, month="2026-02"), *made_up(30, month="2026-03")],
        ).said
    )
    assert [(group.name, group.lesions, group.observed is None) for group in months] == [
        ("2026-03", None, True),
        ("2026-02", None, True),
        ("2026-01", 40, False),
    ]


def test_figures_are_well_formed_and_stay_within_their_frame():
    found = task_report(FIRST, made_up(120))
    name = "<b>HER2 & more</b>"
    drawn = (
        calibration_figure(found.curve, 0.2, name, name),
        evidence_figure(found.verdict.evidence, 5, 20, name),
        evidence_figure((), 5, 20, name),
        evidence_figure((1e9,) * 3, 5, 20, name),
        drift_figure(found.drift, name),
    )
    for text in drawn:
        tree = ElementTree.fromstring(text)
        width, height = (float(part) for part in tree.get("viewBox").split()[2:])
        assert tree.get("aria-label").endswith(name)
        for path in tree.iter("path"):
            absolute = re.split("[vh]", path.get("d"))[0]
            numbers = [float(part) for part in re.findall(r"-?[\d.]+", absolute)]
            assert all(-1 <= number <= max(width, height) for number in numbers), path.get("d")
        assert "style=" not in text  # the policy of content forbids it


def test_the_page_says_it_all_without_naming_a_lesion(visit, room):
    seed(room, 24, with_truth=0.9)
    for name in ("reader.two", "the.researcher", "the.administrator"):
        page = visit(name).get("/monitoring").text
        for said in (
            "HER2-positive vs HER2-negative",
            "too early to say",
            "MR1-3T",
            "2026-01",
            "locked threshold",
        ):
            assert said in page, said
        assert "BR-0" not in page
    before = re.findall(r"<dt>Outcome known</dt><dd>(\d+)", page)
    reader = visit("reader.one")
    with room.database.reading() as session:
        waiting = next(
            case.lesion for case in cases_of(session, room.models.in_use(session)) if not case.is_reported
        )
    reader.get(f"/lesions/{waiting}/truth")
    report(reader, waiting, "1+")
    after = re.findall(r"<dt>Outcome known</dt><dd>(\d+)", reader.get("/monitoring").text)
    assert [int(number) for number in after] == [int(number) + 1 for number in before]


@ON_SQLITE
def test_an_empty_room_has_a_page_too(visit):
    page = visit("the.administrator").get("/monitoring")
    assert page.status_code == 200
    assert "Only 0 outcomes are known" in page.text
