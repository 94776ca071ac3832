"""One clip of the data set: what of it must come from this machine, its sound and its picture."""

import base64
from html import escape
from pathlib import Path

from ser.audio.features import log_mel
from ser.audio.png import render_png
from ser.audio.reading import AudioError, read_audio
from ser.corpus.crema_d import CorpusError
from ser.evaluation.clip_table import ClipTable
from ser.ui.page.served_files import served_copy

HOW_TO_HEAR = (
    "To hear the clips and to know who speaks, fetch the data set with <code>python -m ser download --out DIR</code> "
    "(<code>--demo</code>: only the ten demo clips of the Record tab), then start the app with "
    "<code>python app.py --data DIR</code>."
)


def open_clip(table: ClipTable, clip: str) -> dict:
    """Return what the page needs beside its own table to play and draw a clip.

    Parameters
    ----------
    table : the clips that the page shows
    clip : the name that the page asks for; anything else than a clip of the data set has a `problem`

    Returns
    -------
    dict with `audio` (the path that gradio serves), `duration_s` and `picture` (a data URL of the PNG), or
    with `problem`: HTML that says why there is no sound
    """
    if table.corpus is None:
        return {"problem": HOW_TO_HEAR}
    try:
        path = table.corpus.path(str(clip))
        recording = read_audio(path)
    except CorpusError:
        return {"problem": _absent(table.corpus.audio_dir)}
    except AudioError as error:
        return {"problem": escape(str(error))}
    png = base64.b64encode(render_png(log_mel(recording.samples))).decode()
    return {
        "audio": served_copy(path),
        "duration_s": recording.duration_s,
        "picture": f"data:image/png;base64,{png}",
    }


def _absent(folder: Path) -> str:
    return (
        f"This clip is not in {escape(str(folder))}: <code>python -m ser download --out DIR</code> fetches all of "
        "the data set."
    )
