"""Labels as TextGrids of Praat: one file in the long text format for each clip, with the tiers of `numbered`.

Format: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from collections.abc import Mapping

from ser.annotation.formats.cells import file_name
from ser.annotation.formats.contents import BadFileError, FileContents, Interval, Writing
from ser.annotation.formats.numbered import read_numbered, write_numbered
from ser.annotation.formats.praat_text import PraatTextError, read_tiers, write_tiers
from ser.annotation.label import Row

ENDING = ".TextGrid"


def export_textgrid(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return a TextGrid for each clip.

    Parameters
    ----------
    rows : the labels
    writing : when Praat shows each clip
    """
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.clip.hash, []).append(row)
    files: dict[str, str] = {}
    for clip_rows in clips.values():
        files[file_name(clip_rows[0].clip, ending=ENDING, taken=files)] = _textgrid(
            clip_rows, writing.shifts.get(clip_rows[0].clip.hash, 0.0), writing.choices.names
        )
    return files


def read_textgrid(text: str, *, file: str) -> FileContents:
    """Read a TextGrid in the long or the short text format; without a data tier, its name gives the clip.

    Raises `BadFileError`.
    """
    try:
        end_s, tiers = read_tiers(text)
    except PraatTextError as error:
        raise BadFileError(file, error.line, f"{error}.") from error
    return read_numbered(tiers, file=file, end_s=end_s, program="praat")


def _textgrid(rows: list[Row], shift_s: float, names: Mapping[str, str]) -> str:
    end_s, tiers = write_numbered(rows, names=names, shift_s=shift_s)
    return write_tiers(end_s, [(tier.name, filled(tier.intervals, end_s)) for tier in tiers])


def filled(regions: list[Interval], end_s: float) -> list[Interval]:
    """Fill gaps with empty intervals, because the intervals of a Praat tier must be adjacent."""
    filled, filled_s = [], 0.0
    for region in regions:
        filled += [Interval(filled_s, region.start_s, "")] if region.start_s > filled_s else []
        filled.append(region)
        filled_s = region.end_s
    return filled + ([Interval(filled_s, end_s, "")] if filled_s < end_s else [])
