"""What a glance at many audio files tells: how long each is, which are silent, which are the same."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

SILENT_PEAK = 1e-3  # -60 dB of full scale: no clip with a voice is anywhere near as quiet
GLANCE = 256  # samples from a file's middle; files that differ there need no closer look


class Scan(NamedTuple):
    """What `scan` found, by name."""

    duration_s: dict[str, float]  # NaN where the file cannot be read
    silent: dict[str, bool]
    twin: dict[str, str]  # the name of a file with the same bytes, or ""


def scan(files: Mapping[str, Path]) -> Scan:
    """Look into many files without reading them whole: half a second for CREMA-D's 7442.

    A glance at the middle of a file settles nearly all questions; only what it leaves open is read
    through. A file that cannot be read, or holds a header only, is neither silent nor anyone's twin.
    """
    found = Scan({}, dict.fromkeys(files, False), dict.fromkeys(files, ""))
    alike = defaultdict(list)
    for name, path in files.items():
        frames, found.duration_s[name], middle = _glance(path)
        if frames:
            found.silent[name] = _peak(middle) < SILENT_PEAK and _is_silent(path)
            alike[frames, middle.tobytes()].append(name)
    for names in alike.values():
        if len(names) > 1:
            found.twin.update(_twins({name: files[name] for name in names}))
    return found


def _glance(path: Path) -> tuple[int, float, np.ndarray]:
    """Return the number of frames, the duration in seconds, and `GLANCE` samples from the middle."""
    try:
        with soundfile.SoundFile(path) as file:
            file.seek(max(0, (file.frames - GLANCE) // 2))
            return file.frames, file.frames / file.samplerate, file.read(GLANCE, dtype="float32")
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
    for same in by_content.values():
        if len(same) > 1:
            twins.update(zip(same, same[1:] + same[:1], strict=True))
    return twins
