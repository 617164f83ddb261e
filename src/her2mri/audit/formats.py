"""The files that an audit reads: which columns each kind of table has, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from her2mri.vocabulary import METRICS


@dataclass(frozen=True)
class Column:
    """One column: what it holds, and whether a table without it cannot be audited."""

    name: str
    meaning: str
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """One kind of table, known by the columns in ``marks``."""

    name: str
    title: str
    marks: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


_TABLE: Final = Column("table", "Name of the table in the publication: Table 3", aliases=("task",))
_SET: Final = Column(
    "set", "Training, validation, ...: the lesions that the row is about", aliases=("sample",)
)

PERFORMANCE: Final = Format(
    "performance",
    "Performance of models: one row a metric",
    ("model", "metric", "estimate"),
    (
        _TABLE,
        _SET,
        Column("model", "Model or reader", required=True),
        Column("metric", "auc, sensitivity, specificity, accuracy, npv, ppv, ...", required=True),
        Column(
            "estimate",
            "The figure exactly as printed, with its trailing zeros: 0.80 is not 0.8",
            required=True,
        ),
        Column("conf_low", "Lower bound of the 95 % interval as printed"),
        Column("conf_high", "Upper bound of the 95 % interval as printed"),
        Column("positive", "Name of the class that sensitivity is said to be of"),
        Column("negative", "Name of the other class"),
        Column("n_positive", "Lesions of the positive class in the set", aliases=("n_events",)),
        Column("n_negative", "Lesions of the other class in the set"),
        Column("n", "Lesions in the set, where n_negative is not given"),
    ),
    ("table", "set", "model", "metric"),
)

CHARACTERISTICS: Final = Format(
    "characteristics",
    "Characteristics by group (table one): one row a level and group",
    ("group", "variable"),
    (
        _TABLE,
        _SET,
        Column("cohort", "Where several sets are one cohort split in parts: its name; empty: the set"),
        Column("group", "Column of the table: HER2-low", required=True),
        Column("part_of", "Group of another table that this group is a part of: HER2-negative"),
        Column("n", "Lesions in the group"),
        Column(
            "variable", "Variable; with the dictionary's names the derived ones are checked", required=True
        ),
        Column("level", "Level of a categorical variable; empty for a continuous one"),
        Column("count", "Lesions with this level"),
        Column("percent", "Percentage as printed"),
        Column("mean", "Mean as printed"),
        Column("sd", "Standard deviation as printed"),
        Column("median", "Median as printed"),
        Column("q1", "First quartile as printed"),
        Column("q3", "Third quartile as printed"),
        Column("step", "Smallest step of the raw values (1: whole years); 1? where it is an assumption"),
        Column("p_value", "P-value as printed, on any row of the variable"),
    ),
    ("table", "set", "group", "variable", "level"),
)

RELATIONS: Final = Format(
    "relations",
    "Relations: who has this level of a variable has one of those levels of another",
    ("variable", "level", "other_variable", "other_levels"),
    (
        Column("variable", "Variable", required=True),
        Column("level", "Its level", required=True),
        Column("other_variable", "Another variable of the same table", required=True),
        Column("other_levels", "The levels that are then possible, with | between them", required=True),
    ),
    ("variable", "level", "other_variable"),
)

FORMATS: Final = (PERFORMANCE, RELATIONS, CHARACTERISTICS)
"""The more telling marks first."""

_SHORT: Final = {
    "area under the curve": "auc",
    "roc auc": "auc",
    "recall": "sensitivity",
    "se": "sensitivity",
    "sp": "specificity",
    "acc": "accuracy",
    "precision": "ppv",
    "optimal dca threshold": "dca_optimal_threshold",
}


def metric_name(text: str) -> str:
    """The vocabulary's name of a metric, or the text itself where it has none.

    >>> metric_name("Positive predictive value"), metric_name("AUC"), metric_name("F1")
    ('ppv', 'auc', 'f1')
    """
    plain = text.strip().casefold()
    for metric in METRICS.values():
        if plain in (metric.name, metric.label.casefold(), metric.name.replace("_", " ")):
            return metric.name
    return _SHORT.get(plain, plain)
