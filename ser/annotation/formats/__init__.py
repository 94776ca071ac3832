"""Export of labels to files for other programs, and import from them.

Importing exported files gives the same rows. `FORMATS` lists the formats; each has a module with its reader, which
returns the labels of a file as the file has them (`contents`), and its writer. `importing` turns those into rows by
rules that are the same for all, with `matching` to find the clip. Files are read completely before any label is
stored, and an invalid file is rejected with the line and the reason.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import NamedTuple, Protocol

from ser.annotation.formats.audacity import export_audacity, read_audacity
from ser.annotation.formats.audformat_tables import export_audformat, parquet_text, read_audformat, to_parquet
from ser.annotation.formats.contents import BadFileError, FileContents, Writing
from ser.annotation.formats.csv_format import export_csv, read_csv
from ser.annotation.formats.elan import export_elan, read_elan
from ser.annotation.formats.importing import ImportOptions, Moved, Reading, to_rows
from ser.annotation.formats.json_format import export_json, read_json
from ser.annotation.formats.label_studio import export_label_studio, read_label_studio
from ser.annotation.formats.matching import KnownClips
from ser.annotation.formats.praat_text import SAVE_AS_TEXT
from ser.annotation.formats.rttm import export_rttm, read_rttm
from ser.annotation.formats.sniffing import HEAD_BYTES, sniff
from ser.annotation.formats.subtitles import export_srt, export_vtt, read_subtitles
from ser.annotation.formats.textgrid import export_textgrid, read_textgrid
from ser.annotation.label import Clip, Label, Row
from ser.annotation.label_set import STANDARD, LabelSet
from ser.audio.endings import SOUND_ENDINGS

__all__ = [
    "FORMATS",
    "HEAD_BYTES",
    "BadFileError",
    "FileContents",
    "ImportOptions",
    "KnownClips",
    "Reading",
    "decode",
    "export",
    "guess_format",
    "label_files",
    "may_hold_labels",
    "parse",
    "program_of",
    "program_shifts",
    "read",
    "sniff",
    "to_parquet",
    "to_rows",
]

MAX_BYTES = 200_000_000  # of one file


class Reader(Protocol):
    """A function that reads the labels of a file's text."""

    def __call__(self, text: str, *, file: str) -> FileContents:
        """Return the labels of a file; raise `BadFileError` if the text is invalid."""


class Format(NamedTuple):
    """A file format.

    Attributes
    ----------
    export : returns the files of rows, text by file name
    read : reads the labels of one file
    ending : of the file names
    program : whose times the files have: one of `ser.annotation.formats.program_times.PROGRAMS`
    keeps_all : whether importing what was exported gives the same labels
    """

    export: Callable[[list[Row], Writing], dict[str, str]]
    read: Reader
    ending: str
    program: str = "decoded"
    keeps_all: bool = True


FORMATS = {
    "csv": Format(export_csv, read_csv, ".csv"),
    "json": Format(export_json, read_json, ".json"),
    "textgrid": Format(export_textgrid, read_textgrid, ".TextGrid", "praat"),
    "audacity": Format(export_audacity, read_audacity, ".txt", "audacity"),
    "elan": Format(export_elan, read_elan, ".eaf", "elan"),
    "label-studio": Format(export_label_studio, read_label_studio, ".json"),
    "rttm": Format(export_rttm, read_rttm, ".rttm", keeps_all=False),
    "vtt": Format(export_vtt, read_subtitles, ".vtt", keeps_all=False),
    "srt": Format(export_srt, read_subtitles, ".srt", keeps_all=False),
    "audformat": Format(export_audformat, read_audformat, ".csv"),
}
_ENDINGS = {format.ending for format in FORMATS.values()}
_ADDED = {"Thumbs.db", "desktop.ini"}  # by Windows to folders
_BINARY_TEXTGRID = b"ooBinaryFile"


def export(
    labels: Iterable[Label],
    *,
    clips: Iterable[Clip],
    format: str,
    shifts: Mapping[str, float] | None = None,
    choices: LabelSet = STANDARD,
) -> dict[str, str]:
    """Return labels as files: text by file name.

    Parameters
    ----------
    labels : the labels
    clips : at least the clips of the labels
    format : one of `FORMATS`
    shifts : how many seconds later the format's program shows a clip, by its hash: see `program_shifts`
    choices : the labels that annotators may give, whose words some formats have

    Returns
    -------
    dict
        Text by file name, to be written as UTF-8 without converting line ends.
    """
    clips_by_hash = {clip.hash: clip for clip in clips}
    rows = [Row(label, clips_by_hash[label.clip]) for label in labels]
    return FORMATS[format].export(rows, Writing(shifts or {}, choices))


def program_of(format: str, *, times: str | None = None) -> str | None:
    """Return the program whose times files of a format are written with.

    Parameters
    ----------
    format : one of `FORMATS`
    times : the program that was chosen, one of `ser.annotation.formats.program_times.PROGRAMS`; None for the one that the
        format belongs to

    Returns
    -------
    str or None
        None if the format holds the times of the decoded sound only.
    """
    own = FORMATS[format].program
    return None if own == "decoded" and times not in (None, own) else times or own


def program_shifts(
    labels: Iterable[Label], *, clips: Iterable[Clip], program: str, known: KnownClips
) -> tuple[dict[str, float], list[str]]:
    """Return how many seconds later a program shows the clips of labels, by hash, and sentences that say so.

    Parameters
    ----------
    labels, clips : as of `export`
    program : one of `ser.annotation.formats.program_times.PROGRAMS`
    known : where the sound files are
    """
    clips_by_hash, moved, shifts = {clip.hash: clip for clip in clips}, Moved(), dict[str, float | None]()
    for label in labels:
        clip = clips_by_hash[label.clip]
        if clip.hash not in shifts:
            shifts[clip.hash] = known.shift_s(clip, program=program)
        moved.add(clip, program=program, sign=1, shift_s=shifts[clip.hash])
    return {content: shift for content, shift in shifts.items() if shift}, moved.notes()


def read(
    files: Mapping[str, str] | str | os.PathLike | Iterable[str | os.PathLike],
    *,
    format: str,
    clips: KnownClips | None = None,
    options: ImportOptions | None = None,
) -> Reading:
    """Return the rows of files, without duplicates, and what is left out.

    Parameters
    ----------
    files : text by file name, or paths of files and folders; of a folder, the files of the format are read
    format : one of `FORMATS`
    clips : clips that files of other programs may refer to by name
    options : how to read such files

    Raises
    ------
    BadFileError
        A file is invalid, or labels of the files contradict each other.
    """
    return to_rows(
        parse(files, format=format), options=options or ImportOptions(), clips=clips or KnownClips()
    )


def parse(
    files: Mapping[str, str] | str | os.PathLike | Iterable[str | os.PathLike], *, format: str
) -> dict[str, FileContents]:
    """Return what files hold, by file name; parameters and errors are those of `read`."""
    texts = files if isinstance(files, Mapping) else dict(_read_paths(files, format))
    return {
        file: FORMATS[format].read(text.removeprefix("\ufeff"), file=file) for file, text in texts.items()
    }


def label_files(names: Iterable[str], *, format: str) -> list[str]:
    """Return which files of a folder or a zip may hold labels: none that systems add, no sounds.

    If some have the ending of the format, only those.

    >>> label_files(["a/x.TextGrid", "__MACOSX/a/._x.TextGrid", "a/x.wav", "a/.DS_Store"], format="textgrid")
    ['a/x.TextGrid']
    """
    names = [name for name in names if may_hold_labels(name)]
    endings = (*_endings(format), ".zip")
    with_ending = [name for name in names if name.lower().endswith(endings)]
    return with_ending or names


def _endings(format: str) -> tuple[str, ...]:
    return (FORMATS[format].ending.lower(), *((".parquet",) if format == "audformat" else ()))


def may_hold_labels(name: str) -> bool:
    """Return whether a file may hold labels, by its name: it is not a sound, and systems do not add it to folders."""
    path = PureWindowsPath(name)
    is_added = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not is_added and path.name not in _ADDED and path.suffix.lower() not in SOUND_ENDINGS


def decode(file: str, content: bytes) -> str:
    """Return the text of a file in UTF-8, in UTF-16 with a byte order mark, or in Windows-1252; of Parquet, its table.

    Raises `BadFileError` for anything else.
    """
    if content.startswith(_BINARY_TEXTGRID):
        raise BadFileError(file, 1, f"this is a binary TextGrid ({SAVE_AS_TEXT}).")
    if content.startswith(b"PAR1"):
        return parquet_text(content, file=file)
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if encoding == "utf-8-sig" and b"\0" not in content:
            try:
                return content.decode("cp1252")
            except UnicodeDecodeError:
                pass
        raise BadFileError(
            file, line, "this is not text in UTF-8, UTF-16 or Windows-1252; save the file as UTF-8."
        ) from error


def guess_format(file: str | os.PathLike) -> str:
    """Return the format of a file, judged by its content and its name; raise `BadFileError` if unknown."""
    path = Path(file)
    if path.is_dir():
        raise BadFileError(str(path), 0, "a folder needs --format to say which files to read.")
    head = b""
    if path.is_file():
        with path.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    format = sniff(path.name, head)
    if format is not None:
        return format
    raise BadFileError(str(path), 0, f"its name does not end in {', '.join(sorted(_ENDINGS))}: use --format.")


def _read_paths(
    files: str | os.PathLike | Iterable[str | os.PathLike], format: str
) -> Iterator[tuple[str, str]]:
    for path in map(Path, [files] if isinstance(files, str | os.PathLike) else files):
        candidates = [path]
        if path.is_dir():
            names = label_files(sorted(entry.name for entry in path.iterdir()), format=format)
            candidates = [path / name for name in names if name.lower().endswith(_endings(format))]
        for file in candidates:
            if file.stat().st_size > MAX_BYTES:
                raise BadFileError(str(file), 0, f"it is larger than {MAX_BYTES // 10**6} MB.")
            yield str(file), decode(str(file), file.read_bytes())
