"""The sound files in a folder, and what else is there."""

from pathlib import Path


def sound_files(folder: Path, *, recursive: bool = True) -> list[Path]:
    """Return the sound files in a folder, sorted, without hidden ones."""
    from ser.audio.endings import SOUND_ENDINGS  # with the decoders, which splits do not need

    paths = folder.rglob("*") if recursive else folder.iterdir()
    return sorted(
        path
        for path in paths
        if path.suffix.lower() in SOUND_ENDINGS and not path.name.startswith(".") and path.is_file()
    )


def other_files(folder: Path) -> list[Path]:
    """Return the files in a folder and below it whose endings are not those of sound, sorted, without hidden ones."""
    from ser.audio.endings import SOUND_ENDINGS

    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() not in SOUND_ENDINGS and not path.name.startswith(".") and path.is_file()
    )
