"""What a new reading room begins with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources

import pytest

from her2mri.study.freeze import bundles
from her2mri.study.study import Study
from her2mri.study.study_file import parse_study


def leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a bundle with its place, but for the hash over all of them: processors round differently."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{place}/{name}")
    elif place != "/sha256":
        yield place, value


@pytest.mark.thorough
def test_a_room_begins_with_the_logistic_models_of_todays_published_study():
    # Neither the other families nor the explanation is in these bundles, but they take most of the time.
    lean = {"models": {"families": ["LR"]}, "explanation": {"background": 10}}
    result = Study.from_toml(None, protocol="paper", **lean).run()
    found = bundles(replace(result, study=parse_study({"protocol": "paper"})))
    folder = resources.files("her2mri.web") / "starting_models"
    kept = {file.name.removesuffix(".json"): file.read_bytes() for file in folder.iterdir()}
    assert set(kept) == {"her2_positive", "her2_low"}
    for name, content in kept.items():
        here = dict(leaves(json.loads(content)))
        today = dict(leaves(json.loads(found[f"{name}/LR"].dumps())))
        assert set(here) == set(today)
        for place, value in today.items():
            expected = pytest.approx(value, rel=1e-8, abs=1e-10) if isinstance(value, float) else value
            assert here[place] == expected, place
