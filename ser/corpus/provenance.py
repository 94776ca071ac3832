"""Which files and which recipe the features in a folder were made from, so that none of an older recording is kept.

`prepare` writes this record before it converts anything, and removes what the record contradicts first: whatever is in
the folder later was made as the record says, also if the run was killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ser import __version__
from ser.audio.decoding import DECODING
from ser.network.card import FEATURE_NUMBERS
from ser.util.files import write_atomically

RECORD_FILE = "prepared.json"
RECIPE = {"version": __version__, "decoding": DECODING, **FEATURE_NUMBERS}


@dataclass
class Record:
    """What the outputs in a folder were made from."""

    recipe: dict = field(default_factory=dict)
    colours: str = ""  # of the pictures; "" if there are none
    sources: dict[str, list[int]] = field(default_factory=dict)  # size and time stamp of each file, by output

    @classmethod
    def read(cls, out: str | os.PathLike) -> Record:
        """Read the record of a folder; an empty one if there is none, or none that can be read."""
        try:
            content = json.loads((Path(out) / RECORD_FILE).read_text(encoding="utf-8"))
            return cls(dict(content["recipe"]), str(content["colours"]), dict(content["sources"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, out: str | os.PathLike) -> None:
        """Write the record, completely or not at all."""
        Path(out).mkdir(parents=True, exist_ok=True)
        with write_atomically(Path(out) / RECORD_FILE, "w", encoding="utf-8") as file:
            json.dump(
                {"recipe": self.recipe, "colours": self.colours, "sources": self.sources}, file, indent=0
            )


def start_over_where_changed(out: Path, *, sources: Mapping[str, Path], colours: str) -> int:
    """Remove outputs that were made from another file, by another recipe or in other colours; record the new ones.

    Parameters
    ----------
    out : folder of mel_npy and mel_png
    sources : the file of each output
    colours : name of the colour map, if pictures are wanted, else ""

    Returns
    -------
    number of clips whose features were removed
    """
    record = Record.read(out)
    same_recipe = record.recipe == RECIPE
    versions = {name: _version(path) for name, path in sources.items()}
    removed = 0
    for name, version in versions.items():
        mel, picture = out / "mel_npy" / f"{name}.npy", out / "mel_png" / f"{name}.png"
        same = same_recipe and record.sources.get(name) == version
        if not same and mel.exists():
            removed += 1
            mel.unlink()
        if not same or (colours and colours != record.colours):
            picture.unlink(missing_ok=True)
    kept = record.sources if same_recipe else {}
    now = Record(dict(RECIPE), colours or record.colours, dict(sorted({**kept, **versions}.items())))
    if now != record:
        now.write(out)
    return removed


def _version(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
