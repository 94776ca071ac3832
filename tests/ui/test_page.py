"""Texts and styles of the page, without a browser."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.ui.page.theme import ACCENT, EMOTION_COLOURS, GROUND
from ser.ui.server.app import checkpoints
from tests.conftest import ROOT


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_stands_out_on_light_and_on_dark():
    assert list(EMOTION_COLOURS) == list(LABELS)
    for light, dark in EMOTION_COLOURS.values():
        assert contrast(light, "#ffffff") >= 3
        assert contrast(dark, GROUND.c900) >= 3
    assert contrast(ACCENT.c600, "#ffffff") >= 4.5
    assert contrast(ACCENT.c400, GROUND.c900) >= 4.5


def test_the_apps_own_checkpoint_is_compared_with_the_released_ones(tmp_path, monkeypatch):
    names = {card.parent.name for card in DEFAULT_CHECKPOINT.parent.glob("*/card.json")}
    released = checkpoints(DEFAULT_CHECKPOINT)
    assert next(iter(released)) == DEFAULT_CHECKPOINT.name
    assert set(released) == names
    monkeypatch.chdir(DEFAULT_CHECKPOINT.parent)
    assert set(checkpoints(Path(DEFAULT_CHECKPOINT.name))) == names
    twin = checkpoints(tmp_path / DEFAULT_CHECKPOINT.name)
    assert twin[DEFAULT_CHECKPOINT.name] == tmp_path / DEFAULT_CHECKPOINT.name
    assert len(twin) == len(names) + 1


def test_the_start_waits_for_nothing_that_the_first_page_can_do_without():
    code = (
        "import sys; import ser.ui.server.serve; from gradio import component_meta\n"
        "print([m for m in ('torch', 'librosa', 'matplotlib', 'mcp', 'scipy', 'sklearn') if m in sys.modules])\n"
        "print(component_meta.create_or_modify_pyi.__module__)"  # which writes type stubs into gradio's own folder
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "ser.ui"]
