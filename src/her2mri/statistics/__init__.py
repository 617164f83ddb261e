"""Tests, multiplicity, intervals, standardised differences and table one."""

from her2mri.statistics.chi_square import chi_square
from her2mri.statistics.effect_size import (
    standardised_difference_of_levels,
    standardised_mean_difference,
)
from her2mri.statistics.fisher import fisher_exact
from her2mri.statistics.hypothesis_test import NOT_APPLICABLE, HypothesisTest
from her2mri.statistics.independence import independence_test
from her2mri.statistics.intervals import clopper_pearson, wilson
from her2mri.statistics.multiplicity import benjamini_hochberg, holm
from her2mri.statistics.normality import kolmogorov_smirnov
from her2mri.statistics.table_one import TABLE_ONE_COLUMNS, TableOne, table_one
from her2mri.statistics.table_one_display import format_p
from her2mri.statistics.two_samples import location_test, rank_sum_test, t_test

__all__ = [
    "NOT_APPLICABLE",
    "TABLE_ONE_COLUMNS",
    "HypothesisTest",
    "TableOne",
    "benjamini_hochberg",
    "chi_square",
    "clopper_pearson",
    "fisher_exact",
    "format_p",
    "holm",
    "independence_test",
    "kolmogorov_smirnov",
    "location_test",
    "rank_sum_test",
    "standardised_difference_of_levels",
    "standardised_mean_difference",
    "t_test",
    "table_one",
    "wilson",
]
