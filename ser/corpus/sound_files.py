"""The sound files in a folder."""

from pathlib import Path

_AUDIO_KINDS = """
3gp aac aif aifc aiff amr au caf flac m4a mka mkv mov mp2 mp3 mp4 oga ogg opus rf64 snd w64 wav webm
"""
AUDIO_SUFFIXES = frozenset(f".{kind}" for kind in _AUDIO_KINDS.split())


def sound_files(folder: Path, *, recursive: bool = True) -> list[Path]:
    """Return the sound files in a folder, sorted, without hidden ones."""
    paths = folder.rglob("*") if recursive else folder.iterdir()
    return sorted(
        path
        for path in paths
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
