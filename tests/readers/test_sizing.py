from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2mri.errors import EstimationError
from her2mri.readers.obuchowski_rockette import Components
from her2mri.readers.sizing import cases_needed, conjectured_components, power, power_table

VAN_DYKE = Components(0.004796171, 0.0005510306, 0.0007921325, 0.000342009, 0.0003395265, 0.0002358497)


def test_power_at_the_pilots_own_size_is_that_of_its_own_test() -> None:
    """Noncentrality and df of a study like the pilot are the pilot's F and Hillis' df."""
    _, noncentrality, df = power(VAN_DYKE, 114, effect=0.04380032, readers=5, cases=114)
    assert noncentrality == pytest.approx(2.117747**2, rel=1e-5)
    assert df == pytest.approx(15.06611, abs=1e-4)


def test_the_cases_needed_are_the_fewest_with_the_power() -> None:
    needed = cases_needed(VAN_DYKE, 114, effect=0.05, readers=6)
    options = {"effect": 0.05, "readers": 6}
    assert power(VAN_DYKE, 114, cases=needed, **options)[0] >= 0.8
    assert power(VAN_DYKE, 114, cases=needed - 1, **options)[0] < 0.8


@settings(max_examples=40)
@given(st.integers(2, 20), st.integers(20, 500), st.floats(0.0, 0.1))
def test_power_grows_with_readers_and_effect_and_the_noncentrality_with_cases(readers, cases, effect) -> None:
    def at(**changes):
        return power(VAN_DYKE, 114, **({"readers": readers, "cases": cases, "effect": effect} | changes))[0]

    assert 0.05 - 1e-9 <= at() <= 1.0
    assert at(readers=readers + 1) >= at() - 1e-9
    more = power(VAN_DYKE, 114, readers=readers, cases=cases + 50, effect=effect)
    assert more[1] >= power(VAN_DYKE, 114, readers=readers, cases=cases, effect=effect)[1]
    assert at(effect=effect + 0.02) >= at()


def test_the_predicted_power_is_met_in_simulated_figures() -> None:
    """Draw figures with the components themselves: the share rejected is the power, within four errors."""
    from her2mri.readers.obuchowski_rockette import obuchowski_rockette

    rng = np.random.default_rng(4)
    parts = conjectured_components(
        auc=0.8, n_events=50, n_nonevents=100, same_reader=0.5, same_arm=0.4, different=0.3, gain_sd=0.02
    )
    readers, effect, studies = 6, 0.06, 800
    sigma = np.full((readers, 2, readers, 2), parts.cov3)
    for j in range(readers):
        sigma[j, 0, :, 0] = sigma[j, 1, :, 1] = parts.cov2
        sigma[j, 0, j, 1] = sigma[j, 1, j, 0] = parts.cov1
    for j in range(readers):
        sigma[j, 0, j, 0] = sigma[j, 1, j, 1] = parts.variance
    flat = sigma.reshape(2 * readers, 2 * readers)
    errors = rng.multivariate_normal(np.zeros(2 * readers), flat, size=studies).reshape(studies, readers, 2)
    errors += rng.normal(0.0, 0.02 / np.sqrt(2.0), errors.shape) + np.array([0.0, effect])
    found = [obuchowski_rockette(one, sigma).difference["random readers and cases"].p_value for one in errors]
    expected = power(parts, 150, effect=effect, readers=readers, cases=150)[0]
    share = float(np.mean(np.array(found) < 0.05))
    assert share == pytest.approx(expected, abs=4.0 * np.sqrt(expected * (1.0 - expected) / studies))


def test_a_table_has_a_row_for_each_size_and_a_pilot_of_one_reader_is_refused() -> None:
    table = power_table(VAN_DYKE, 114, effect=0.05, readers=[3, 6], cases=[100, 200, 300])
    assert len(table) == 6
    alone = Components(0.01, np.nan, 0.001, 0.0003, np.nan, np.nan)
    with pytest.raises(EstimationError, match="2 readers or more"):
        power(alone, 100, effect=0.05, readers=5, cases=100)
    with pytest.raises(ValueError, match="readers must be 2 or more, got 1"):
        power(VAN_DYKE, 114, effect=0.05, readers=1, cases=100)
    with pytest.raises(ValueError, match=r"got 1\.0"):
        conjectured_components(
            auc=1.0, n_events=50, n_nonevents=50, same_reader=0.4, same_arm=0.4, different=0.2, gain_sd=0.0
        )
