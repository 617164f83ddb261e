"""What each input did to the probability of a tree or a network."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from made_up import LESION

from her2mri.bundle import Bundle


def partial(bundle: Bundle, names: tuple[str, ...]) -> float | None:
    return bundle.predict({name: LESION[name] for name in names}).probability


def test_contributions_are_mean_additions_over_all_orders_of_becoming_known(frozen):
    """Each set of inputs is asked for through the door that answers for missing inputs."""
    bundle = frozen["ANN"]
    answer = bundle.predict(LESION, explained=True)
    names = tuple(LESION)
    seen: dict[frozenset[str], float | None] = {frozenset(): answer.baseline}
    total = dict.fromkeys(names, 0.0)
    orders = list(permutations(names))
    for order in orders:
        for position, name in enumerate(order):
            for known in (order[:position], order[: position + 1]):
                if frozenset(known) not in seen:
                    seen[frozenset(known)] = partial(bundle, known)
            total[name] += seen[frozenset(order[: position + 1])] - seen[frozenset(order[:position])]
    assert answer.contributions == pytest.approx({k: v / len(orders) for k, v in total.items()}, abs=1e-9)


@pytest.mark.parametrize("model", ["DT", "ANN"])
@pytest.mark.parametrize(
    ("change", "prevalence"), [({}, None), ({"adc": None, "quadrant": None}, None), ({}, 0.1)]
)
def test_average_and_contributions_sum_to_the_probability(frozen, model, change, prevalence):
    answer = frozen[model].predict({**LESION, **change}, prevalence=prevalence, explained=True)
    known = [value for value in answer.contributions.values() if value is not None]
    assert answer.baseline + sum(known) == pytest.approx(answer.probability, abs=1e-9)
    assert answer.contributions_to == "probability"
    assert {name for name, value in answer.contributions.items() if value is None} == set(answer.missing)


def test_an_explanation_changes_no_other_number_of_the_answer(frozen):
    for bundle in (frozen["LR"], frozen["ANN"]):
        plainly, explained = (bundle.predict(LESION, explained=asked).as_dict() for asked in (False, True))
        for name in set(plainly) - {"baseline", "contributions", "contributions_to"}:
            assert plainly[name] == explained[name]
    assert frozen["LR"].predict(LESION) == frozen["LR"].predict(LESION, explained=True)


def test_the_command_line_explains_one_lesion(her2mri, golden, monkeypatch):
    import io
    import sys
    from types import SimpleNamespace

    given = SimpleNamespace(buffer=io.BytesIO(json.dumps(LESION).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    code, said, _ = her2mri("predict", golden / "bundle" / "her2_low_DT.json", "-")
    assert code == 0
    assert "what knowing each value adds" in said
