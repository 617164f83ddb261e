"""The file itself: what is in it, what its policy allows, and which bundles it refuses."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re

import pytest

from her2mri.bundle import Bundle
from her2mri.calculator import calculator_page
from her2mri.dictionary import load_dictionary
from her2mri.dictionary.translation import translation
from her2mri.errors import BundleError


@pytest.fixture(scope="module")
def text(calculator_file):
    return calculator_file.read_text(encoding="utf-8")


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(text):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules.pop(rule) == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}


def test_the_bundles_can_be_taken_out_of_the_page_again(text, published):
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    contents = json.loads(data)["bundles"]
    assert [Bundle.of(content).sha256 for content in contents] == [bundle.sha256 for bundle in published]


def test_the_page_is_the_same_bytes_each_time_and_in_either_order(text, published):
    assert calculator_page(published[::-1]) == text


def test_the_disclaimer_stands_once(text):
    assert text.count("not a medical device. Nothing") == 1


def test_a_label_cannot_end_the_script(published):
    content = json.loads(published[0].dumps())
    content["card"]["notice"] = "</script><script>alert(1)</script>"
    lesions = [check["lesion"] for check in content["checks"]]
    page = calculator_page([Bundle.sealed(content, lesions)])
    assert "</script><script>alert" not in page


def test_two_models_of_one_task_are_refused(published):
    with pytest.raises(BundleError, match="do not make a chain"):
        calculator_page([published[0], published[0]])


def test_a_field_must_mean_one_thing_in_both_models(published):
    content = json.loads(published[1].dumps())
    for variable in content["dictionary"]["variables"]:
        if variable["name"] == "ki67_status":
            variable["levels"].reverse()
    other = Bundle.sealed(content, [check["lesion"] for check in content["checks"]])
    with pytest.raises(BundleError, match="ki67_status is not the same variable"):
        calculator_page([published[0], other])


def test_everything_a_form_may_show_has_chinese_words(published):
    dictionary, words = load_dictionary(), translation("her2", "zh")
    for variable in dictionary.with_role(
        "predictor", "descriptor", "eligibility", "source", "leaking", "outcome"
    ):
        assert variable.name in words["variables"]
        assert set(variable.values) == set(words["levels"].get(variable.name, {}))
        if variable.role in {"predictor", "descriptor"} and variable.description:
            assert variable.name in words["descriptions"]
    assert set(words["groups"]) == set(dictionary.groups)
    assert set(words["exclusions"]) == {e.reason for e in dictionary.exclusions if e.equals}
    assert set(words["tasks"]) == {task.name for task in dictionary.tasks}
    assert all(bundle.notice in words["sentences"] for bundle in published)


def test_the_translation_names_nothing_that_does_not_exist():
    dictionary, words = load_dictionary(), translation("her2", "zh")
    names = {variable.name for variable in dictionary.variables}
    assert all(set(words[part]) <= names for part in ("variables", "levels", "descriptions"))
