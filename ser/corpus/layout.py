"""Where the clips of a data set are and what their names say: the official folder, copies of it in other layouts, other corpora.

Public copies of CREMA-D are flat folders, have subfolders, lower-case names, words in place of codes or other kinds of
sound files; or they have a table with the emotion and the speaker of each file, whose name then does not matter.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ser.corpus.clip_names import ClipName, parse_clip_name, read_clip_name
from ser.corpus.errors import CorpusError
from ser.corpus.known import CORPORA, WORDS, KnownClip, KnownCorpus, emotion_of, known_corpus
from ser.corpus.sound_files import sound_files
from ser.util.text import counted, plain

FILE_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "audio")
LABEL_COLUMNS = ("label", "emotion", "emotion_code", "major_emotion", "class", "classname")
SPEAKER_COLUMNS = ("speaker_id", "speaker", "actor_id", "actor")
DETECTION_FILES = 400  # of a folder whose corpus is not named
MAX_NAMED = 3  # files in a note


@dataclass(frozen=True)
class Layout:
    """The clips in a folder."""

    audio_dir: Path
    paths: dict[str, Path]  # by name of the clip, sorted
    names: dict[str, ClipName]
    strays: tuple[Path, ...]  # sound files whose names say nothing
    left_out: Mapping[str, str]  # why a file with a name is not a clip here, by file below `audio_dir`


class FileFacts(NamedTuple):
    """What the name of a sound file says about it."""

    speaker: str  # "" if the name does not say it
    emotion: str | None  # the acted one as a code of `ser.labels.LABELS`; None for others
    word: str  # the acted emotion as an English noun, also if it is none of the six: "surprise"


def crema_d_layout(root: Path) -> Layout:
    """Find the clips of CREMA-D in `root`, which is or contains AudioWAV or a copy in another layout."""
    audio_dir = root / "AudioWAV" if (root / "AudioWAV").is_dir() else root
    files = sound_files(audio_dir, recursive=False)
    if not any(map(_name_of, files)):
        files = sound_files(audio_dir)
    table = None
    paths: dict[str, Path] = {}
    names: dict[str, ClipName] = {}
    strays, left_out = [], {}
    # Official spellings first: they are kept if another file is the same clip.
    for path in sorted(files, key=lambda path: (not _is_official(path), path)):
        name = _name_of(path)
        if name is None:
            table = _read_tables(root, files) if table is None else table
            name = table.get(path)
            clip = path.relative_to(audio_dir).with_suffix("").as_posix()
        else:
            clip = str(name)
        if name is None:
            strays.append(path)
        elif clip in paths:
            left_out[path.relative_to(audio_dir).as_posix()] = f"it is the same clip as {paths[clip].name}"
        else:
            paths[clip], names[clip] = path, name
    order = sorted(paths)
    return Layout(
        audio_dir,
        {clip: paths[clip] for clip in order},
        {clip: names[clip] for clip in order},
        tuple(sorted(strays)),
        left_out,
    )


def known_layout(root: Path, known: KnownCorpus) -> Layout:
    """Find the clips of another corpus in `root` and its subfolders."""
    clips: dict[Path, KnownClip] = {}
    strays, left_out, recordings = [], {}, {}
    for path in sorted(sound_files(root), key=lambda path: (path.suffix.lower() != ".wav", path)):
        clip = known.clip(path)
        file = path.relative_to(root).as_posix()
        if clip is None:
            strays.append(path)
        elif clip.left_out:
            left_out[file] = clip.left_out
        elif clip.recording in recordings:
            left_out[file] = "it is the same recording as another file"
        else:
            recordings[clip.recording] = path
            clips[path] = clip
    names = _distinct_names(clips, root)
    order = sorted(clips, key=names.__getitem__)
    return Layout(
        root,
        {names[path]: path for path in order},
        {
            names[path]: ClipName(clips[path].speaker, clips[path].sentence, clips[path].emotion or "", "XX")
            for path in order
        },
        tuple(sorted(strays)),
        left_out,
    )


def detect(root: str | os.PathLike) -> KnownCorpus | None:
    """Return the corpus whose names most sound files in a folder have; None if that is CREMA-D or none."""
    root = Path(root).expanduser().absolute()
    if (root / "AudioWAV").is_dir() or not root.is_dir():
        return None
    files = sound_files(root)
    files = files[:: max(1, len(files) // DETECTION_FILES)]
    found: Counter[str] = Counter(crema_d=sum(_name_of(path) is not None for path in files))
    for name, known in CORPORA.items():
        try:
            found[name] = sum(known.clip(path) is not None for path in files)
        except CorpusError:  # its table is not here
            continue
    best, count = found.most_common(1)[0]
    return known_corpus(best) if best != "crema_d" and 2 * count > len(files) else None


def file_facts(root: str | os.PathLike, files: Iterable[Path]) -> dict[Path, FileFacts]:
    """Return what the names of sound files in a folder say; of none, unless most are of CREMA-D or of one known corpus."""
    known = detect(root)
    if known is not None:
        clips = {path: clip for path in files if (clip := known.clip(path))}
        return {
            path: FileFacts("" if known.shared_ids else clip.speaker, emotion_of(clip.word), clip.word)
            for path, clip in clips.items()
        }
    files = list(files)
    names = {path: name for path in files if (name := _name_of(path))}
    if 2 * len(names) <= len(files):
        return {}
    return {path: FileFacts(name.actor, name.emotion, WORDS[name.emotion]) for path, name in names.items()}


def left_out_notes(layout: Layout, unreadable: Mapping[str, str]) -> list[str]:
    """Return a sentence for each reason why files of a data set are left out, with the names of the first ones.

    Parameters
    ----------
    unreadable : why a clip cannot be read, by its name
    """
    notes = []
    if unreadable:
        reason, count = next(iter(unreadable.values())), len(unreadable)
        names = _listed(layout.paths[clip].name for clip in unreadable)
        notes.append(f"left out {counted('clip', count)} that cannot be read: {names} ({reason.rstrip('.')})")
    if layout.strays:
        names = _listed(path.name for path in layout.strays)
        notes.append(
            f"left out {counted('file', len(layout.strays))} whose name is not that of a clip: {names}"
        )
    by_reason = defaultdict(list)
    for file, reason in layout.left_out.items():
        by_reason[reason].append(file)
    for reason, files in sorted(by_reason.items()):
        notes.append(f"left out {counted('file', len(files))}, as {reason}: {_listed(files)}")
    return notes


def report_left_out(notes: Iterable[str]) -> None:
    """Print what `left_out_notes` returned on stderr, a line each."""
    from tqdm import tqdm

    for note in notes:
        tqdm.write(note, file=sys.stderr)


def _listed(files: Iterable[str]) -> str:
    names = [plain(file) for file in files]
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _is_official(path: Path) -> bool:
    try:
        return str(parse_clip_name(path)) == path.stem and path.suffix == ".wav"
    except ValueError:
        return False


def _name_of(path: Path) -> ClipName | None:
    try:
        return read_clip_name(path)
    except ValueError:
        return None


def _distinct_names(paths: Iterable[Path], root: Path) -> dict[Path, str]:
    """Return the name of each file without its suffix, with its folders if names are not unique."""
    paths = list(paths)
    if len({path.stem for path in paths}) == len(paths):
        return {path: path.stem for path in paths}
    names = {path: path.relative_to(root).with_suffix("").as_posix() for path in paths}
    twice = {name for name, count in Counter(names.values()).items() if count > 1}
    return {
        path: path.relative_to(root).as_posix() if name in twice else name for path, name in names.items()
    }


# ---- tables beside the sound files


def _read_tables(root: Path, files: list[Path]) -> dict[Path, ClipName]:
    """Read the emotion and the speaker of files from the CSV files in `root` that have them.

    Raises `CorpusError` if a table has numbers for emotions: copies of CREMA-D number them differently.
    """
    by_name = {path.name: path for path in files}
    found = {}
    for table in sorted(root.glob("*.csv")):
        for row in _rows(table):
            path = root / row["file"]
            path = path if path in by_name.values() else by_name.get(Path(row["file"]).name, path)
            emotion = emotion_of(row["label"])
            if row["label"].strip().isdecimal():
                raise CorpusError(
                    f"{table} numbers the emotions, and copies number them differently: write words such as anger or "
                    "codes such as ANG into its column of labels."
                )
            if emotion and row["speaker"]:
                found[path] = ClipName(row["speaker"], "", emotion, "XX")
    return found


def _rows(table: Path) -> Iterator[dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="", errors="replace") as text:
        reader = csv.DictReader(text)
        columns = {column.strip().lower(): column for column in reader.fieldnames or () if column}
        chosen = {
            kind: next((columns[name] for name in names if name in columns), None)
            for kind, names in (
                ("file", FILE_COLUMNS),
                ("label", LABEL_COLUMNS),
                ("speaker", SPEAKER_COLUMNS),
            )
        }
        if None in chosen.values():
            return
        for row in reader:
            yield {kind: (row[column] or "") for kind, column in chosen.items() if column}
