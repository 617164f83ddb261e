"""What a schema cannot say of a bundle: that its parts fit together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from her2mri.bundle.arrays import FloatArray
from her2mri.bundle.families import OTHER_FAMILIES, PATIENT_FAMILIES, floats
from her2mri.bundle.formats import format_of


def contradictions(content: dict[str, Any]) -> Iterator[str]:
    """What in a bundle that obeys the schema contradicts itself; shapes before what depends on them."""
    yield from _dictionary(content)
    yield from _encoding(content)
    yield from _development(content)
    yield from _thresholds(content)
    width = len(content["encoding"]["terms"])
    plain = sum("basis" not in term for term in content["encoding"]["terms"])
    shapes = [*_summary_shapes(content["development"], width, plain), *_shapes(content["parameters"], width)]
    yield from shapes
    if shapes:
        return
    yield from _matrices(content)
    if content["parameters"]["family"] == "DT":
        yield from _tree(content["parameters"], width)


def _dictionary(content: dict[str, Any]) -> Iterator[str]:
    variables = {variable["name"]: variable for variable in content["dictionary"]["variables"]}
    if len(variables) < len(content["dictionary"]["variables"]):
        yield "dictionary: a variable is defined twice"
    for name, variable in variables.items():
        if variable["group"] not in content["dictionary"]["groups"]:
            yield f"dictionary: {name} is in no group"
        if bool(variable["levels"]) == (variable["kind"] == "continuous"):
            yield f"dictionary: {name} must have levels if and only if it is not continuous"
        if len(set(_values(variable))) < len(variable["levels"]):
            yield f"dictionary: a level of {name} stands twice"
        if variable["bounds"] and not variable["bounds"][0] < variable["bounds"][1]:
            yield f"dictionary: the bounds of {name} are no range"
    for exclusion in content["exclusions"]:
        allowed = _values(variables.get(exclusion["variable"], {"levels": []}))
        if not set(exclusion["equals"]) <= set(allowed):
            yield f"exclusions: {exclusion['reason']} speaks of unknown values"
    task, model = content["task"], content["model"]["name"]
    if set(task["positive"]) & set(task["negative"]):
        yield "task: a level is positive and negative"
    family = content["parameters"]["family"]
    if model != family and (family != "LR" or model in OTHER_FAMILIES):
        yield "model: not the family of the parameters"
    if content["format"] != format_of(content):
        yield f"format: such a content has format {format_of(content)}"
    if content["contains_patient_data"] != (model in PATIENT_FAMILIES):
        yield f"contains_patient_data: cannot be {content['contains_patient_data']} for {model}"


def _values(variable: dict[str, Any]) -> list[str]:
    return [level["value"] for level in variable["levels"]]


def _encoding(content: dict[str, Any]) -> Iterator[str]:
    """Inputs are variables of the dictionary, and columns follow from their levels and knots."""
    variables = {variable["name"]: variable for variable in content["dictionary"]["variables"]}
    columns: list[tuple[str, str | None, int]] = []
    names = [entry["name"] for entry in content["encoding"]["variables"]]
    if len(set(names)) < len(names) or content["task"]["outcome"] in names:
        yield "encoding: an input stands twice or is the outcome"
    terms = [(term["variable"], term["level"], term.get("basis", 0)) for term in content["encoding"]["terms"]]
    for entry in content["encoding"]["variables"]:
        name, levels = entry["name"], entry["levels"]
        known = variables.get(name)
        if known is None:
            yield f"encoding: {name} is not in the dictionary"
        elif bool(levels) != bool(known["levels"]) or not set(levels) <= set(_values(known)):
            yield f"encoding: the levels of {name} are not those of the dictionary"
        if len(set(levels)) < len(levels):
            yield f"encoding: a level of {name} stands twice"
        knots = entry.get("knots")
        if knots and (levels or not all(a < b for a, b in pairwise(knots))):
            yield f"encoding: the knots of {name} must rise, and a category has none"
        if levels:
            columns += [(name, level, 0) for level in levels[1:]]
        elif (name, None, 0) in terms:
            columns += [(name, None, basis) for basis in range(len(knots) - 1 if knots else 1)]
        elif knots:
            yield f"encoding: {name} has knots and no columns"
    if columns != terms:
        yield "encoding: the terms do not follow from the variables"


def _development(content: dict[str, Any]) -> Iterator[str]:
    development = content["development"]
    if not 0 < development["n_events"] < development["n"] or development["n_patients"] > development["n"]:
        yield "development: the numbers of lesions, events and patients contradict each other"
    if development["moments"]["distance_95"] > development["moments"]["distance_99"]:
        yield "development: 95 % cannot reach further than 99 %"
    levels = {entry["name"]: entry["levels"] for entry in content["encoding"]["variables"]}
    if set(levels) != set(development["variables"]):
        yield "development: not the variables of the encoding"
        return
    for name, summary in development["variables"].items():
        if "counts" in summary:
            if (
                set(summary["counts"]) != set(levels[name])
                or sum(summary["counts"].values()) > development["n"]
            ):
                yield f"development: the counts of {name} do not fit"
        elif levels[name]:
            yield f"development: {name} has levels, so it needs counts"
        elif not summary["low"] <= summary["mean"] <= summary["high"]:
            yield f"development: the mean of {name} lies outside its range"
        elif not all(a < b for a, b in pairwise(summary["ticks"])):
            yield f"development: the ticks of {name} must rise"


def _thresholds(content: dict[str, Any]) -> Iterator[str]:
    thresholds = content["thresholds"]
    if len({entry["name"] for entry in thresholds}) < len(thresholds):
        yield "thresholds: a name stands twice"
    if sum(entry["locked"] for entry in thresholds) > 1:
        yield "thresholds: more than one is locked"


def _summary_shapes(development: dict[str, Any], terms: int, plain: int) -> Iterator[str]:
    """Moments are of all columns, the joint model of those that are no bends of a spline."""
    for part, vectors, matrix, width in (
        ("moments", ("mean",), "precision", terms),
        ("joint", ("center", "scale", "bias"), "coupling", plain),
    ):
        summary = development[part]
        unit = "a term" if width == terms else "a term that is no bend"
        yield from (
            f"{part}.{name}: must have one number {unit}" for name in vectors if len(summary[name]) != width
        )
        yield from _square(summary[matrix], width, f"{part}.{matrix}")


def _shapes(parameters: dict[str, Any], width: int) -> Iterator[str]:
    family = parameters["family"]
    if "scaler" in parameters and {len(values) for values in parameters["scaler"].values()} != {width}:
        yield "parameters.scaler: must have one number a term"
    if family == "LR":
        if len(parameters["coefficients"]) != width:
            yield "parameters.coefficients: must have one number a term"
        if parameters["covariance"] is not None:
            yield from _square(parameters["covariance"], width + 1, "parameters.covariance")
    elif family == "DT":
        if len({len(values) for name, values in parameters.items() if name != "family"}) != 1:
            yield "parameters: a tree needs arrays of one length"
    elif family == "ANN":
        units = len(parameters["hidden_bias"])
        rows = parameters["hidden_weights"]
        if len(rows) != width or {len(row) for row in rows} != {units} or not units:
            yield "parameters.hidden_weights: must be terms by units"
        if len(parameters["output_weights"]) != units:
            yield "parameters.output_weights: must have one number a unit"
    else:
        rows, values = ("vectors", "weights") if family == "SVM" else ("rows", "events")
        if {len(row) for row in parameters[rows]} != {width} or len(parameters[rows]) != len(
            parameters[values]
        ):
            yield f"parameters.{rows}: must be lesions by terms, with one of {values} each"
        elif parameters.get("k", 1) > len(parameters[rows]):
            yield "parameters.k: there are not so many rows"


def _square(matrix: list[list[float]], width: int, name: str) -> Iterator[str]:
    if len(matrix) != width or any(len(row) != width for row in matrix):
        yield f"{name}: must be {width} x {width}"


def _matrices(content: dict[str, Any]) -> Iterator[str]:
    """Symmetric everywhere; a covariance and a precision bend one way only."""
    development, parameters = content["development"], content["parameters"]
    coupling = floats(development["joint"]["coupling"])
    terms = [term for term in content["encoding"]["terms"] if "basis" not in term]
    measured = [i for i, term in enumerate(terms) if term["level"] is None]
    bending = [
        ("moments.precision", floats(development["moments"]["precision"])),
        ("joint.coupling, measurements", -coupling[np.ix_(measured, measured)]),
    ]
    if parameters["family"] == "LR" and parameters["covariance"] is not None:
        bending.append(("parameters.covariance", floats(parameters["covariance"])))
    if not _symmetric(coupling):
        yield "joint.coupling: must be symmetric"
    for name, matrix in bending:
        if not _symmetric(matrix):
            yield f"{name}: must be symmetric"
            continue
        if not len(matrix):
            continue
        lowest, highest = np.linalg.eigvalsh(matrix)[[0, -1]]
        least = 1e-9 * max(highest, 1e-9)
        if (lowest <= least) if name.startswith("joint") else (lowest < -1e-6 * max(abs(highest), 1e-9)):
            yield f"{name}: must be positive definite"


def _symmetric(matrix: FloatArray) -> bool:
    size = float(np.abs(matrix).max(initial=0.0))
    return bool(np.abs(matrix - matrix.T).max(initial=0.0) <= 1e-9 * max(size, 1e-9))


def _tree(tree: dict[str, Any], width: int) -> Iterator[str]:
    """Each node leads to two later ones whose lesions add up to its own, so that every walk ends in a leaf."""
    for node, column in enumerate(tree["column"]):
        n, events = tree["n"][node], tree["n_events"][node]
        if not 0 <= events <= n or n < 1:
            yield f"parameters: node {node} has no lesions or more events than lesions"
        children = tree["left"][node], tree["right"][node]
        if column < 0:
            if children != (-1, -1):
                yield f"parameters: leaf {node} leads on"
        elif column >= width or not all(node < child < len(tree["column"]) for child in children):
            yield f"parameters: node {node} leads nowhere"
        elif any(sum(tree[key][child] for child in children) != tree[key][node] for key in ("n", "n_events")):
            yield f"parameters: the lesions of node {node} do not add up"
