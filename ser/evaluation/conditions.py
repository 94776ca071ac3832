"""Measure how well a recognizer copes with microphones, rooms, noise and codecs that CREMA-D does not have.

Every condition changes the waveform, so the whole path is measured: speech detection, features and network.
`python -m ser evaluate --conditions` prints the table.

A condition is called with samples (n,) at 16 kHz and a random generator; partial functions fix all other arguments.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import soxr
from scipy.ndimage import uniform_filter1d

from ser.audio.features import fix_length
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.audio.voice import find_voice
from ser.corpus.crema_d import Corpus, CorpusError
from ser.evaluation.evaluate import split_of_card
from ser.evaluation.metrics import metrics
from ser.labels import EMOTION_NAMES, LABELS
from ser.recognition.bulk import over_files
from ser.recognition.recognizer import Recognizer

if TYPE_CHECKING:
    import pandas as pd

Condition = Callable[[np.ndarray, np.random.Generator], np.ndarray]

CLEAN = "clean"
COLOUR_HZ = 62.5 * 2.0 ** np.arange(8)  # where an equaliser draws its gain: at every octave up to 8 kHz
TELEPHONE_HZ = (300.0, 3400.0)
EDGE_HZ = 100.0  # over which a filter falls from full gain to none
FIRST_REFLECTIONS, REFLECTIONS_S = 8, (0.002, 0.05)
MIN_NOISE_HZ = 20.0
BABBLE_VOICES = 6
BABBLE_CLIPS = 60  # training clips to mix babble from
# A gate opens at a third of the way, in dB, from the pauses of a recording to its loud parts.
GATE_SHARE, GATE_WINDOW_S, GATE_HOLD_S, GATE_RAMP_S = 1 / 3, 0.02, 0.05, 0.005
ROOM_TONE_DB = -50.0  # of the clip's peak: a laptop in a quiet room


class ConditionRow(TypedDict):
    """How good the scores are under one condition."""

    condition: str
    uar: float
    drop: float  # of the UAR, compared with the unchanged clips
    top: str  # the most frequent answer
    top_share: float  # of the clips


class ConditionsResult(TypedDict):
    """What `evaluate_conditions` returns: plain JSON values."""

    checkpoint: str
    clips: int
    conditions: list[ConditionRow]


def conditions(voices: Sequence[np.ndarray]) -> dict[str, Condition]:
    """Return the conditions by name, the unchanged clip first.

    Each is a function (samples (n,) float32 at 16 kHz, generator) -> samples (m,) float32.

    Parameters
    ----------
    voices : samples (n,) of training clips, for the babble
    """
    table: dict[str, Condition] = {CLEAN: lambda samples, rng: samples}
    table |= {f"microphone {db} dB": partial(colour, depth_db=db) for db in (6, 12)}
    table |= {"telephone": telephone, "low-pass 4 kHz": partial(band_pass, high=4000.0)}
    table |= {f"room {rt60_s} s": partial(reverberate, rt60_s=rt60_s) for rt60_s in (0.3, 0.8)}
    noises = {"white": partial(tilted_noise, slope=0.0), "pink": partial(tilted_noise, slope=0.5)}
    noises["babble"] = partial(babble, voices=voices)
    for name, noise in noises.items():
        table |= {f"{name} {db} dB": partial(add_noise, noise=noise, snr_db=db) for db in (20, 10, 5)}
    table |= {"gated": gate, "gain +20 dB": partial(amplify, db=20), "gain -20 dB": partial(amplify, db=-20)}
    table["clipped"] = flatten
    for name, codec, container, kbits in CODECS:
        table[f"{name} {kbits} kbit/s"] = partial(transcode, codec=codec, container=container, kbits=kbits)
    for name, before in {"silence": silence, "room tone": room_tone}.items():
        table |= {f"{name} {s} s": partial(delay, seconds=s, before=before) for s in (0.5, 2.0)}
    table["cut at 1 s"] = partial(cut, seconds=1.0)
    return table | {f"tempo {rate}": partial(change_tempo, rate=rate) for rate in (0.8, 1.25)}


def generator_of(clip: str, condition: str) -> np.random.Generator:
    """Return the random generator of a clip under a condition, the same in every run and any order."""
    digest = hashlib.sha256(f"{clip}/{condition}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _filtered(samples: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Multiply the spectrum by a gain that depends on the frequency in Hz, without delay or change of length."""
    n = 2 ** (len(samples) + SAMPLE_RATE // 4).bit_length()  # room for ringing on both sides
    spectrum = np.fft.rfft(samples, n) * gain(np.fft.rfftfreq(n, 1 / SAMPLE_RATE))
    return np.fft.irfft(spectrum, n)[: len(samples)].astype(np.float32)


def colour(samples: np.ndarray, rng: np.random.Generator, *, depth_db: float) -> np.ndarray:
    """Simulate another microphone: a smooth random equaliser with a largest gain or loss of `depth_db`."""
    gain_db = rng.standard_normal(len(COLOUR_HZ))
    gain_db -= gain_db.mean()
    gain_db *= depth_db / np.abs(gain_db).max()
    octaves = np.log2(COLOUR_HZ)
    return _filtered(samples, lambda hz: 10 ** (np.interp(np.log2(hz + 1), octaves, gain_db) / 20))


def band_pass(
    samples: np.ndarray, rng: np.random.Generator, *, low: float = 0.0, high: float = SAMPLE_RATE / 2
) -> np.ndarray:
    """Keep the frequencies between `low` and `high` in Hz."""

    def gain(hz: np.ndarray) -> np.ndarray:
        rise = np.clip((hz - low) / EDGE_HZ + 1, 0, 1) if low else 1.0
        return rise * np.clip((high - hz) / EDGE_HZ + 1, 0, 1)

    return _filtered(samples, gain)


def telephone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Simulate a telephone line: 300 to 3400 Hz, 16 bits at 8 kHz."""
    low, high = TELEPHONE_HZ
    line = soxr.resample(band_pass(samples, rng, low=low, high=high), SAMPLE_RATE, 8000)
    return fix_length(soxr.resample(_sixteen_bits(line), 8000, SAMPLE_RATE), len(samples))


def reverberate(samples: np.ndarray, rng: np.random.Generator, *, rt60_s: float) -> np.ndarray:
    """Simulate a room in which sound takes `rt60_s` seconds to decay by 60 dB.

    The speaker is at the distance where the room is as loud as the direct sound. The response is the direct sound, a few
    first reflections and exponentially decaying noise. The peak level is kept.
    """
    time = np.arange(round(1.2 * rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(time)) * (time >= REFLECTIONS_S[0])
    reflections = rng.uniform(*REFLECTIONS_S, FIRST_REFLECTIONS)
    # Each reflection is as strong as a few milliseconds of the tail around it.
    tail[(reflections * SAMPLE_RATE).astype(int)] += 6 * rng.choice((-1.0, 1.0), FIRST_REFLECTIONS)
    response = tail * 10 ** (-3 * time / rt60_s)
    response /= np.sqrt(np.square(response).sum())
    response[0] = 1.0
    n = len(samples) + len(response)
    wet = np.fft.irfft(np.fft.rfft(samples, n) * np.fft.rfft(response, n), n)[: len(samples)]
    return (wet * (np.abs(samples).max(initial=0) / np.abs(wet).max(initial=1e-12))).astype(np.float32)


def tilted_noise(n: int, rng: np.random.Generator, *, slope: float) -> np.ndarray:
    """Return noise (n,) with an amplitude proportional to frequency ** -slope: 0 is white, 0.5 pink."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), MIN_NOISE_HZ)
    return np.fft.irfft(spectrum * hz**-slope, n)


def babble(n: int, rng: np.random.Generator, *, voices: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sound (n,) of several people talking at once, all equally loud."""
    mixed = np.zeros(n)
    for i in rng.choice(len(voices), min(BABBLE_VOICES, len(voices)), replace=False):
        voice = np.roll(voices[i], rng.integers(len(voices[i])))
        mixed += np.resize(voice, n) / max(voice.std(), 1e-9)
    return mixed


def add_noise(
    samples: np.ndarray,
    rng: np.random.Generator,
    *,
    noise: Callable[[int, np.random.Generator], np.ndarray],
    snr_db: float,
) -> np.ndarray:
    """Add noise throughout the clip, at a signal-to-noise ratio of `snr_db` over the speech."""
    sound, speech = noise(len(samples), rng), speech_of(samples)
    power = np.square(samples[speech], dtype=np.float64).mean()
    level = np.sqrt(power / max(np.square(sound[speech]).mean(), 1e-20) / 10 ** (snr_db / 10))
    return (samples + level * sound).astype(np.float32)


def speech_of(samples: np.ndarray) -> np.ndarray:
    """Flag the samples (n,) with speech, or all of them if no voice is found."""
    speech = np.zeros(len(samples), bool)
    for span in find_voice(samples).spans:
        start, end = (round(edge * SAMPLE_RATE) for edge in span)
        speech[start:end] = True
    return speech if speech.any() else ~speech


def gate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Apply a noise gate, as voice calls do: digital silence wherever the clip is hardly louder than its pauses."""
    level = 10 * np.log10(_moving_mean(np.square(samples.astype(np.float64)), GATE_WINDOW_S) + 1e-12)
    pauses, loud = np.percentile(level, (5, 95))
    is_open = level >= pauses + GATE_SHARE * (loud - pauses)
    held = _moving_mean(is_open, 2 * GATE_HOLD_S) > 1e-9
    opening = _moving_mean(held, GATE_RAMP_S)
    return np.where(opening > 1e-9, samples * opening, 0).astype(np.float32)


def _moving_mean(values: np.ndarray, window_s: float) -> np.ndarray:
    return uniform_filter1d(values.astype(np.float64), round(window_s * SAMPLE_RATE), mode="nearest")


def _sixteen_bits(samples: np.ndarray) -> np.ndarray:
    return (np.clip(np.round(samples * 32768), -32768, 32767) / 32768).astype(np.float32)


def amplify(samples: np.ndarray, rng: np.random.Generator, *, db: float) -> np.ndarray:
    """Change the level by `db` and store 16 bits, clipping at full scale."""
    return _sixteen_bits(samples * 10 ** (db / 20))


def flatten(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clip the waveform at a quarter of its peak."""
    limit = np.abs(samples).max(initial=0) / 4
    return np.clip(samples, -limit, limit)


CODEC_TAIL = 1600  # samples of silence after the clip: some encoders lose their last frame
CODECS = (  # name, encoder, container, kbit/s
    ("MP3", "libmp3lame", "mp3", 32),
    ("Opus", "libopus", "ogg", 12),
    ("AAC", "aac", "mp4", 24),
)


def transcode(
    samples: np.ndarray, rng: np.random.Generator, *, codec: str, container: str, kbits: int
) -> np.ndarray:
    """Encode and decode a clip; the result is aligned with the input."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=SAMPLE_RATE, layout="mono", bit_rate=1000 * kbits)
        assert isinstance(stream, av.AudioStream), "all `CODECS` encode audio"
        kind = [sample_format.name for sample_format in stream.codec.audio_formats or ()][-1]
        convert = av.AudioResampler(kind, "mono", SAMPLE_RATE, stream.codec_context.frame_size or None)
        padded = fix_length(samples, len(samples) + CODEC_TAIL)
        frame = av.AudioFrame.from_ndarray(padded[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, 0
        for part in (*convert.resample(frame), *convert.resample(None), None):
            out.mux(stream.encode(part))
    file.seek(0)
    back = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(file, "r") as source:
        parts = [part.to_ndarray()[0] for frame in source.decode(audio=0) for part in back.resample(frame)]
    parts += [part.to_ndarray()[0] for part in back.resample(None)]
    return fix_length(np.concatenate(parts), len(samples))


def silence(samples: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return digital silence (n,)."""
    return np.zeros(n)


def room_tone(samples: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the background of a quiet room (n,): pink noise 50 dB below the clip's peak."""
    tone = tilted_noise(n, rng, slope=0.5)
    return tone * (np.abs(samples).max(initial=0) * 10 ** (ROOM_TONE_DB / 20) / tone.std())


def delay(samples: np.ndarray, rng: np.random.Generator, *, seconds: float, before: Callable) -> np.ndarray:
    """Start the recording `seconds` too early, with the sound of `before`."""
    return np.concatenate([before(samples, n=round(seconds * SAMPLE_RATE), rng=rng), samples]).astype(
        np.float32
    )


def cut(samples: np.ndarray, rng: np.random.Generator, *, seconds: float) -> np.ndarray:
    """Stop the recording `seconds` after the voice starts."""
    return samples[: round((find_voice(samples).start_s + seconds) * SAMPLE_RATE)]


def change_tempo(samples: np.ndarray, rng: np.random.Generator, *, rate: float) -> np.ndarray:
    """Change the tempo to `rate` times the original at the same pitch, with a phase vocoder."""
    from librosa.effects import time_stretch  # takes seconds to import

    return time_stretch(samples, rate=rate).astype(np.float32)


def evaluate_conditions(
    recognizer: Recognizer,
    *,
    corpus: Corpus,
    clips: pd.DataFrame,
    names: Sequence[str] | None = None,
    progress: bool = True,
    jobs: int | None = None,
    cluster: str | None = None,
) -> ConditionsResult:
    """Score clips under every condition, each clip on its own.

    Parameters
    ----------
    clips : rows of `corpus.clips`
    names : the conditions to measure besides the unchanged clips; defaults to all
    progress : show a bar on stderr
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; defaults to a few threads

    Returns
    -------
    `ConditionsResult`; the first row is that of the unchanged clips
    """
    from tqdm import tqdm

    root = corpus.root.absolute()
    choices = list(condition_table(recognizer, root))
    if names is not None:
        unknown = [name for name in names if name not in choices]
        if unknown:
            raise CorpusError(f"There is no condition {unknown[0]!r}: choose from {', '.join(choices)}.")
        choices = [CLEAN, *(name for name in names if name != CLEAN)]
    work = partial(_scores_under, choices, root)
    results = over_files(
        recognizer, work=work, files=[corpus.path(clip) for clip in clips.index], jobs=jobs, cluster=cluster
    )
    task = f"scoring under {len(choices)} conditions"
    scores = np.array([*tqdm(results, total=len(clips), desc=task, unit="clip", disable=not progress)])
    labels = clips["emotion"].map(LABELS.index).to_numpy()
    rows = [_row(name, scores[:, i], labels) for i, name in enumerate(choices)]
    for row in rows:
        row["drop"] = rows[0]["uar"] - row["uar"]
    checkpoint = str(recognizer.checkpoint.folder)
    return {"checkpoint": checkpoint, "clips": len(clips), "conditions": rows}


def training_voices(recognizer: Recognizer, corpus: Corpus) -> list[np.ndarray]:
    """Return the samples of up to 60 clips, spread evenly over the clips of the checkpoint's training actors.

    Raises `CorpusError` if the data set has none of them.
    """
    clips = corpus.modelling
    clips = clips.index[clips["actor"].isin(split_of_card(recognizer).train)]
    if not len(clips):
        raise CorpusError(
            f"{corpus.root} has no clip of the training actors: use the complete CREMA-D data set."
        )
    sample = clips[:: max(len(clips) // BABBLE_CLIPS, 1)][:BABBLE_CLIPS]
    return [load_audio(corpus.path(name)) for name in sample]


@lru_cache(maxsize=2)
def condition_table(recognizer: Recognizer, root: Path) -> dict[str, Condition]:
    """Return all conditions, computed once per process."""
    return conditions(training_voices(recognizer, Corpus(root)))


def _scores_under(names: Sequence[str], root: Path, recognizer: Recognizer, path: Path) -> list[list[float]]:
    """Return the six scores of a clip under each of the conditions."""
    samples, table, rows = load_audio(path), condition_table(recognizer, root), []
    for name in names:
        distorted = table[name](samples, generator_of(path.stem, name))
        scores = recognizer.recognize(distorted).scores
        rows.append([scores[label] for label in LABELS])
    return rows


def _row(name: str, scores: np.ndarray, labels: np.ndarray) -> ConditionRow:
    shares = np.bincount(scores.argmax(1), minlength=len(LABELS)) / len(labels)
    top = int(shares.argmax())
    uar = metrics(scores, labels)["uar"]
    return {"condition": name, "uar": uar, "drop": 0.0, "top": LABELS[top], "top_share": float(shares[top])}


def format_conditions(result: ConditionsResult) -> str:
    """Format the result of `evaluate_conditions` as a table."""
    lines = [
        f"{result['checkpoint']} on {result['clips']} clips",
        f"{'condition':<20}{'UAR':>7}{'drop':>8}   most frequent answer",
    ]
    for row in result["conditions"]:
        answer = f"{EMOTION_NAMES[row['top']]} {row['top_share']:.2f}"
        lines.append(f"{row['condition']:<20}{row['uar']:>7.3f}{row['drop']:>8.3f}   {answer}")
    return "\n".join(lines)
