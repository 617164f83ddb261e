"""The figures that the study behind the dictionary printed: its Tables 1 to 4 as data."""

from __future__ import annotations

from importlib import resources

import pandas as pd


def characteristics() -> pd.DataFrame:
    """Tables 1 and 2: what was printed of each variable in each sample and group.

    Columns: task, sample, group (``positive`` or ``negative`` of that task), variable, level (empty for a
    continuous variable), summary (``count``, ``mean_sd`` or ``median_iqr``), count, mean, sd, median, q1, q3.

    >>> table = characteristics()
    >>> row = table.query("task == 'her2_low' and variable == 'shape' and level == 'irregular'").iloc[0]
    >>> row["sample"], row["group"], int(row["count"])
    ('training', 'positive', 282)
    """
    return _read("published_characteristics").astype({"count": "Int64"}).fillna({"level": ""})


def characteristics_p() -> pd.DataFrame:
    """The adjusted p-values of Tables 1 and 2: task, sample, variable, p_adjusted, upper_bound.

    ``upper_bound`` says that the p-value was printed as smaller than ``p_adjusted`` (``<0.001``).

    >>> table = characteristics_p()
    >>> table.query("upper_bound")["p_adjusted"].unique().tolist()
    [0.001]
    """
    table = _read("published_characteristics_p", text=("p_adjusted",))
    printed = table["p_adjusted"]
    return table.assign(
        p_adjusted=printed.str.removeprefix("<").astype(float), upper_bound=printed.str.startswith("<")
    )


def performance() -> pd.DataFrame:
    """Tables 3 and 4: task, model, sample, metric, estimate, conf_low, conf_high, positive.

    ``model`` is one of ``vocabulary.MODELS``, or ``radiologist_1`` or ``radiologist_2``, alone or
    ``_with_nomogram``. ``positive`` is the class that the printed sensitivity and predictive values are of:
    in the second task the printed figures fit HER2-zero only, although the task's event is HER2-low.

    >>> performance().query("model == 'LR' and metric == 'auc'")["estimate"].tolist()
    [0.8, 0.74, 0.66, 0.76, 0.67, 0.74]
    """
    return _read("published_performance")


def _read(name: str, *, text: tuple[str, ...] = ()) -> pd.DataFrame:
    path = resources.files("her2mri.datasets").joinpath("data", f"{name}.csv")
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=dict.fromkeys(text, str))
