"""The file: one content, one text; whatever is not a whole and unaltered bundle is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from her2mri.bundle import Bundle
from her2mri.bundle.canonical import digest
from her2mri.bundle.schema import bundle_schema, problems
from her2mri.errors import BundleError, InputError
from her2mri.study.freeze import freeze

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "bundle").glob("*.json"))


def resigned(content: dict[str, Any]) -> bytes:
    return json.dumps({**content, "sha256": digest(content)}).encode()


def test_the_same_fit_gives_the_same_bytes(study, frozen):
    fits, source = study
    assert freeze(fits["LR"], source).dumps() == frozen["LR"].dumps()


def test_a_bundle_reads_back_as_it_was_written(frozen):
    for bundle in frozen.values():
        assert Bundle.loads(bundle.dumps()).dumps() == bundle.dumps()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_bundle_of_format_1_is_read_for_ever_with_its_answers(path):
    bundle = Bundle.load(path)
    assert bundle.dumps() == path.read_bytes()
    assert len(bundle.content["checks"]) >= 3


def test_spaces_and_the_order_of_keys_do_not_alter_a_bundle(frozen):
    spread = json.dumps(dict(reversed(frozen["LR"].content.items())), indent=2).encode()
    assert Bundle.loads(spread).sha256 == frozen["LR"].sha256


def test_an_altered_number_is_refused(frozen):
    text = frozen["LR"].dumps()
    position = text.index(b'"intercept":') + len('"intercept":-0.')
    altered = (
        text[:position] + (b"7" if text[position : position + 1] != b"7" else b"8") + text[position + 1 :]
    )
    with pytest.raises(BundleError, match="altered or damaged"):
        Bundle.loads(altered)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not readable"),
        (b"[]", "one JSON object"),
        (b"\xff\xfe{}", "not readable"),
        (b'{"format":1,"format":1}', "a key stands twice"),
        (b'{"format":NaN}', "not a finite number"),
        (b'{"format":1e999}', "not a finite number"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"format":true}', "names no format"),
        (b'{"format":0}', "no such format"),
        (b'{"format":3}', "newer than 2"),
        (b'{"format":1,"sha256":"\\ud800"}', "not a bundle|altered"),
        (b'{"format":1,"x":"\\ud800"}', "not a bundle"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused(text, reason):
    with pytest.raises(BundleError, match=reason):
        Bundle.loads(text)


def test_a_truncated_file_is_refused(frozen):
    text = frozen["LR"].dumps()
    for end in range(0, len(text) - 2, 997):
        with pytest.raises(BundleError):
            Bundle.loads(text[:end])


def test_a_missing_file_is_the_fault_of_the_input(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Bundle.load(tmp_path / "none.json")


def contradicting(name: str, content: dict[str, Any]) -> None:
    parameters, development, encoding = content["parameters"], content["development"], content["encoding"]
    changes = {
        "a covariance that bends the wrong way": lambda: parameters["covariance"][0].__setitem__(0, -1.0),
        "a coefficient too few": lambda: parameters["coefficients"].pop(),
        "a huge coefficient": lambda: parameters["coefficients"].__setitem__(0, 1e300),
        "a term of no variable": lambda: encoding["terms"][0].__setitem__("variable", "nothing"),
        "another order of terms": lambda: encoding["terms"].reverse(),
        "more events than lesions": lambda: development.__setitem__("n_events", development["n"] + 1),
        "counts of other levels": lambda: development["variables"]["quadrant"]["counts"].__setitem__("x", 1),
        "a joint model without a distribution": lambda: development["joint"]["coupling"][-1].__setitem__(-1, 1.0),
        "another answer to a check": lambda: content["checks"][0].__setitem__("probability", 0.123),
        "an intercept that its checks deny": lambda: parameters.__setitem__("intercept", 0.123),
        "patients denied": lambda: content.__setitem__("contains_patient_data", True),
        "another family": lambda: content["model"].__setitem__("name", "DT"),
        "a key nobody knows": lambda: content.__setitem__("more", 1),
        "a level that is event and not": lambda: content["task"]["negative"].append("positive"),
        "two locked thresholds": lambda: [entry.__setitem__("locked", True) for entry in content["thresholds"]],
        "an exclusion of nothing": lambda: content["exclusions"][0].__setitem__("equals", ["perhaps"]),
        "text for a number": lambda: parameters.__setitem__("intercept", "0.5"),
        "true for a number": lambda: parameters.__setitem__("intercept", True),
    }  # fmt: skip
    changes[name]()


@pytest.mark.parametrize(
    "name",
    [
        "a covariance that bends the wrong way", "a coefficient too few", "a huge coefficient",
        "a term of no variable", "another order of terms", "more events than lesions",
        "counts of other levels", "a joint model without a distribution", "another answer to a check",
        "an intercept that its checks deny", "patients denied", "another family", "a key nobody knows",
        "a level that is event and not", "two locked thresholds", "an exclusion of nothing",
        "text for a number", "true for a number",
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_even_under_a_fresh_hash(frozen, name):
    content = copy.deepcopy(frozen["LR"].content)
    contradicting(name, content)
    with pytest.raises(BundleError):
        Bundle.loads(resigned(content))


def test_a_tree_that_walks_in_a_circle_is_refused(frozen):
    content = copy.deepcopy(frozen["DT"].content)
    content["parameters"]["left"][0] = 0
    with pytest.raises(BundleError, match="leads nowhere"):
        Bundle.loads(resigned(content))


def test_every_fault_of_a_bundle_is_said_at_once(frozen):
    content = copy.deepcopy(frozen["LR"].content)
    content["more"], content["parameters"]["intercept"] = 1, "x"
    with pytest.raises(BundleError) as caught:
        Bundle.loads(resigned(content))
    assert len(caught.value.faults) == 2


def test_families_that_carry_patients_say_so_and_no_other_does(frozen):
    assert {model: bundle.contains_patient_data for model, bundle in frozen.items()} == {
        "LR": False, "DT": False, "ANN": False, "SVM": True, "k-NN": True,
    }  # fmt: skip


def test_the_published_schema_uses_only_words_that_the_reader_obeys():
    known = {
        "$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "minimum", "maximum",
        "minLength", "maxLength", "minItems", "maxItems", "items", "properties", "required",
        "additionalProperties", "oneOf",
    }  # fmt: skip
    met: set[str] = set()

    def walk(schema: Any) -> None:
        met.update(schema)
        for part in ("properties", "$defs"):
            for below in schema.get(part, {}).values():
                walk(below)
        for below in (schema.get("items"), schema.get("additionalProperties"), *schema.get("oneOf", ())):
            if isinstance(below, dict):
                walk(below)

    walk(bundle_schema())
    assert met <= known


def test_a_schema_problem_names_its_place():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "integer", "maximum": 3}}},
    }
    assert problems({"a": [1, 5, True]}, schema) == ["a[1]: must be at most 3", "a[2]: must be integer"]
