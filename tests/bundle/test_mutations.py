"""Ten thousand mutated bundles and lesions: never a traceback, never a wrong answer without a word."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import LESION

from her2mri.bundle import Answer, Bundle
from her2mri.bundle.canonical import digest
from her2mri.bundle.lesion import Input
from her2mri.errors import BundleError, LesionError

GOLDEN = Path(__file__).parents[1] / "golden" / "bundle"
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, 1e-300, 1e9, 1e12, 1e300, -1e300, 10**400, math.nan, math.inf, -math.inf,
    "", "x", "NaN", "1", "N0", "high", "\ud800", "é" * 3000, [], [1.0], [[1.0]], {}, {"a": 1}, [None], ["high"],
)  # fmt: skip
FILES, SIGNED_ANEW, LESIONS = 6000, 500, 3500


def places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value in the content."""
    found = [at] if at else []
    entries = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in entries:
        found += places(value, (*at, key))
    return found


def assert_sound(answer: Answer) -> None:
    """An answer is a probability inside its interval, or a refusal that says why."""
    if answer.refused:
        assert answer.probability is None
        return
    assert answer.probability is not None
    assert 0 <= answer.probability <= 1
    if answer.conf_low is not None and answer.conf_high is not None:
        assert 0 <= answer.conf_low <= answer.conf_high <= 1
    json.dumps(answer.as_dict(), allow_nan=False)


def is_ordinary(value: Any, known: Input) -> bool:
    """A level met in development in any spelling, or a number within its range."""
    if known.levels:
        return known.variable.spellings().get(str(value).strip().casefold()) in known.levels
    return known.low <= value <= known.high


def read(text: bytes) -> Bundle | None:
    try:
        return Bundle.loads(text)
    except BundleError:
        return None


def signed(content: dict[str, Any]) -> Bundle | None:
    """The content under a fresh hash; NaN and half characters have no canonical form: nobody can sign them."""
    try:
        content["sha256"] = digest(content)
    except (ValueError, OverflowError):
        return None
    try:
        return Bundle.of(content)
    except BundleError:
        return None


def asked(bundle: Bundle, lesion: dict[str, Any]) -> Answer | None:
    try:
        return bundle.predict(lesion)
    except LesionError:
        return None


@pytest.mark.thorough
def test_a_mutated_file_is_refused_or_is_the_same_bundle():
    """Bits flipped, bytes cut, doubled and swapped: the hash notices whatever changes the content."""
    rng = np.random.default_rng(np.random.SeedSequence(31))
    texts = [path.read_bytes() for path in sorted(GOLDEN.glob("*.json"))]
    whole = [Bundle.loads(text).sha256 for text in texts]
    same = 0
    for _ in range(FILES):
        which = int(rng.integers(len(texts)))
        mutated = bytearray(texts[which])
        at, length = int(rng.integers(len(mutated))), int(rng.integers(1, 40))
        kind = rng.integers(4)
        if kind == 0:
            mutated[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del mutated[at : at + length]
        elif kind == 2:
            mutated[at:at] = mutated[at : at + length]
        else:
            mutated[at : at + length] = rng.bytes(length)
        found = read(bytes(mutated))
        if found is not None:
            same += 1
            assert found.sha256 == whole[which]
    assert same < FILES / 100


@pytest.mark.thorough
def test_a_mutated_content_under_a_fresh_hash_is_refused_or_answers_as_its_checks_say():
    """Whoever signs anew can make another model, but none that contradicts itself or its checks."""
    rng = np.random.default_rng(np.random.SeedSequence(32))
    originals = [json.loads(path.read_bytes()) for path in sorted(GOLDEN.glob("*.json"))]
    paths = [places(content) for content in originals]
    expected = [Bundle.of(content).predict(LESION) for content in originals]
    accepted = 0
    for _ in range(SIGNED_ANEW):
        which = int(rng.integers(len(originals)))
        content = copy.deepcopy(originals[which])
        path = paths[which][int(rng.integers(len(paths[which])))]
        holder = content
        for key in path[:-1]:
            holder = holder[key]
        kind = rng.integers(4)
        if kind == 0:
            del holder[path[-1]]
        elif kind == 1 and isinstance(holder, dict):
            holder["more"] = 1
        elif kind == 2 and isinstance(holder[path[-1]], int | float):
            holder[path[-1]] *= float(rng.choice([-1.0, 0.0, 1.5, 1e6, 1e300]))
        else:
            holder[path[-1]] = STRANGE[int(rng.integers(len(STRANGE)))]
        bundle = signed(content)
        answer = None if bundle is None else asked(bundle, LESION)
        if answer is None:
            continue
        accepted += 1
        assert_sound(answer)
        if (
            bundle.model != "DT"
            and not answer.refused
            and not (answer.warnings and not expected[which].warnings)
        ):
            # A tree may be moved between the values that its checks try; no other model can.
            assert answer.probability == pytest.approx(expected[which].probability, abs=1e-6), path
    assert 0 < accepted < SIGNED_ANEW


def test_a_mutated_lesion_is_a_fault_refused_warned_of_or_answered_soundly():
    rng = np.random.default_rng(np.random.SeedSequence(33))
    bundles = [Bundle.load(path) for path in sorted(GOLDEN.glob("*.json"))]
    names = [*LESION, "pure_nme", "distant_metastasis", "age", "shape", "", "ADC"]
    whole = [bundle.predict(LESION) for bundle in bundles]
    for _ in range(LESIONS):
        which = int(rng.integers(len(bundles)))
        bundle, lesion = bundles[which], dict(LESION)
        for _ in range(int(rng.integers(1, 4))):
            name = names[int(rng.integers(len(names)))]
            if rng.random() < 0.3:
                lesion.pop(name, None)
            else:
                lesion[name] = STRANGE[int(rng.integers(len(STRANGE)))]
        answer = asked(bundle, lesion)
        if answer is None:
            continue
        assert_sound(answer)
        if answer.refused or answer.probability == whole[which].probability:
            continue
        silent = not [warned for warned in answer.warnings if warned.code != "no_interval"]
        assert not silent or all(
            is_ordinary(lesion.get(known.variable.name), known) for known in bundle.inputs
        )
