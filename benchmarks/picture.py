"""The picture of a run: bars, as an SVG that is the same whenever the numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from .bars import Bar, Panel, build_panels
from .figures import Unavailable
from .results import Results

# A card of its own: black on white can be read on a page of any colour.
_PAPER, _INK = "#ffffff", "#1f2328"
_OURS, _THEIRS = "#ff9d0b", "#8c959f"
_ON_PAPER = {"facecolor": _PAPER, "edgecolor": "none", "pad": 0.5}  # hides the line behind it
_WIDTH = 8.0  # inches, of 72 points
_BAR, _HEADING = 0.27, 0.62  # inches that a bar, and the title with the gap of a panel, are high
_MARGIN = 0.12  # inches around a panel
_ROOM_FOR_NUMBERS = 1.15  # the axis over the longest bar
_STYLE = {
    "font.size": 9,
    "svg.hashsalt": "flask-hf-oauth",  # else the identifiers in the file are drawn at random
    "text.color": _INK,
    "ytick.color": _INK,
}


def draw(results: Results, path: Path) -> None:
    """Draw the bars of a run.

    Raises:
        Unavailable: Nothing that the picture shows was measured.
    """
    panels = build_panels(results)
    if not panels:
        raise Unavailable("none of the figures of the picture was measured")
    with mpl.rc_context(_STYLE):
        figure = _draw_panels(panels)
        figure.savefig(path, format="svg", facecolor=_PAPER, metadata={"Date": None})


def _draw_panels(panels: Sequence[Panel]) -> Any:  # noqa: ANN401 - matplotlib is not looked at
    counts = [len(panel.bars) for panel in panels]
    height = _HEADING * len(panels) + _BAR * sum(counts)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=_MARGIN, h_pad=_MARGIN)
    FigureCanvasSVG(figure)
    axes = figure.subplots(len(panels), 1, height_ratios=counts, squeeze=False)
    for (axis,), panel in zip(axes, panels, strict=True):
        _draw_panel(axis, panel)
    return figure


def _draw_panel(axis: Any, panel: Panel) -> None:  # noqa: ANN401 - as above
    bars = panel.bars
    drawn = axis.barh(
        [bar.label for bar in bars], [bar.length for bar in bars], color=_find_colours(bars)
    )
    axis.bar_label(drawn, [bar.text for bar in bars], padding=4, bbox=_ON_PAPER)
    if panel.has_floor:
        axis.axvline(1, color=_INK, linestyle=":", linewidth=1)
    axis.set_title(panel.title, loc="left", fontweight="bold")
    axis.set_xlim(0, max(bar.length for bar in bars) * _ROOM_FOR_NUMBERS)
    axis.invert_yaxis()
    axis.xaxis.set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.spines[:].set_visible(False)
    for label, bar in zip(axis.get_yticklabels(), bars, strict=True):
        label.set_fontweight("bold" if bar.is_ours else "normal")


def _find_colours(bars: Sequence[Bar]) -> list[str]:
    return [_OURS if bar.is_ours else _THEIRS for bar in bars]
