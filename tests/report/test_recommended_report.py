from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from her2mri.cohort.cohort import Caveat
from her2mri.output.page import render_page
from her2mri.report.figures import study_figures
from her2mri.report.methods import methods
from her2mri.report.side_by_side import failures_of, side_by_side
from her2mri.report.view import study_view
from her2mri.report.workbook import sheet_names
from her2mri.report.worth_using import worth_using
from her2mri.report.write import write_study
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION, TRAINING


@pytest.fixture(scope="module")
def page(page_of_both):
    return (page_of_both / "report.html").read_text(encoding="utf-8")


def test_every_address_inside_the_page_leads_to_one_place(page):
    places = re.findall(r'\bid="([^"]+)"', page)
    asked = re.findall(r'href="#([^"]+)"', page)
    assert len(places) == len(set(places))
    assert set(asked) <= set(places)


def test_every_question_has_its_section_for_each_task(page, both):
    anchors = (
        "size",
        "validated",
        "compared",
        "hierarchy",
        "benefit",
        "centers",
        "shift",
        "subgroups",
        "missing",
    )
    for task in both.recommended.tasks:
        assert all(f'<h3 id="{task}-{anchor}">' in page for anchor in anchors)
    assert 'id="classes"' in page
    assert 'id="checklist"' in page


def test_the_verdict_on_size_stands_before_every_other_figure(page, both):
    for task, card in zip(both.recommended.tasks.values(), page.split('class="card both"')[1:], strict=True):
        assert card.index(task.size.sentence()) < re.search(r"\d\.\d\d \(\d\.\d\d", card).start()


def test_figures_side_by_side_are_those_of_the_tables(both, page_of_both):
    tables = {
        name: pd.read_csv(page_of_both / "tables" / f"{name}.csv")
        for name in ("performance", "recommended_performance")
    }
    for name, task in both.tasks.items():
        advised = both.recommended.tasks[name]
        rows = list(side_by_side(task, advised).table.rows)
        inside, outside = (
            at(rows, heading) for heading in ("AUC, as claimed inside", "On the external set, as found")
        )
        published, recommended = tables["performance"], tables["recommended_performance"]
        assert inside["Apparent"][0].startswith(auc(published, name, "LR", TRAINING))
        assert inside["Cross-validated"][1].startswith(
            auc(recommended, name, advised.choice.model, CROSS_VALIDATED)
        )
        assert outside["AUC"][0].startswith(auc(published, name, "LR", EXTERNAL_VALIDATION))
        assert outside["AUC"][1].startswith(auc(recommended, name, advised.choice.model, EXTERNAL_VALIDATION))


def at(rows, heading):
    """The rows below a heading, by their label."""
    start = [row[0] for row in rows].index(heading) + 1
    below = rows[start:]
    stop = next((i for i, row in enumerate(below) if not any(row[1:])), len(below))
    return {row[0]: row[1:] for row in below[:stop]}


def auc(table, task, model, sample):
    asked = {"task": task, "model": model, "sample": sample, "metric": "auc"}
    for column, value in asked.items():
        table = table[table[column] == value]
    return f"{table['estimate'].iloc[0]:.2f} ("


def test_methods_say_what_was_repeated_how_often(both):
    text = " ".join(paragraph for _, paragraph in methods(both))
    assert "20 resamples of patients" in text
    assert "3 folds of patients, once" in text
    assert "restricted cubic spline" in text


def test_the_page_of_the_published_protocol_alone_knows_no_other(both, tmp_path):
    paper = replace(both, study=both.study.model_copy(update={"protocol": "paper"}), recommended=None)
    figures = study_figures(paper)
    for stem in figures:
        (tmp_path / f"{stem}.svg").write_text("<svg/>", encoding="utf-8")
    page = render_page("her2mri.report", "report.html.j2", view=study_view(paper, figures, tmp_path))
    words = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search("recommended|: published protocol|TRIPOD", words)


@pytest.mark.thorough
def test_a_study_without_the_published_part_has_a_whole_report_that_says_why(both, tmp_path):
    reason = "The published protocol is left out: adc: no lesion has a value."
    alone = replace(both, tasks={}, caveats=(*both.caveats, Caveat("published_left_out", reason)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "her2mri.report.write.save_figure", lambda figure, stem: stem.with_suffix(".svg").touch()
        )
        write_study(alone, tmp_path / "study")
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert page.count(reason) >= 2
    places = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= places
    assert not re.search(r"Published</th>|the training set|Univariate comparison", page)
    assert "table one is, was left out" in page
    for name in set(re.findall(r"tables/(\w+)\.csv", page)):
        assert (tmp_path / "study" / "tables" / f"{name}.csv").exists(), name


def test_the_sheets_of_the_recommended_tables_have_names_of_their_own(both):
    names = sheet_names(list(both.tables()))
    assert len({title.lower() for title in names.values()}) == len(names)
    assert max(map(len, names.values())) <= 31


def curve(sample, gains_low):
    """Rows of a decision curve whose lower limits of net benefit are 0.1, and of the gain over treating all these."""
    thresholds = [0.1 * (i + 1) for i in range(len(gains_low))]
    rows = {
        "model": "LR",
        "sample": sample,
        "threshold": thresholds,
        "conf_low": 0.1,
        "avoided_low": gains_low,
    }
    return pd.DataFrame(rows)


def test_a_model_is_worth_using_only_where_it_beats_treating_all_and_none_in_every_set():
    inside = curve(CROSS_VALIDATED, [-1.0, 2.0, 3.0])
    alone = worth_using(inside, "LR", better_than_chance=True)
    assert alone.startswith("Worth using at some thresholds: ")
    everywhere = inside[inside["avoided_low"] > 0]
    assert worth_using(everywhere, "LR", better_than_chance=True).startswith("Worth using: ")
    assert "in held-out lesions at 2 of 3 (between 0.20 and 0.30)" in alone
    both = pd.concat([inside, curve(EXTERNAL_VALIDATION, [-1.0, 0.0, float("nan")])])
    said = worth_using(both, "LR", better_than_chance=True)
    assert said.startswith("Not shown to be worth using in the external set: ")
    assert "in the external set at none of 3" in said
    no_good = inside.assign(conf_low=-0.01)
    assert worth_using(no_good, "LR", better_than_chance=True).startswith(
        "Not shown to be worth using in held-out"
    )
    assert worth_using(inside, "LR", better_than_chance=False).startswith(
        "Not shown to be worth using, since"
    )


def test_the_report_names_the_family_that_a_resample_or_a_fold_did_not_give(both):
    task = both.recommended.tasks["her2_low"]
    lost = replace(task.validation, failures=({"EN": "no convergence"}, {}, {"": "one class"}, {}))
    said = failures_of(replace(task, validation=lost))
    assert "elastic net in 1 of 4 resamples" in said
    assert "any model in 1 of 4 resamples" in said
    assert failures_of(task) == ""


def test_the_terminal_says_what_the_card_says(both, page):
    for name, task in both.tasks.items():
        card = side_by_side(task, both.recommended.tasks[name])
        assert card.take in page
        assert card.worth in page
        assert f"{card.take} {card.worth}" in card.sentence
