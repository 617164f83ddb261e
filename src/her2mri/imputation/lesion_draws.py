"""Random numbers that belong to a lesion: the same values get the same draws in any table, at any place.

A prediction must not change with the other lesions in the file. So the draws for a new lesion come from a
counter, mixed with the lesion's own values (SplitMix64, Steele and others 2014, doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from her2mri.cohort.design_matrix import FloatArray

Keys = np.ndarray[tuple[int], np.dtype[np.uint64]]

_WORD: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB


def lesion_keys(codes: FloatArray) -> Keys:
    """One number a lesion, from its values; missing ones count as such."""
    keys: Keys = np.zeros(len(codes), dtype=np.uint64)
    for column in np.where(np.isnan(codes), np.inf, codes + 0.0).T:
        keys = _mixed(keys ^ np.ascontiguousarray(column).view(np.uint64))
    return keys


def lesion_uniforms(keys: Keys, place: tuple[int, ...], columns: int) -> FloatArray:
    """Uniform numbers in [0, 1), lesions by ``columns``, of one ``place`` (seed, imputation, round, variable).

    >>> keys = lesion_keys(np.array([[1.0, 2.0], [3.0, np.nan]]))
    >>> one = lesion_uniforms(keys[1:], (0, 1), 2)
    >>> bool((one == lesion_uniforms(keys, (0, 1), 2)[1]).all())
    True
    """
    counter = 0
    for number in place:
        counter = _mixed_number(counter ^ number)
    numbers = [_mixed(keys ^ np.uint64(_mixed_number(counter ^ (column + 1)))) for column in range(columns)]
    return np.column_stack([(number >> np.uint64(11)).astype(np.float64) * 2.0**-53 for number in numbers])


def _mixed(keys: Keys) -> Keys:
    # Overflow is meant: arithmetic modulo 2 to the 64th.
    mixed = keys + np.uint64(_GOLDEN)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    return mixed ^ (mixed >> np.uint64(31))


def _mixed_number(number: int) -> int:
    mixed = (number + _GOLDEN) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _WORD
    return mixed ^ (mixed >> 31)
