"""Which format a file of labels has, judged by what is in it, and by its name where that does not tell."""

import re
from pathlib import PureWindowsPath

HEAD_BYTES = 4000  # of a file, which tell its format

_TASK = re.compile(r'"(?:annotations|annotation_id|file_upload|data)"\s*:')
_AUDFORMAT = re.compile(r'"?file"?,"?start"?,')
_SRT = re.compile(r"\d+\s*\n\d\d:\d\d:\d\d[,.]\d{3} --> ")
_RTTM = re.compile(r"(?:;;|(?:SPEAKER|SPKR-INFO|LEXEME|NON-SPEECH)\s)")
_TRACK = re.compile(r"-?\d+(?:[.,]\d+)?\t-?\d+(?:[.,]\d+)?(?:\t|\s*\n|$)")
_BY_ENDING = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".textgrid": "textgrid",
    ".txt": "audacity",
    ".eaf": "elan",
    ".rttm": "rttm",
    ".vtt": "vtt",
    ".srt": "srt",
    ".parquet": "audformat",
}


def sniff(name: str, content: bytes) -> str | None:
    """Return which of `ser.annotation.formats.FORMATS` a file has; None if neither its content nor its name tells.

    Parameters
    ----------
    name : name of the file
    content : its first `HEAD_BYTES` bytes, or all of them

    >>> sniff("labels.txt", b"0.5\\t1.5\\tangry\\n"), sniff("labels.txt", b"WEBVTT\\n"), sniff("notes.md", b"# Notes")
    ('audacity', 'vtt', None)
    """
    if content.startswith(b"PAR1"):
        return "audformat"
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content[:HEAD_BYTES].decode("utf-16" if is_wide else "utf-8-sig", "replace").lstrip("\ufeff")
    head = text.lstrip()
    by_ending = _BY_ENDING.get(PureWindowsPath(name).suffix.lower())
    if "ooTextFile" in head[:200] or "ooBinaryFile" in head[:200]:
        return "textgrid"
    if "<ANNOTATION_DOCUMENT" in head:
        return "elan"
    if head.startswith("WEBVTT"):
        return "vtt"
    if _SRT.match(head.replace("\r\n", "\n")):
        return "srt"
    if head.startswith(("[", "{")) and by_ending in (None, "json", "audacity"):
        return "label-studio" if _TASK.search(head) else "json"
    if _RTTM.match(head):
        return "rttm"
    if _TRACK.match(head) and by_ending != "csv":
        return "audacity"
    if _AUDFORMAT.match(head):
        return "audformat"
    first_line = head.partition("\n")[0].casefold()
    if re.search(r"(?:^|[,;\t])\s*\"?emotion\"?\s*(?:[,;\t]|$)", first_line):
        return "csv"
    return by_ending
