"""Unpack copies of CREMA-D that are Parquet tables with the sound inside, as dataset hubs hold them, to sound files.

python -m ser download --unpack DIR --out DIR
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from ser.corpus.clip_names import read_clip_name
from ser.corpus.errors import CorpusError
from ser.corpus.known import emotion_of
from ser.corpus.layout import FILE_COLUMNS, LABEL_COLUMNS, SPEAKER_COLUMNS
from ser.util.files import write_atomically

ROWS_AT_A_TIME = 64
SIGNATURES = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3", b"\xff\xfb": ".mp3"}
TABLE = "clips.csv"


class Unpacked(NamedTuple):
    """How many clips were written with the names of the release, and how many with a table beside them."""

    named: int
    tabled: int
    skipped: int  # rows without sound, or without an emotion and a speaker


def unpack(tables: str | os.PathLike, *, out: str | os.PathLike) -> Unpacked:
    """Write the clips in the Parquet files below `tables` to `out`.

    Clips whose rows have their file name are written to AudioWAV with the names of the release. The others are numbered in
    `audio`, and clips.csv says their emotion and speaker.

    Raises
    ------
    CorpusError
        if pyarrow is not installed, there are no such files, or none of their rows can be used
    """
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise CorpusError("--unpack needs pyarrow: pip install pyarrow.") from error
    files = sorted(Path(tables).rglob("*.parquet"))
    if not files:
        raise CorpusError(f"There are no Parquet files in {tables}: choose the folder of the copy.")

    def rows() -> Iterator[dict]:
        for path in files:
            with parquet.ParquetFile(path) as file:
                names = class_names(file.schema_arrow.metadata or {})
                for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME):
                    for row in batch.to_pylist():
                        yield row | {
                            c: words[row[c]] for c, words in names.items() if isinstance(row.get(c), int)
                        }

    result = unpack_rows(rows(), out=Path(out))
    if not result.named + result.tabled:
        raise CorpusError(
            f"The Parquet files in {tables} have no sound with a name, or an emotion and a speaker."
        )
    return result


def class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Return the words of columns that hold numbers, as the `datasets` library writes them into a file's schema."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return {column: kind["names"] for column, kind in features.items() if "names" in kind}
    except (KeyError, TypeError, ValueError):
        return {}


def unpack_rows(rows: Iterable[Mapping], *, out: Path) -> Unpacked:
    """Write the sound of each row, as `unpack` says; a row maps columns to values, and its audio to bytes and a path."""
    named = skipped = 0
    listed: list[list[str]] = []
    for row in rows:
        audio = row.get("audio") or {}
        sound = audio.get("bytes") if isinstance(audio, Mapping) else None
        texts = [str(audio["path"])] if sound and audio.get("path") else []
        texts += [value for column in FILE_COLUMNS if isinstance(value := row.get(column), str)]
        name = next((found for text in texts if (found := _clip_name(text))), None)
        emotion, speaker = _first(row, LABEL_COLUMNS), _first(row, SPEAKER_COLUMNS)
        if not sound:
            skipped += 1
        elif name:
            _write(out / "AudioWAV" / f"{name}{_suffix(sound, texts)}", sound)
            named += 1
        elif emotion_of(emotion) and speaker:
            file = PurePosixPath("audio") / f"clip{len(listed):05}{_suffix(sound, texts)}"
            _write(out / file, sound)
            listed.append([str(file), str(emotion_of(emotion)), speaker])
        else:
            skipped += 1
    if listed:
        with write_atomically(out / TABLE, "w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([["path", "label", "speaker_id"], *listed])
    return Unpacked(named, len(listed), skipped)


def _clip_name(text: str) -> str | None:
    try:
        return str(read_clip_name(text))
    except ValueError:
        return None


def _first(row: Mapping, columns: Iterable[str]) -> str:
    return next((str(row[column]) for column in columns if row.get(column) is not None), "")


def _suffix(sound: bytes, paths: Iterable[str]) -> str:
    signature = next((suffix for magic, suffix in SIGNATURES.items() if sound.startswith(magic)), None)
    given = next((suffix for path in paths if (suffix := PureWindowsPath(path).suffix.lower())), ".wav")
    return signature or given


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as file:
        file.write(sound)
