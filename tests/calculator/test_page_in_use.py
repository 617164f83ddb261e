"""The calculator as people use it: typed, read, in two languages, on any screen, with any ears."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from typed_case import LESION, type_lesion

from her2mri.bundle.chain import Chain

pytestmark = pytest.mark.browser

VIOLATIONS = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"


def percent(share, space):
    return f"{100 * share:.1f}{space}%"


@pytest.mark.parametrize(("locale", "space"), [("en-GB", " "), ("zh-CN", "")])
def test_a_case_typed_with_the_keyboard_alone_is_answered(open_page, published, locale, space):
    page = open_page(locale=locale)
    type_lesion(page, published)
    answer = Chain.of(*published).predict(LESION)
    headline = page.inner_text("#headline")
    labels = {
        "en-GB": ["HER2-positive", "HER2-low", "HER2-zero"],
        "zh-CN": ["HER2 阳性", "HER2 低表达", "HER2 零表达"],
    }
    found = [
        line for line in headline.splitlines() if line in labels[locale] or re.fullmatch(r"[\d.]+ ?%", line)
    ]
    shares = [percent(part.probability, space) for part in answer.classes]
    assert found == [text for pair in zip(labels[locale], shares, strict=True) for text in pair]
    for own in (answer.first, answer.second):
        assert percent(own.probability, space) in page.inner_text("#rest")
        assert f"{own.total_points:.0f}" in page.inner_text("#rest")
    for share in shares:
        expect(page.locator("#status")).to_contain_text(share)


def test_the_language_changes_and_what_was_typed_stays(open_page, published):
    page = open_page()
    type_lesion(page, published)
    before = re.findall(r"[\d.]+(?= ?%)", page.inner_text("#headline"))
    page.get_by_role("button", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert re.findall(r"[\d.]+(?= ?%)", page.inner_text("#headline")) == before
    assert page.input_value("#input-adc") == "0.82"
    assert not re.search("[A-Za-z]{5,}", page.inner_text("#form"))


def test_both_languages_say_the_same_things(open_page):
    words = open_page().evaluate("calculator.WORDS")
    assert words["en"].keys() == words["zh"].keys()
    for key, english in words["en"].items():
        if isinstance(english, str):
            holes = re.findall(r"\{\w+\}", english)
            assert sorted(holes) == sorted(re.findall(r"\{\w+\}", words["zh"][key])), key


def fill_nothing(page, published):
    pass


def fill_wrong(page, published):
    page.fill("#input-eer", "64")
    page.keyboard.press("Enter")


def fill_strange(page, published):
    type_lesion(page, published)
    page.fill("#input-adc", "1.9")
    page.check("input[value='yes'][name='accompanying_signs']", force=True)
    page.check("input[value=''][name='er_status']", force=True)
    for summary in page.locator("summary").all():
        summary.click()


@pytest.mark.parametrize("state", [fill_nothing, fill_wrong, fill_strange])
@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en-GB", "light", 1440), ("zh-CN", "dark", 1440), ("en-GB", "dark", 360)]
)
def test_axe_finds_no_violation(open_page, published, axe, state, locale, scheme, width):
    page = open_page(locale=locale, scheme=scheme, width=width)
    state(page, published)
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS) == []


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_narrow_screen_does_not_scroll_sideways_and_keeps_the_result_in_view(open_page, published, locale):
    page = open_page(locale=locale, width=360)
    fill_strange(page, published)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("#input-case").scroll_into_view_if_needed()
    box = page.locator("#headline").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] < 250


def test_an_impossible_number_has_no_answer_and_says_which_unit_it_may_be(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.fill("#input-eer", "64")
    assert page.inner_text("#error-eer") == ""  # still typing
    page.keyboard.press("Enter")
    assert "It looks like %; multiply by 0.01" in page.inner_text("#error-eer")
    assert page.get_attribute("#input-eer", "aria-invalid") == "true"
    assert "No answer" in page.inner_text("#headline")
    assert "%" not in page.inner_text("#headline")


@pytest.mark.parametrize("typed", ["0,82", "０．８２", " 0.82 ", ".82"])
def test_a_number_may_be_typed_as_people_do(open_page, published, typed):
    page = open_page()
    type_lesion(page, published)
    expected = page.inner_text("#headline")
    page.fill("#input-adc", "")
    assert page.inner_text("#headline") != expected
    page.fill("#input-adc", typed)
    assert page.inner_text("#headline") == expected


def test_a_missing_finding_is_named_and_leads_to_its_field(open_page, published):
    page = open_page()
    type_lesion(page, published, {name: value for name, value in LESION.items() if name != "ki67_status"})
    remark = page.locator(".remarks .missing").first
    answer = published[0].predict(
        {name: v for name, v in LESION.items() if name in published[0].variables and name != "ki67_status"}
    )
    assert (
        f"between {percent(answer.spread_low, ' ')} and {percent(answer.spread_high, ' ')}"
        in remark.inner_text()
    )
    remark.get_by_role("link", name="Ki-67 status").click()
    assert page.evaluate("document.activeElement.name") == "ki67_status"


def test_a_lesion_that_the_models_were_not_made_for_has_no_answer(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.get_by_label("Pure non-mass enhancement").check(force=True)
    assert "not made for such lesions: Pure non-mass enhancement" in page.inner_text("#headline")
    assert page.locator(".classes").count() == 0
    assert page.inner_text("#rest") == ""


def test_the_equation_adds_up_to_the_log_odds(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.locator(".equation summary").first.click()
    table = page.locator(".equation").first
    numbers = [float(text.replace("−", "-")) for text in table.locator("td:last-child").all_inner_texts()]
    answer = published[0].predict(
        {name: value for name, value in LESION.items() if name in published[0].variables}
    )
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.0005 * len(numbers))
    assert numbers[-1] == pytest.approx(answer.linear_predictor, abs=0.0005)


def test_a_click_that_leaves_a_field_does_what_it_was_made_for(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.locator("#input-adc").fill("0.9")
    page.locator("details.equation summary").first.click()
    assert page.locator("details.equation").first.get_attribute("open") is not None


def test_another_case_mix_moves_the_answer(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.locator(".mix > summary").click()
    page.fill("#input-prevalence-0", "40")
    page.keyboard.press("Enter")
    own = {name: value for name, value in LESION.items() if name in published[0].variables}
    assert percent(published[0].predict(own, prevalence=0.4).probability, " ") in page.inner_text("#headline")


def test_a_new_case_starts_empty_and_nothing_is_stored(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.fill("#input-case", "A 17")
    page.get_by_role("button", name="New case").click()
    assert page.locator("#form input:checked:not([value=''])").count() == 0
    assert page.input_value("#input-adc") == page.input_value("#input-case") == ""
    stored = "[document.cookie, localStorage.length, sessionStorage.length, location.search, location.hash]"
    assert page.evaluate(stored) == ["", 0, 0, "", ""]


def test_the_colours_follow_the_system_and_the_button(open_page):
    page = open_page()
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(paper) != light
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(paper) == light


def test_paper_shows_what_was_given_and_when(open_page, published):
    page = open_page(scheme="dark")
    type_lesion(page, published)
    page.fill("#input-case", "A 17")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.inner_text("#printed").startswith("A 17 · Printed ")
    choices = page.locator(".field .choice:visible").all_inner_texts()
    assert len(choices) == len(LESION) - 2  # the two measurements are typed
    assert "Upper right" in choices
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_page_whose_model_was_altered_refuses_to_answer(open_page, calculator_file, published, tmp_path):
    altered = tmp_path / "altered.html"
    intercept = published[0].content["parameters"]["intercept"]
    text = calculator_file.read_text(encoding="utf-8")
    assert text.count(f'"intercept":{intercept}') == 1
    altered.write_text(
        text.replace(f'"intercept":{intercept}', f'"intercept":{intercept + 1e-6}'), encoding="utf-8"
    )
    page = open_page(file=altered)
    assert "Do not use it" in page.inner_text("body")
    assert page.locator("input").count() == 0
