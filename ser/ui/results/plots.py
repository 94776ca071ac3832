"""The plots of the Results tab as pictures: PNG to download, SVG for the page, each for a light and a dark ground."""

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ser.evaluation.bootstrap import RATES
from ser.evaluation.comparison import Comparison
from ser.evaluation.results import CHANCE, GROUPINGS
from ser.labels import EMOTION_NAMES
from ser.ui.results.plot_names import RATE_NAMES, TITLES

if TYPE_CHECKING:
    import pandas as pd

LIGHT = {
    "ground": "#ffffff",
    "text": "#1c1e26",
    "muted": "#4f5463",
    "line": "#d5d7df",
    "accent": "#4f46e5",
    "second": "#4f5463",
}
DARK = {
    "ground": "#191b22",
    "text": "#ecedf2",
    "muted": "#a9adb9",
    "line": "#3a3e4b",
    "accent": "#818cf8",
    "second": "#c9cbd4",
}
DOTS_PER_INCH = 200  # twice the 100 that the sizes below are thought for
CURVES = {"Loss (lower is better)": ("train_loss", "val_loss"), "UAR (higher is better)": ("val_uar",)}
DARKEST = 0.62  # of the accent in a cell: the same words stay readable on every cell


def png(comparison: Comparison, network: str, plot: str, dark: bool) -> bytes:
    """Return one plot as a PNG with title and ground, at twice its size."""
    figure = draw(comparison, network, plot, dark)
    name = TITLES[plot] if plot in ("overview", "people") else f"{TITLES[plot]} · {network}"
    figure.suptitle(name, color=(DARK if dark else LIGHT)["text"], fontsize=13, fontweight="bold")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor=figure.get_facecolor())
    return file.getvalue()


def svgs(comparison: Comparison, network: str, plot: str, dark: bool) -> list[str]:
    """Return one plot as data addresses of SVGs without title and ground: one for each of its panels."""
    addresses = []
    for panel in CURVES if plot == "curves" else (None,):
        file = io.BytesIO()
        figure = draw(comparison, network, plot, dark, panel)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        addresses.append(f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}")
    return addresses


def draw(comparison: Comparison, network: str, plot: str, dark: bool, panel: str | None = None) -> Figure:
    """Draw one plot, or one panel of it; `KeyError` for a plot there is not.

    Never pyplot: its figures are shared by all threads.
    """
    if plot not in comparison.plots(network):
        raise KeyError(plot)
    colours = DARK if dark else LIGHT
    if plot in GROUPINGS:
        return _groups(comparison.beside_people(network, plot), network, colours)
    if plot in ("confusion", "people"):
        return _confusion(comparison.table(network, plot).set_index("acted").to_numpy(), colours)
    if plot == "overview":
        return _overview(comparison.rows, colours)
    if plot == "reliability":
        return _reliability(comparison.results[network].reliability, colours)
    one = comparison.results[network]
    panels = tuple(CURVES) if panel is None else (panel,)
    return _curves(one.curves, one.card.get("training", {}).get("best_epoch"), colours, panels)


def _figure(colours: dict, width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=colours["ground"])
    axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    for ax in axes:
        ax.set_facecolor("none")
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(colours["line"])
        ax.tick_params(colors=colours["muted"], labelcolor=colours["text"], labelsize=10, length=0)
        for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
            label.set_color(colours["text"])
            label.set_fontsize(11)
        ax.grid(color=colours["line"], linewidth=0.7)
        ax.set_axisbelow(True)
    return figure, axes


def _legend(ax: Axes | Figure, colours: dict, **options: Any) -> None:
    ax.legend(frameon=False, labelcolor=colours["text"], fontsize=10, **options)


def _dots(ax: Axes, places: np.ndarray, rows: list[dict], **style: Any) -> None:
    values = np.array([[row["value"], row["low"], row["high"]] for row in rows]).T
    reach = np.abs(values[1:] - values[0])
    ax.errorbar(values[0], places, xerr=reach, linestyle="none", linewidth=1.6, capsize=0, **style)


def _share_axis(axis: XAxis | YAxis, limits: tuple[float, float] = (0, 1)) -> None:
    axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.axes.set(**{f"{axis.axis_name}lim": limits})


def _groups(rows: list[dict], network: str, colours: dict) -> Figure:
    figure, (ax,) = _figure(colours, 8, 1.7 + 0.34 * len(rows))
    places = np.arange(len(rows))
    _dots(ax, places - 0.12, [row["uar"] for row in rows], fmt="o", color=colours["accent"], label=network)
    known = [i for i, row in enumerate(rows) if row["people"]]
    if known:
        votes = [rows[i]["people"] for i in known]
        _dots(
            ax,
            places[known] + 0.16,
            votes,
            fmt="D",
            markersize=5,
            mfc=colours["ground"],
            color=colours["second"],
            label="people, single votes",
        )
    ax.axvline(CHANCE, color=colours["muted"], linestyle=":", label="guessing")
    ax.set_yticks(places, [f"{row['group']}  ({row['clips']})" for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("UAR, with 95% interval (number of clips in brackets)")
    _share_axis(ax.xaxis)
    _legend(figure, colours, loc="outside lower center", ncols=3)
    return figure


def _overview(rows: list[dict], colours: dict) -> Figure:
    figure, axes = _figure(colours, 9.6, 1.6 + 0.5 * len(rows), len(RATES))
    places = np.arange(len(rows))
    for ax, rate in zip(axes, RATES, strict=True):
        for place, row in zip(places, rows, strict=True):
            network = row["who"] == "network"
            style = {"fmt": "o" if network else "D", "color": colours["accent" if network else "second"]}
            _dots(ax, places[place : place + 1], [row[rate]], **style)
            ax.annotate(
                f"{row[rate]['value']:.1%}",
                (row[rate]["value"], place),
                (0, 7),
                textcoords="offset points",
                ha="center",
                color=colours["text"],
                fontsize=10,
            )
        ax.set_title(RATE_NAMES[rate])
        ax.set_yticks(places, [row["name"] for row in rows] if ax is axes[0] else [""] * len(rows))
        ax.set_ylim(len(rows) - 0.5, -0.7)
        ax.grid(visible=False, axis="y")
        _share_axis(ax.xaxis)
    return figure


def _confusion(counts: np.ndarray, colours: dict) -> Figure:
    figure, (ax,) = _figure(colours, 7.2, 6)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ground, accent = (
        np.array([int(colours[c][i : i + 2], 16) for i in (1, 3, 5)]) / 255 for c in ("ground", "accent")
    )
    ax.imshow(ground + DARKEST * shares[..., None] * (accent - ground), aspect="auto")
    for (i, j), share in np.ndenumerate(shares):
        ax.text(
            j,
            i,
            f"{counts[i, j]:,}\n{share:.0%}",
            ha="center",
            va="center",
            color=colours["text"],
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


def _reliability(rows: list[dict], colours: dict) -> Figure:
    figure, (ax,) = _figure(colours, 6.4, 4.6)
    ax.plot([0, 1], [0, 1], color=colours["muted"], linestyle=":", label="as sure as right")
    sure = np.array([row["score"] for row in rows])
    right = np.array([[row["accuracy"][key] for key in ("value", "low", "high")] for row in rows]).T
    sizes = np.array([row["clips"] for row in rows])
    ax.vlines(sure, right[1], right[2], color=colours["accent"], linewidth=1.6)
    ax.scatter(
        sure,
        right[0],
        14 + 130 * sizes / sizes.max(),
        color=colours["accent"],
        label="scores like this (larger: more clips)",
        zorder=3,
    )
    ax.set_xlabel("how sure the network was (its highest score)")
    ax.set_ylabel("how often it was right")
    _share_axis(ax.xaxis, (0, 1.02))
    _share_axis(ax.yaxis, (0, 1.02))
    _legend(ax, colours, loc="upper left")
    return figure


def _curves(curves: "pd.DataFrame", best_epoch: int | None, colours: dict, panels: tuple[str, ...]) -> Figure:
    figure, axes = _figure(colours, 4.8 * len(panels), 3.8, len(panels))
    lines = {
        "train_loss": {"color": colours["accent"], "label": "training voices"},
        "val_loss": {"color": colours["second"], "linestyle": "--", "label": "validation voices"},
    }
    lines["val_uar"] = lines["val_loss"]
    for ax, panel in zip(axes, panels, strict=True):
        for column in CURVES[panel]:
            ax.plot(curves["epoch"], curves[column], **lines[column])
        if best_epoch:
            ax.axvline(
                best_epoch, color=colours["muted"], linestyle=":", label=f"released: epoch {best_epoch}"
            )
        ax.set_title(panel)
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if "val_uar" in CURVES[panel]:
            _share_axis(ax.yaxis)
        _legend(ax, colours, loc="best")
    return figure
