"""One clip of the data set: its sound and its spectrogram, which the page gets from the server."""

import base64
from html import escape
from pathlib import Path
from typing import TypedDict

from ser.audio.features import log_mel
from ser.audio.png import render_png
from ser.audio.reading import AudioError, read_audio
from ser.corpus.errors import CorpusError
from ser.evaluation.clip_table import ClipTable
from ser.ui.page.served_files import playable_copy

HOW_TO_HEAR = (
    "To hear the clips and to see who speaks, download the data set with <code>python -m ser download --out DIR</code> "
    "(add <code>--demo</code> for only the ten demo clips of the Record tab), then start the app with "
    "<code>python app.py --data DIR</code>."
)


class OpenedClip(TypedDict):
    """What the page needs to play and draw a clip, in addition to its own table."""

    audio: str  # the path that gradio serves
    duration_s: float
    picture: str  # a data URL of the PNG


class Problem(TypedDict):
    """Why there is no sound."""

    problem: str  # HTML


def open_clip(table: ClipTable, clip: str) -> OpenedClip | Problem:
    """Return the sound and the picture of a clip, or why there are none.

    Parameters
    ----------
    table : the clips that the page shows
    clip : the name that the page sent; anything but the name of a clip in the data set leads to a `Problem`
    """
    if table.corpus is None:
        return {"problem": HOW_TO_HEAR}
    try:
        path = table.corpus.path(str(clip))
        recording = read_audio(path)
    except CorpusError:
        return {"problem": _missing(table.corpus.audio_dir)}
    except AudioError as error:
        return {"problem": escape(str(error))}
    png = base64.b64encode(render_png(log_mel(recording.samples))).decode()
    return {
        "audio": playable_copy(path, recording),
        "duration_s": recording.duration_s,
        "picture": f"data:image/png;base64,{png}",
    }


def _missing(folder: Path) -> str:
    return (
        f"This clip is not in {escape(str(folder))}: <code>python -m ser download --out DIR</code> downloads the "
        "whole data set."
    )
