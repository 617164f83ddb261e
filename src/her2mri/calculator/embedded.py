"""What of the bundles goes into the page, and which bundles may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any, Final

from her2mri import __version__
from her2mri.bundle import Bundle
from her2mri.bundle.chain import Chain, read_chain
from her2mri.bundle.families import Logistic
from her2mri.dictionary.translation import translation
from her2mri.errors import BundleError, Fault

LANGUAGES: Final = ("zh",)
"""Languages beside English."""

HERMITE_NODES: Final = {1: 24, 2: 12, 3: 8}
"""Nodes a dimension of the Gauss-Hermite rule, by number of missing measurements: as in docs/bundle.md."""

NORMAL_NODES: Final = 101
_SAME: Final = ("kind", "unit", "bounds")


def embedded(bundles: Sequence[Bundle]) -> dict[str, Any]:
    """The data of the page: whole bundles, how they follow each other, words of other languages, fixed nodes.

    Raises BundleError for a model with patient data or without a nomogram, and for bundles that do not chain.
    """
    check_bundles(bundles)
    asked = read_chain(bundles)
    ordered = [asked.first, asked.second] if isinstance(asked, Chain) else list(bundles)
    return {
        "bundles": [bundle.content for bundle in ordered],
        "after_event": isinstance(asked, Chain) and asked.after_event,
        "words": {language: _words(ordered, language) for language in LANGUAGES},
        "nodes": {**_hermite(), "normal": _normal()},
        "version": __version__,
    }


def check_bundles(bundles: Sequence[Bundle]) -> None:
    """Raise BundleError with every reason why these bundles cannot be one page."""
    faults = list(_faults(bundles))
    if faults:
        raise BundleError(faults)


def _faults(bundles: Sequence[Bundle]) -> Iterator[Fault]:
    for bundle in bundles:
        where = f"{bundle.task.name}/{bundle.model}"
        if bundle.contains_patient_data:
            remedy = "give the logistic regression of the same task"
            yield Fault(where, "holds rows of patients, and is never put into a page", remedy=remedy)
        elif not isinstance(bundle.family, Logistic):
            remedy = "give the logistic regression of the same task, or ask this one by her2mri predict"
            yield Fault(where, "has no nomogram", allowed="a linear model: LR", remedy=remedy)
    if len(bundles) == 2:
        yield from _differences(*bundles)


def _differences(one: Bundle, other: Bundle) -> Iterator[Fault]:
    """One field of the form must mean one thing."""
    for name in one.variables.keys() & other.variables.keys():
        a, b = one.variables[name], other.variables[name]
        if a.values != b.values or any(getattr(a, part) != getattr(b, part) for part in _SAME):
            problem = f"{name} is not the same variable in both: their dictionaries differ"
            yield Fault("bundles", problem, remedy="give two bundles of one study")


def _words(bundles: Sequence[Bundle], language: str) -> dict[str, Any]:
    """What the dictionary's translation says of these bundles' tasks and variables."""
    words = translation(bundles[0].content["dictionary"]["name"], language)
    variables = {name for bundle in bundles for name in bundle.variables}
    own = dict.fromkeys(("variables", "levels", "descriptions"), variables)
    return {
        part: {name: text for name, text in entries.items() if name in own.get(part, entries)}
        for part, entries in words.items()
    }


def _hermite() -> dict[str, list[list[float]]]:
    from numpy.polynomial.hermite_e import hermegauss

    rules = {str(dimensions): hermegauss(count) for dimensions, count in HERMITE_NODES.items()}
    return {
        dimensions: [[float(x), float(w)] for x, w in zip(*rule, strict=True)]
        for dimensions, rule in rules.items()
    }


def _normal() -> list[float]:
    return [NormalDist().inv_cdf((i + 0.5) / NORMAL_NODES) for i in range(NORMAL_NODES)]
