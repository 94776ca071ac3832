"""The plots of the Results tab: PNG to download, SVG for the page, each for a light and a dark background.

matplotlib is imported when the first plot is drawn: that takes half a second, which the page should not wait for.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ser.evaluation.bootstrap import RATES, ReliabilityBin
from ser.evaluation.comparison import Comparison, Row, RowBesidePeople
from ser.evaluation.results import CHANCE, GROUPINGS
from ser.labels import EMOTION_NAMES
from ser.util.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure

RATE_NAMES = {"accuracy": "Accuracy", "uar": "UAR", "macro_f1": "F1"}
TITLES = {  # of the plots by name, on the page and in the pictures
    "overview": "How often it is right",
    "confusion": "Which emotions it confuses",
    "people": "Which emotions people confuse",
    "actor": "Voice by voice",
    "sex": "Women and men",
    "age": "Age of the speaker",
    "level": "How strongly it was acted",
    "sentence": "Sentence by sentence",
    "reliability": "How far to trust a score",
    "curves": "How the training went",
}


@dataclass(frozen=True)
class Palette:
    """The colours of a plot, as `#rrggbb`."""

    background: str
    text: str
    muted: str
    line: str
    accent: str  # the network
    second: str  # people, validation


LIGHT = Palette(
    background="#ffffff",
    text="#1c1e26",
    muted="#4f5463",
    line="#d5d7df",
    accent="#4f46e5",
    second="#4f5463",
)
DARK = Palette(
    background="#191b22",
    text="#ecedf2",
    muted="#a9adb9",
    line="#3a3e4b",
    accent="#818cf8",
    second="#c9cbd4",
)
DOTS_PER_INCH = 200  # twice the 100 that the sizes below are chosen for
CURVES = {"Loss (lower is better)": ("train_loss", "val_loss"), "UAR (higher is better)": ("val_uar",)}
MAX_SHADE = 0.62  # share of the accent colour in a cell: its text stays readable on every shade


def png(comparison: Comparison, *, network: str, plot: str, dark: bool) -> bytes:
    """Return one plot as a PNG with title and background, at twice its size."""
    figure = draw(comparison, network=network, plot=plot, dark=dark)
    title = (
        TITLES[plot] if plot in ("overview", "people") else f"{TITLES[plot]} · {comparison.name_of(network)}"
    )
    figure.suptitle(title, color=(DARK if dark else LIGHT).text, fontsize=13, fontweight="bold")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor=figure.get_facecolor())
    return file.getvalue()


def svgs(comparison: Comparison, *, network: str, plot: str, dark: bool) -> list[str]:
    """Return the panels of one plot as data URLs of SVGs without title and background."""
    urls = []
    for panel in CURVES if plot == "curves" else (None,):
        file = io.BytesIO()
        figure = draw(comparison, network=network, plot=plot, dark=dark, panel=panel)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        urls.append(f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}")
    return urls


def draw(comparison: Comparison, *, network: str, plot: str, dark: bool, panel: str | None = None) -> Figure:
    """Draw one plot, or one panel of it.

    pyplot is not used: all threads share its figures.

    Parameters
    ----------
    comparison : the networks and their results
    network : the network to draw; the overview shows all of them
    plot : a key of `TITLES`
    dark : whether the background is dark
    panel : for "curves", a key of `CURVES`; all of them by default

    Raises
    ------
    KeyError
        if the network does not have this plot
    """
    if plot not in comparison.plots(network):
        raise KeyError(plot)
    palette = DARK if dark else LIGHT
    if plot in GROUPINGS:
        return _groups(comparison.beside_people(network, plot), comparison.name_of(network), palette)
    if plot in ("confusion", "people"):
        return _confusion(comparison.table(network, plot).set_index("acted").to_numpy(), palette)
    if plot == "overview":
        return _overview(comparison.rows, palette)
    if plot == "reliability":
        return _reliability(comparison.results[network].reliability, palette)
    results = comparison.results[network]
    panels = tuple(CURVES) if panel is None else (panel,)
    return _curves(results.curves, results.card.get("training", {}).get("best_epoch"), palette, panels)


def _figure(palette: Palette, width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=palette.background)
    axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    for ax in axes:
        ax.set_facecolor("none")
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(palette.line)
        ax.tick_params(colors=palette.muted, labelcolor=palette.text, labelsize=10, length=0)
        for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
            label.set_color(palette.text)
            label.set_fontsize(11)
        ax.grid(color=palette.line, linewidth=0.7)
        ax.set_axisbelow(True)
    return figure, axes


def _legend(ax: Axes | Figure, palette: Palette, **options: Any) -> None:
    ax.legend(frameon=False, labelcolor=palette.text, fontsize=10, **options)


def _dots(ax: Axes, positions: np.ndarray, rows: Sequence[Interval], **style: Any) -> None:
    values = np.array([[row["value"], row["low"], row["high"]] for row in rows]).T
    errors = np.abs(values[1:] - values[0])
    ax.errorbar(values[0], positions, xerr=errors, linestyle="none", linewidth=1.6, capsize=0, **style)


def _share_axis(axis: XAxis | YAxis, limits: tuple[float, float] = (0, 1)) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.axes.set(**{f"{axis.axis_name}lim": limits})


def _groups(rows: list[RowBesidePeople], network: str, palette: Palette) -> Figure:
    figure, (ax,) = _figure(palette, 8, 1.7 + 0.34 * len(rows))
    positions = np.arange(len(rows))
    _dots(ax, positions - 0.12, [row["uar"] for row in rows], fmt="o", color=palette.accent, label=network)
    with_votes = [i for i, row in enumerate(rows) if row["people"]]
    if with_votes:
        votes = [row["people"] for row in rows if row["people"]]
        _dots(
            ax,
            positions[with_votes] + 0.16,
            votes,
            fmt="D",
            markersize=5,
            mfc=palette.background,
            color=palette.second,
            label="people, single votes",
        )
    ax.axvline(CHANCE, color=palette.muted, linestyle=":", label="guessing")
    ax.set_yticks(positions, [f"{row['group']}  ({row['clips']})" for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("UAR, with 95% interval (number of clips in brackets)")
    _share_axis(ax.xaxis)
    _legend(figure, palette, loc="outside lower center", ncols=3)
    return figure


def _overview(rows: list[Row], palette: Palette) -> Figure:
    figure, axes = _figure(palette, 9.6, 1.6 + 0.5 * len(rows), len(RATES))
    positions = np.arange(len(rows))
    for ax, rate in zip(axes, RATES, strict=True):
        for position, row in zip(positions, rows, strict=True):
            network = row["who"] == "network"
            style = {"fmt": "o" if network else "D", "color": palette.accent if network else palette.second}
            _dots(ax, positions[position : position + 1], [row[rate]], **style)
            ax.annotate(
                f"{row[rate]['value']:.1%}",
                (row[rate]["value"], position),
                (0, 7),
                textcoords="offset points",
                ha="center",
                color=palette.text,
                fontsize=10,
            )
        ax.set_title(RATE_NAMES[rate])
        ax.set_yticks(positions, [row["name"] for row in rows] if ax is axes[0] else [""] * len(rows))
        ax.set_ylim(len(rows) - 0.5, -0.7)
        ax.grid(visible=False, axis="y")
        _share_axis(ax.xaxis)
    return figure


def _confusion(counts: np.ndarray, palette: Palette) -> Figure:
    figure, (ax,) = _figure(palette, 7.2, 6)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    background, accent = (
        np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        for colour in (palette.background, palette.accent)
    )
    ax.imshow(background + MAX_SHADE * shares[..., None] * (accent - background), aspect="auto")
    for (i, j), share in np.ndenumerate(shares):
        ax.text(
            j,
            i,
            f"{counts[i, j]:,}\n{share:.0%}",
            ha="center",
            va="center",
            color=palette.text,
            fontsize=11,
        )
    names = list(EMOTION_NAMES.values())
    ax.set_xticks(range(6), names)
    ax.set_yticks(range(6), names)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("heard as")
    ax.set_ylabel("acted")
    return figure


def _reliability(rows: list[ReliabilityBin], palette: Palette) -> Figure:
    figure, (ax,) = _figure(palette, 6.4, 4.6)
    ax.plot([0, 1], [0, 1], color=palette.muted, linestyle=":", label="perfectly calibrated")
    scores = np.array([row["score"] for row in rows])
    accuracy = np.array([[row["accuracy"][key] for key in ("value", "low", "high")] for row in rows]).T
    sizes = np.array([row["clips"] for row in rows])
    ax.vlines(scores, accuracy[1], accuracy[2], color=palette.accent, linewidth=1.6)
    ax.scatter(
        scores,
        accuracy[0],
        14 + 130 * sizes / sizes.max(),
        color=palette.accent,
        label="clips with similar scores (larger: more clips)",
        zorder=3,
    )
    ax.set_xlabel("how sure the network was (its highest score)")
    ax.set_ylabel("how often it was right")
    _share_axis(ax.xaxis, (0, 1.02))
    _share_axis(ax.yaxis, (0, 1.02))
    _legend(figure, palette, loc="outside lower center", ncols=2)  # a dot may lie anywhere within the axes
    return figure


def _curves(
    curves: pd.DataFrame, best_epoch: int | None, palette: Palette, panels: tuple[str, ...]
) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure(palette, 4.8 * len(panels), 3.8, len(panels))
    lines: dict[str, dict[str, Any]] = {
        "train_loss": {"color": palette.accent, "label": "training voices"},
        "val_loss": {"color": palette.second, "linestyle": "--", "label": "validation voices"},
    }
    lines["val_uar"] = lines["val_loss"]
    for ax, panel in zip(axes, panels, strict=True):
        for column in CURVES[panel]:
            ax.plot(curves["epoch"], curves[column], **lines[column])
        if best_epoch:
            ax.axvline(best_epoch, color=palette.muted, linestyle=":", label=f"released: epoch {best_epoch}")
        ax.set_title(panel)
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if "val_uar" in CURVES[panel]:
            _share_axis(ax.yaxis)
        _legend(ax, palette, loc="best")
    return figure
