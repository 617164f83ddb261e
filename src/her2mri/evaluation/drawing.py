"""What the figures of evaluation share: an axes to draw on, colours and labels of names that may be new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SPARE_COLOURS: Final = ("#56B4E9", "#882255", "#44AA99", "#999933", "#332288")


def axes_to_draw_on(ax: Axes | None, *, width: float, height: float) -> Axes:
    """The axes given, or those of a new figure of ``width`` by ``height`` inches."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height)).add_subplot()


def colour_of(known: dict[str, str], name: str, place: int) -> str:
    """The colour of a name in the vocabulary, or a spare one by its place in the figure."""
    return known.get(name) or _SPARE_COLOURS[place % len(_SPARE_COLOURS)]


def label_of(known: dict[str, str], name: str) -> str:
    """The label of a name in the vocabulary, or the name itself (a center's, say)."""
    return known.get(name, name)
