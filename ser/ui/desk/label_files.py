"""Export and import of labels as files; an import takes all labels or none. No gradio here."""

import io
import zipfile
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, NotRequired, TypedDict

from ser.annotation.label_set import LabelSet
from ser.annotation.store import ConflictError
from ser.errors import UserError
from ser.ui.desk.clips import DeskRequest, QueueRequest
from ser.ui.desk.labelling import Labelling
from ser.ui.desk.letters import annotator_of
from ser.ui.page.requests import checks_request
from ser.ui.page.server_functions import STALE
from ser.util.text import counted, plain

if TYPE_CHECKING:
    from ser.annotation.conflicts import Conflict
    from ser.annotation.formats import FileContents, ImportOptions, KnownClips
    from ser.annotation.label import Clip

FORMATS = {
    "csv": "CSV table",
    "json": "JSON",
    "textgrid": "Praat TextGrid",
    "audacity": "Audacity labels",
    "elan": "ELAN",
    "label-studio": "Label Studio",
    "rttm": "RTTM",
    "vtt": "WebVTT subtitles",
    "srt": "SRT subtitles",
    "audformat": "audformat table",
}
PARQUET = "audformat-parquet"
if find_spec("pyarrow") is not None:
    FORMATS[PARQUET] = "audformat table (Parquet)"
MAX_CONFLICTS = 50  # that the page shows
STAYING = ("stored", "file")  # which version of a label may stay
MAX_BYTES = 100_000_000  # of all files of one zip, unpacked


class ExportRequest(DeskRequest):
    """All labels in one of `FORMATS`; `wav` adds the sounds as WAV files.

    `times` is the program whose times the files have; "" stands for the one that the format belongs to.
    """

    format: str
    times: NotRequired[str]
    wav: NotRequired[bool]


class Choices(TypedDict):
    """How to read files of other programs: the fields of `ImportOptions`. `clip` may be ""; a word may mean ""."""

    tiers: list
    tier_is_annotator: bool
    words: dict
    clip: str


class ImportRequest(ExportRequest):
    """Files of labels, each a dict of "name" and "base64", whose content tells their format.

    `stay`, one of `STAYING`, says which version stays where a label differs from a stored one. Without it, the answer
    may be conflicts; without `choices`, questions.
    """

    files: list
    stay: NotRequired[str]
    choices: NotRequired[Choices | None]


class LabelFiles:
    """The server functions for files of labels.

    Parameters
    ----------
    labelling : the labels, and the scores that are still being computed for them
    """

    def __init__(self, labelling: Labelling) -> None:
        self.desk, self.stores, self.scorer = labelling.desk, labelling.stores, labelling.scorer

    @checks_request(ExportRequest)
    def labels_export(self, request: ExportRequest) -> dict:
        """Return all labels as one file, or as a zip if the format needs several.

        Returns
        -------
        dict: name, base64, labels, the number of labels, and notes, sentences about labels that were moved
        """
        from ser.annotation.formats import export, program_shifts, to_parquet

        store = self.stores.of(request)
        self.scorer.wait(store)
        labels = store.labels(final=None)
        if not labels:
            raise UserError("There are no labels to export yet.")
        format, clips, known = _format(request), store.clips(), self._known_clips(request)
        program = "decoded" if request.get("wav") else _export_program(format, _times(request))
        shifts, notes = program_shifts(labels, clips=clips, program=program, known=known)
        texts = export(labels, clips=clips, format=format, shifts=shifts, choices=store.choices)
        files: dict[str, str | bytes] = to_parquet(texts) if request["format"] == PARQUET else {**texts}
        if request.get("wav"):
            files |= _wav_files(
                [clip for clip in clips if clip.hash in {label.clip for label in labels}], known
            )
        now = f"{datetime.now():%Y-%m-%d_%H%M%S}"
        if len(files) == 1:
            [(name, text)] = files.items()
            name = f"labels_{now}.{name.rpartition('.')[2]}"
            content = text if isinstance(text, bytes) else text.encode("utf-8")
        else:
            name, content = f"labels_{now}.zip", _zipped(files)
        return {"name": name, "base64": b64encode(content).decode(), "labels": len(labels), "notes": notes}

    @checks_request(ImportRequest)
    def labels_import(self, request: ImportRequest) -> dict:
        """Import the labels of files: all of them, or none.

        Returns
        -------
        dict: new, same and replaced, the numbers of labels, left_out, words for what is not a label, and notes,
        sentences about labels that were moved; or problem, a sentence with the file, its line and the reason; or
        questions, those of `ser.annotation.formats.survey.Questions`; or differing, the number of labels that differ
        from stored ones, and conflicts, of `MAX_CONFLICTS` of them the names of the clips of both versions, and the versions
        """
        from ser.annotation.conflicts import find_conflicts
        from ser.annotation.formats import BadFileError, to_rows
        from ser.annotation.formats.survey import survey

        stay = request.get("stay")
        if not all(isinstance(file, dict) for file in request["files"]) or stay not in (None, *STAYING):
            raise UserError(STALE)
        store, choices = self.stores.of(request), request.get("choices")
        options = _options(annotator_of(request), choices, _times(request), store.choices)
        clips = self._known_clips(request)
        files = {str(file.get("name")): b64decode(str(file.get("base64"))) for file in request["files"]}
        try:
            contents = _contents(files, chosen=_format(request))
            questions = survey(contents, options=options, clips=clips)
            if questions.files if choices else questions:
                return {"questions": asdict(questions)}
            reading = to_rows(contents, options=options, clips=clips)
            conflicts = find_conflicts(reading.rows, stored=store.labels(final=None))
            if conflicts and stay is None:
                return _question(conflicts, names={clip.hash: clip.name for clip in store.clips()})
            left = {conflict.row.label.id for conflict in conflicts} if stay == "stored" else set()
            rows = [row for row in reading.rows if row.label.id not in left]
            counts = store.import_rows(rows, replace=stay == "file")
            left_out = [f"{counted(part.noun, count)}{part.of}" for part, count in reading.left_out.items()]
            return asdict(counts) | {"left_out": left_out, "notes": reading.notes}
        except BadFileError as error:
            raise UserError(f"Nothing was imported. {error}") from error
        except ConflictError as error:  # somebody labelled in this very moment
            raise UserError(
                "Nothing was imported, because labels changed meanwhile: import again."
            ) from error

    def _known_clips(self, request: ExportRequest) -> "KnownClips":
        """Return the clips that files may be about: those with labels, and all that the page can open."""
        from ser.annotation.formats import KnownClips
        from ser.annotation.formats.matching import queued_sounds

        sitting = self.desk.queue(QueueRequest(source="sitting", sitting=request.get("sitting")))
        queues = [*self.desk.queues.values(), sitting]
        return KnownClips(self.stores.of(request).clips(), queued_sounds(queues))


def _options(annotator: str, choices: Choices | None, times: str | None, labels: LabelSet) -> "ImportOptions":
    from ser.annotation.formats import ImportOptions

    if choices is None:
        return ImportOptions(annotator=annotator, times=times, choices=labels)
    texts = [*choices["tiers"], *choices["words"].values()]
    if not all(isinstance(text, str) for text in texts) or not {*choices["words"].values()} <= {
        "",
        *labels.codes,
    }:
        raise UserError(STALE)
    return ImportOptions(
        annotator=annotator,
        tiers=tuple(choices["tiers"]),
        tier_is_annotator=choices["tier_is_annotator"],
        words={word: code or None for word, code in choices["words"].items()},
        clip=choices["clip"] or None,
        times=times,
        choices=labels,
    )


def _format(request: ExportRequest) -> str:
    if request["format"] not in FORMATS:
        raise UserError(STALE)
    return "audformat" if request["format"] == PARQUET else request["format"]


def _times(request: ExportRequest) -> str | None:
    """Return the program that was chosen, None for the one of the format."""
    from ser.annotation.formats.program_times import PROGRAMS

    times = request.get("times") or None
    if times not in (None, *PROGRAMS):
        raise UserError(STALE)
    return times


def _export_program(format: str, times: str | None) -> str:
    from ser.annotation.formats import program_of

    program = program_of(format, times=times)
    if program is None:
        raise UserError(
            f"{FORMATS[format]} holds the times of the decoded sound: choose these, or a format of another program."
        )
    return program


def _wav_files(clips: "list[Clip]", known: "KnownClips") -> dict[str, str | bytes]:
    """Return the sounds of clips as WAV files; raise `UserError` if one is not there, or if they are too many."""
    from ser.annotation.formats.cells import file_name
    from ser.annotation.formats.wav import wav_bytes

    files: dict[str, str | bytes] = {}
    size = 0
    for clip in clips:
        path = known.path(clip)
        if path is None:
            raise UserError(f"{plain(clip.name)} is not in the queue: export without the sounds.")
        content = wav_bytes(path)
        size += len(content)
        if size > MAX_BYTES:
            raise UserError("These sounds are more than 100 MB: use python -m ser annotations export --wav.")
        files[file_name(clip, ending=".wav", taken=files)] = content
    return files


def _zipped(files: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def _question(conflicts: "list[Conflict]", *, names: dict[str, str]) -> dict:
    return {
        "conflicts": [
            {
                "name": plain(conflict.row.clip.name),
                "stored_name": plain(names[conflict.stored.clip]),
                "file": asdict(conflict.row.label),
                "stored": asdict(conflict.stored),
            }
            for conflict in conflicts[:MAX_CONFLICTS]
        ],
        "differing": len(conflicts),
    }


def _contents(files: dict[str, bytes], *, chosen: str) -> "dict[str, FileContents]":
    """Return what files hold, by name: each in its own format, or in the chosen one if it does not tell."""
    from ser.annotation.formats import may_hold_labels, parse, sniff

    names = [name for name in files if may_hold_labels(name)]
    telling = [name for name in names if _is_zip(files[name]) or sniff(name, files[name])]
    contents: dict[str, FileContents] = {}
    for name in telling or names:
        for file, text in _texts(name, files[name], chosen).items():
            contents |= parse({file: text}, format=sniff(file, text.encode()) or chosen)
    return contents


def _is_zip(content: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content))


def _texts(name: str, content: bytes, format: str) -> dict[str, str]:
    """Return the text of a file, or of the label files in a zip, by name; raise `UserError` for anything but text."""
    from ser.annotation.formats import decode, label_files, may_hold_labels, sniff

    if not _is_zip(content):
        return {name: decode(name, content)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {file.filename: file.file_size for file in archive.infolist() if not file.is_dir()}
            heads = {file: _head(archive, file) for file in sizes if may_hold_labels(file)}
            found = Counter(kind for file, head in heads.items() if (kind := sniff(file, head)))
            names = label_files(sizes, format=max(found, key=found.__getitem__, default=format))
            if sum(sizes[name] for name in names) > MAX_BYTES:
                raise UserError(f"{name} holds more than 100 MB: unpack it and import a few files at a time.")
            return {name: decode(name, archive.read(name)) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise UserError(f"{name} is a damaged or encrypted zip file: create it again.") from error


def _head(archive: zipfile.ZipFile, file: str) -> bytes:
    from ser.annotation.formats import HEAD_BYTES

    with archive.open(file) as opened:
        return opened.read(HEAD_BYTES)
