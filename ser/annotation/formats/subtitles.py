"""Labels as subtitles, WebVTT or SRT: a file for each clip, to show in a player. They are only written."""

from collections.abc import Iterable, Iterator

from ser.annotation.formats.cells import file_name, voice_of
from ser.annotation.formats.contents import BadFileError, FileContents, Writing
from ser.annotation.label import Row

MIN_CUE_MS = 1


def export_vtt(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return a WebVTT file for each clip, with the annotator as the voice of a cue."""
    files: dict[str, str] = {}
    for clip_rows in _by_clip(rows):
        cues = "".join(
            f"\n{start} --> {end}\n<v {_escaped(voice_of(row.label))}>{writing.choices.names[row.label.emotion]}\n"
            for start, end, row in _cues(clip_rows, ".")
        )
        files[file_name(clip_rows[0].clip, ending=".vtt", taken=files)] = f"WEBVTT\n{cues}"
    return files


def export_srt(rows: list[Row], writing: Writing) -> dict[str, str]:
    """Return an SRT file for each clip."""
    files: dict[str, str] = {}
    for clip_rows in _by_clip(rows):
        cues = (
            f"{number}\n{start} --> {end}\n{voice_of(row.label)}: {writing.choices.names[row.label.emotion]}\n"
            for number, (start, end, row) in enumerate(_cues(clip_rows, ","), 1)
        )
        files[file_name(clip_rows[0].clip, ending=".srt", taken=files)] = "\n".join(cues)
    return files


def read_subtitles(text: str, *, file: str) -> FileContents:
    """Refuse subtitles: their words are for people."""
    raise BadFileError(file, 1, "subtitles are only written; import the labels from another format.")


def _by_clip(rows: Iterable[Row]) -> list[list[Row]]:
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.clip.hash, []).append(row)
    return list(clips.values())


def _cues(rows: list[Row], decimal: str) -> Iterator[tuple[str, str, Row]]:
    """Yield start, end and label of each cue in the order of time; one of a whole clip lasts as long as is known."""
    length_s = max([rows[0].clip.duration_s or 0.0, *(row.label.end_s or 0.0 for row in rows)])
    spans = [(*(row.label.region or (0.0, length_s)), row) for row in rows]
    for start_s, end_s, row in sorted(spans, key=lambda span: span[:2]):
        start = round(1000 * start_s)
        end = max(start + MIN_CUE_MS, round(1000 * end_s))
        yield _clock(start, decimal), _clock(end, decimal), row


def _clock(time_ms: int, decimal: str) -> str:
    """Return a time as subtitles have it.

    >>> _clock(3_723_004, ".")
    '01:02:03.004'
    """
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimal}{milliseconds:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
