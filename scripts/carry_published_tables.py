"""Carry the figures of the published tables into the package, in its own words.

    python scripts/carry_published_tables.py FOLDER

FOLDER holds table12_cells.csv, table12_fdr_p.csv and table34_performance.csv as they were transcribed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from her2mri.dictionary import load_dictionary

DATA = Path(__file__).parents[1] / "src" / "her2mri" / "datasets" / "data"
TASK = {"1": "her2_positive", "2": "her2_low", "3": "her2_positive", "4": "her2_low"}
GROUP = {
    "HER2-positive": "positive",
    "HER2-negative": "negative",
    "HER2-low": "positive",
    "HER2-zero": "negative",
}
PRINTED_POSITIVE = {"3": "HER2-positive", "4": "HER2-zero"}  # the sensitivities of Table 4 fit no other


def characteristics(cells: pd.DataFrame) -> pd.DataFrame:
    """Tables 1 and 2, one row a printed cell."""
    spellings = {variable.name: variable.spellings() for variable in load_dictionary().variables}
    mean = cells["summary"] == "mean_sd"
    median = cells["summary"] == "median_iqr"
    levels = [
        spellings[name][level.strip().casefold()] if level else ""
        for name, level in zip(cells["variable"], cells["level"], strict=True)
    ]
    return pd.DataFrame(
        {
            "task": cells["table"].map(TASK),
            "sample": cells["set"],
            "group": cells["group"].map(GROUP),
            "variable": cells["variable"],
            "level": levels,
            "summary": cells["summary"],
            "count": cells["count"],
            "mean": cells["mean_or_median"].where(mean, ""),
            "sd": cells["sd_or_q1"].where(mean, ""),
            "median": cells["mean_or_median"].where(median, ""),
            "q1": cells["sd_or_q1"].where(median, ""),
            "q3": cells["q3"],
        }
    )


def characteristics_p(adjusted: pd.DataFrame) -> pd.DataFrame:
    """The adjusted p-values of Tables 1 and 2, as printed."""
    return pd.DataFrame(
        {
            "task": adjusted["table"].map(TASK),
            "sample": adjusted["set"],
            "variable": adjusted["variable"],
            "p_adjusted": adjusted["fdr_p"],
        }
    )


def performance(printed: pd.DataFrame) -> pd.DataFrame:
    """Tables 3 and 4, one row a printed figure; the figures that were not printed are left out."""
    model = printed["model"].where(
        ~printed["model"].str.startswith("Radiologist"),
        printed["model"].str.lower().str.replace(" ", "_"),
    )
    table = pd.DataFrame(
        {
            "task": printed["table"].map(TASK),
            "model": model,
            "sample": printed["set"],
            "metric": printed["metric"],
            "estimate": printed["estimate"],
            "conf_low": printed["conf_low"],
            "conf_high": printed["conf_high"],
            "positive": printed["table"].map(PRINTED_POSITIVE),
        }
    )
    return table[table["estimate"] != ""]


def main() -> None:
    """Write the three files."""
    source = Path(sys.argv[1])
    for name, carry, made in (
        ("table12_cells", characteristics, "published_characteristics"),
        ("table12_fdr_p", characteristics_p, "published_characteristics_p"),
        ("table34_performance", performance, "published_performance"),
    ):
        cells = pd.read_csv(source / f"{name}.csv", dtype=str, keep_default_na=False)
        carry(cells).to_csv(DATA / f"{made}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
