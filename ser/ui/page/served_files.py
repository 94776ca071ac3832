"""Files that the app serves or builds its page from."""

import functools
import hashlib
import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from gradio.processing_utils import save_bytes_to_cache, save_file_to_cache
from gradio.utils import get_upload_folder

from ser.audio.pcm import wav_bytes
from ser.audio.reading import Recording
from ser.util.files import write_atomically

UI = Path(__file__).resolve().parents[1]
SCRIPTS_ROUTE = "scripts"  # the part of the app's address under which the scripts of `ser/ui` are
HOUR_S = 3600  # every hour, uploads older than one hour are deleted
EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "assets" / "examples").glob("*.flac"))
EXAMPLE_NAMES = {path.stem: path.stem.replace("_", " ").capitalize() for path in EXAMPLES}  # on the page


def served_copy(path: Path) -> str:
    """Copy a file into gradio's upload folder, the only one that files are served from, and return its path."""
    return save_file_to_cache(path, get_upload_folder())


def playable_copy(path: Path, recording: Recording) -> str:
    """Return the path, in gradio's upload folder, of a WAV file with a sound as it was decoded.

    Browsers play WAV from the very sample that is asked for. They do not play AMR, WMA, AIFF or ALAC at all, seek in an
    MP3 or AAC to seconds away, and stop at the end of the first part of a joined file.

    Parameters
    ----------
    path : the sound file; the copy of one in the upload folder is written beside it
    recording : what it was decoded to
    """
    content, folder = wav_bytes(recording.samples), Path(get_upload_folder()).resolve()
    is_upload = path.resolve().is_relative_to(folder)
    if path.stat().st_size == len(content) and path.read_bytes() == content:
        return str(path) if is_upload else served_copy(path)
    if not is_upload:
        return save_bytes_to_cache(content, f"{path.stem}.wav", str(folder))
    copy = path.with_name(f"{path.name}.wav")
    with write_atomically(copy) as file:
        file.write(content)
    return str(copy)


def file_address(file: str) -> str:
    """Return the URL of a file in gradio's upload folder, relative to the page."""
    return f"gradio_api/file={quote(file)}"


def read_beside(module: str, *names: str) -> str:
    """Return the text of scripts, style sheets or templates in a module's folder, joined by newlines.

    Parameters
    ----------
    module : the module's `__file__`
    names : file names, in the order in which they are joined
    """
    folder = Path(module).resolve().parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


class Script(NamedTuple):
    """A script as it is served: its bytes, and the ETag by which a browser asks whether it has changed."""

    content: bytes
    etag: str


@functools.cache
def scripts() -> dict[str, Script]:
    """Return the scripts of `ser/ui` by their path in it, such as "page/dom.js"."""
    by_path = {}
    for path in sorted(UI.rglob("*.js")):
        content = path.read_bytes()
        name = path.relative_to(UI).as_posix()
        by_path[name] = Script(content, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return by_path


@functools.cache
def scripts_version() -> str:
    """Return 16 hexadecimal digits of what all scripts hold. Addresses have them, so that a browser may keep a script."""
    held = "\n".join(f"{name} {script.etag}" for name, script in scripts().items())
    return hashlib.sha256(held.encode()).hexdigest()[:16]


def script_address(name: str) -> str:
    """Return the URL of one of `scripts`, relative to the page."""
    assert name in scripts(), name
    return f"{SCRIPTS_ROUTE}/{scripts_version()}/{name}"


def start_module(module: str, name: str, *, events: tuple[str, ...] = ()) -> str:
    """Return the `js_on_load` of a `gr.HTML` whose script is an ES module that is served as a file.

    The module exports `start(widget)`, where `widget` holds what gradio gives to such scripts: `element`, `trigger`,
    `props`, `server`, `upload` and `watch`.

    Parameters
    ----------
    module : the `__file__` of the Python module that the script belongs to
    name : name of the script beside it
    events : names of the events that the script triggers; gradio looks for them in the text of `js_on_load`
    """
    path = (Path(module).resolve().parent / name).relative_to(UI).as_posix()
    address = json.dumps(script_address(path))
    event_comments = "".join(f'// "{event}"\n' for event in events)
    return (
        f"import(new URL({address}, document.baseURI))"
        f".then(({{ start }}) => start({{ element, trigger, props, server, upload, watch }}));\n{event_comments}"
    )
