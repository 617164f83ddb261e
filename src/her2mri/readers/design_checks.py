"""What the order, dates and gaps of the reads say about how far the arms can be compared."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from her2mri.cohort.cohort import Caveat


def design_caveats(
    frame: pd.DataFrame, *, planned: pd.DataFrame | None = None, washout_days: int = 28
) -> list[Caveat]:
    """Caveats about missing reads, washout, order and calls that never vary."""
    return [
        *_missing(frame, planned),
        *_washout(frame, washout_days),
        *_order(frame, planned),
        *_calls(frame),
    ]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _missing(frame: pd.DataFrame, planned: pd.DataFrame | None) -> Iterator[Caveat]:
    keys = ["reader", "case", "arm"]
    if planned is not None:
        joined = planned[keys].merge(frame[keys], how="left", indicator=True)
        gone = joined[joined["_merge"] == "left_only"]
        for key, rows in gone.groupby(["reader", "arm"], sort=False):
            name, arm = map(str, key)
            message = f"{name} has not made {len(rows)} planned {arm} reads: {_listed(list(rows['case']))}"
            yield Caveat("missing_read", message, column="case")
        return
    for reader, rows in frame.groupby("reader", sort=False):
        arms = {str(name): set(part["case"]) for name, part in rows.groupby("arm")}
        if len(arms) < 2:
            continue
        for lacking, there in (("unaided", "aided"), ("aided", "unaided")):
            alone = sorted(arms[there] - arms[lacking])
            if alone:
                message = f"{reader} read {len(alone)} cases {there} only: {_listed(alone)}"
                yield Caveat("missing_read", message, column="case")


def _pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Both reads of each reader and case side by side."""
    columns = ["reader", "case", "session", "order", "date"]
    halves = [frame.loc[frame["arm"] == arm, columns] for arm in ("unaided", "aided")]
    return halves[0].merge(halves[1], on=["reader", "case"], suffixes=("_unaided", "_aided"))


def _washout(frame: pd.DataFrame, washout_days: int) -> Iterator[Caveat]:
    pairs = _pairs(frame)
    if pairs.empty:
        return
    together = pairs["session_unaided"].notna() & (pairs["session_unaided"] == pairs["session_aided"])
    if together.any():
        yield Caveat(
            "same_session",
            f"{int(together.sum())} cases were read in both arms in one session: the aided call follows the "
            "unaided one from memory, and a gain cannot be told from a second look",
            column="session",
        )
    apart = pairs[~together]
    dated = apart["date_unaided"].notna() & apart["date_aided"].notna()
    if not apart.empty and not dated.all():
        yield Caveat(
            "washout_unknown",
            f"the time between both reads is not known for {int((~dated).sum())} pairs: no date",
            column="date",
        )
    days = (apart.loc[dated, "date_aided"] - apart.loc[dated, "date_unaided"]).dt.days.abs()
    short = days < washout_days
    if short.any():
        message = (
            f"{int(short.sum())} cases were read again after {int(days[short].min())} to "
            f"{int(days[short].max())} days, less than {washout_days}"
        )
        yield Caveat("short_washout", message, column="date")


def _order(frame: pd.DataFrame, planned: pd.DataFrame | None) -> Iterator[Caveat]:
    pairs = _pairs(frame)
    wrong = (pairs["session_unaided"] == pairs["session_aided"]) & (
        pairs["order_aided"] < pairs["order_unaided"]
    )
    if wrong.any():
        which = _listed(list(pairs.loc[wrong, "case"]))
        message = f"{int(wrong.sum())} cases were read aided before unaided in one session: {which}"
        yield Caveat("wrong_order", message, column="order")
    if planned is not None and planned[["session", "order"]].notna().all(axis=None):
        keys = ["reader", "case", "arm"]
        joined = frame.merge(planned, on=keys, suffixes=("", "_planned"))
        other = (joined["session"] != joined["session_planned"]) | (
            joined["order"] != joined["order_planned"]
        )
        given = joined["session"].notna() & joined["order"].notna()
        if (other & given).any():
            message = f"{int((other & given).sum())} reads were not made in the session and order planned"
            yield Caveat("wrong_order", message, column="order")
    placed = frame[frame["session"].notna() & frame["order"].notna()].sort_values(["session", "order"])
    runs = placed.groupby(["reader", "session"])["case"].agg(tuple)
    runs = runs[runs.map(len) > 2]
    if len(runs) > 1 and runs.duplicated().any():
        yield Caveat(
            "same_order",
            "several readers or sessions have the cases in one and the same order: tiredness and learning "
            "fall on the same cases each time",
            column="order",
        )


def _calls(frame: pd.DataFrame) -> Iterator[Caveat]:
    for key, rows in frame.groupby(["reader", "arm"], sort=False):
        reader, arm = map(str, key)
        if len(rows) > 1 and rows["call"].nunique() == 1:
            message = f"{reader} called all {len(rows)} {arm} cases alike ({rows['call'].iloc[0]})"
            yield Caveat("calls_alike", message, column="call")
    if frame["reader"].nunique() == 1:
        message = "one reader: what other readers would do cannot be inferred, and says 'not applicable'"
        yield Caveat("one_reader", message, column="reader")
    if frame["arm"].nunique() == 1:
        message = f"only {frame['arm'].iloc[0]} reads: gains are not applicable"
        yield Caveat("one_arm", message, column="arm")
