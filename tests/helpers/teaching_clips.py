"""Clips that a network can learn to tell apart within seconds: pieces of the examples, each example with one emotion."""

from collections.abc import Mapping
from pathlib import Path

import soundfile

from ser.annotation.store import Annotations, Clip, Label, hash_file, new_id
from ser.labels import LABELS

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "ser" / "assets" / "examples").glob("*.flac"))


def write_clips(folder: Path, *, each: int, speakers: int = 1) -> Path:
    """Write `each` clips of every emotion, named SPEAKER_NUMBER_EMOTION.wav; speakers take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    for emotion, example in zip(LABELS, EXAMPLES, strict=True):
        samples, rate = soundfile.read(example)
        length = len(samples) // (each + 1)
        for i in range(each):
            piece = samples[i * length : (i + 2) * length]
            soundfile.write(folder / f"voice{i % speakers}_{i}_{emotion}.wav", piece, rate, subtype="PCM_16")
    return folder


def label_clips(
    folder: Path,
    store: Annotations,
    *,
    annotator: str = "Ann",
    n: int | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """Label the first n clips of a folder, by number, with the emotions in their names, or what `words` has for them."""
    for path in sorted(folder.glob("*.wav"), key=lambda path: path.stem.partition("_")[2])[:n]:
        clip = Clip(hash_file(path), path.name)
        store.put_clip(clip)
        emotion = path.stem[-3:]
        store.write(Label(new_id(), clip.hash, annotator, words[emotion] if words else emotion))
