"""Scan many audio files quickly for their durations, silence and duplicates."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

SILENT_PEAK = 1e-3  # -60 dB of full scale; clips with a voice are far louder
MIDDLE_SAMPLES = 256  # from the middle of a file; files that differ there are not duplicates


class Scan(NamedTuple):
    """The result of `scan`, by name of the file."""

    duration_s: dict[str, float]  # NaN if the file cannot be read
    silent: dict[str, bool]
    twin: dict[str, str]  # name of a file with the same bytes, or ""


def scan(files: Mapping[str, Path]) -> Scan:
    """Scan files without reading them completely: half a second for CREMA-D's 7442.

    A few samples from the middle of a file nearly always decide; only the remaining files are read completely. A file
    that cannot be read, or that is only a header, is neither silent nor a duplicate.
    """
    result = Scan({}, dict.fromkeys(files, False), dict.fromkeys(files, ""))
    candidates = defaultdict(list)
    for name, path in files.items():
        frames, result.duration_s[name], middle = _read_middle(path)
        if frames:
            result.silent[name] = _peak(middle) < SILENT_PEAK and _is_silent(path)
            candidates[frames, middle.tobytes()].append(name)
    for names in candidates.values():
        if len(names) > 1:
            result.twin.update(_twins({name: files[name] for name in names}))
    return result


def _read_middle(path: Path) -> tuple[int, float, np.ndarray]:
    """Return the number of frames, the duration in seconds, and `MIDDLE_SAMPLES` samples from the middle."""
    try:
        with soundfile.SoundFile(path) as file:
            file.seek(max(0, (file.frames - MIDDLE_SAMPLES) // 2))
            return file.frames, file.frames / file.samplerate, file.read(MIDDLE_SAMPLES, dtype="float32")
    except (soundfile.SoundFileError, OSError):
        return 0, float("nan"), np.empty(0, np.float32)


def _peak(samples: np.ndarray) -> float:
    return np.abs(samples).max(initial=0.0)


def _is_silent(path: Path) -> bool:
    samples, _ = soundfile.read(path, dtype="float32")
    return bool(_peak(samples) < SILENT_PEAK)


def _twins(files: Mapping[str, Path]) -> dict[str, str]:
    by_content = defaultdict(list)
    for name, path in files.items():
        by_content[hashlib.sha256(path.read_bytes()).digest()].append(name)
    twins: dict[str, str] = {}
    for names in by_content.values():
        if len(names) > 1:
            twins.update(zip(names, names[1:] + names[:1], strict=True))
    return twins
