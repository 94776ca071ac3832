"""How much of a recognizer's skill is left when microphone, room, noise or codec are not those of CREMA-D.

Every condition changes the waveform, so that the whole path is measured: finding the speech, features and
network. `python -m ser evaluate --conditions` prints the table.
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
COLOUR_HZ = 62.5 * 2.0 ** np.arange(8)  # where the gain of an equaliser is drawn: every octave to 8 kHz
TELEPHONE_HZ = (300.0, 3400.0)
EDGE_HZ = 100.0  # over which a filter goes from all to nothing
FIRST_REFLECTIONS, REFLECTIONS_S = 8, (0.002, 0.05)
MIN_NOISE_HZ = 20.0
BABBLE_VOICES = 6
BABBLE_CLIPS = 60  # training clips that babble is mixed from
# A gate opens a third of the way, in dB, from the pauses of a recording to what is loud in it.
GATE_SHARE, GATE_WINDOW_S, GATE_HOLD_S, GATE_RAMP_S = 1 / 3, 0.02, 0.05, 0.005
ROOM_TONE_DB = -50.0  # of the clip's peak: a laptop in a quiet room


class ConditionRow(TypedDict):
    """How good the scores are under one condition."""

    condition: str
    uar: float
    drop: float  # of the UAR against the untouched clips
    top: str  # the emotion that was answered most
    top_share: float


class ConditionsResult(TypedDict):
    """What `evaluate_conditions` returns: plain JSON values."""

    checkpoint: str
    clips: int
    conditions: list[ConditionRow]


def conditions(voices: Sequence[np.ndarray]) -> dict[str, Condition]:
    """Return the conditions by name, the untouched clip first.

    Each is a function (samples (n,) float32 at 16 kHz, generator) -> samples (m,) float32.

    Parameters
    ----------
    voices : samples (n,) of speech from training clips, for the babble
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
    """Return the generator of a clip under a condition: the same in every run, in any order."""
    digest = hashlib.sha256(f"{clip}/{condition}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _filtered(samples: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Multiply the spectrum by a gain of the frequency in Hz; the length stays, nothing is delayed."""
    n = 2 ** (len(samples) + SAMPLE_RATE // 4).bit_length()  # room for what rings on both sides
    spectrum = np.fft.rfft(samples, n) * gain(np.fft.rfftfreq(n, 1 / SAMPLE_RATE))
    return np.fft.irfft(spectrum, n)[: len(samples)].astype(np.float32)


def colour(samples: np.ndarray, rng: np.random.Generator, *, depth_db: float) -> np.ndarray:
    """Another microphone: a smooth random equaliser that raises or lowers by `depth_db` where it is most."""
    gain_db = rng.standard_normal(len(COLOUR_HZ))
    gain_db -= gain_db.mean()
    gain_db *= depth_db / np.abs(gain_db).max()
    octaves = np.log2(COLOUR_HZ)
    return _filtered(samples, lambda hz: 10 ** (np.interp(np.log2(hz + 1), octaves, gain_db) / 20))


def band_pass(
    samples: np.ndarray, rng: np.random.Generator, *, low: float = 0.0, high: float = SAMPLE_RATE / 2
) -> np.ndarray:
    """What lies between two frequencies in Hz."""

    def gain(hz: np.ndarray) -> np.ndarray:
        rise = np.clip((hz - low) / EDGE_HZ + 1, 0, 1) if low else 1.0
        return rise * np.clip((high - hz) / EDGE_HZ + 1, 0, 1)

    return _filtered(samples, gain)


def telephone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A telephone line: 300 to 3400 Hz, 16 bits at 8 kHz."""
    low, high = TELEPHONE_HZ
    line = soxr.resample(band_pass(samples, rng, low=low, high=high), SAMPLE_RATE, 8000)
    return fix_length(soxr.resample(_sixteen_bits(line), 8000, SAMPLE_RATE), len(samples))


def reverberate(samples: np.ndarray, rng: np.random.Generator, *, rt60_s: float) -> np.ndarray:
    """A room that takes `rt60_s` seconds to become 60 dB quieter, at the distance where it is as loud as you.

    Direct sound, a few first reflections and exponentially decaying noise. The peak stays.
    """
    time = np.arange(round(1.2 * rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(time)) * (time >= REFLECTIONS_S[0])
    reflections = rng.uniform(*REFLECTIONS_S, FIRST_REFLECTIONS)
    # Each as strong as a few milliseconds of the tail around it.
    tail[(reflections * SAMPLE_RATE).astype(int)] += 6 * rng.choice((-1.0, 1.0), FIRST_REFLECTIONS)
    response = tail * 10 ** (-3 * time / rt60_s)
    response /= np.sqrt(np.square(response).sum())
    response[0] = 1.0
    n = len(samples) + len(response)
    wet = np.fft.irfft(np.fft.rfft(samples, n) * np.fft.rfft(response, n), n)[: len(samples)]
    return (wet * (np.abs(samples).max(initial=0) / np.abs(wet).max(initial=1e-12))).astype(np.float32)


def tilted_noise(n: int, rng: np.random.Generator, *, slope: float) -> np.ndarray:
    """Noise (n,) whose amplitude falls as frequency ** -slope: 0 is white, 0.5 pink."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), MIN_NOISE_HZ)
    return np.fft.irfft(spectrum * hz**-slope, n)


def babble(n: int, rng: np.random.Generator, *, voices: Sequence[np.ndarray]) -> np.ndarray:
    """Several people (n,) talking at once, each as loud as the others."""
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
    """Noise throughout, `snr_db` below the clip where somebody speaks."""
    sound, speech = noise(len(samples), rng), speech_of(samples)
    power = np.square(samples[speech], dtype=np.float64).mean()
    level = np.sqrt(power / max(np.square(sound[speech]).mean(), 1e-20) / 10 ** (snr_db / 10))
    return (samples + level * sound).astype(np.float32)


def speech_of(samples: np.ndarray) -> np.ndarray:
    """Flags (n,) of the samples in which somebody speaks; all of them where no voice was found."""
    speech = np.zeros(len(samples), bool)
    for span in find_voice(samples).spans:
        start, end = (round(edge * SAMPLE_RATE) for edge in span)
        speech[start:end] = True
    return speech if speech.any() else ~speech


def gate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A noise gate, as calls have: digital silence where it is hardly louder than the pauses of this recording."""
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
    """Recorded too loud or too quiet, with 16 bits: what goes beyond full scale is cut off."""
    return _sixteen_bits(samples * 10 ** (db / 20))


def flatten(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Everything above a quarter of the peak cut off."""
    most = np.abs(samples).max(initial=0) / 4
    return np.clip(samples, -most, most)


CODEC_TAIL = 1600  # samples of silence behind the clip: some encoders lose their last frame
CODECS = (  # name, encoder, container, kbit/s
    ("MP3", "libmp3lame", "mp3", 32),
    ("Opus", "libopus", "ogg", 12),
    ("AAC", "aac", "mp4", 24),
)


def transcode(
    samples: np.ndarray, rng: np.random.Generator, *, codec: str, container: str, kbits: int
) -> np.ndarray:
    """Through an encoder and back, aligned with what went in."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=SAMPLE_RATE, layout="mono", bit_rate=1000 * kbits)
        assert isinstance(stream, av.AudioStream), "all `CODECS` are of sound"
        kind = [known.name for known in stream.codec.audio_formats or ()][-1]
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
    """Digital silence (n,)."""
    return np.zeros(n)


def room_tone(samples: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """The quiet of a room (n,): pink noise 50 dB below the clip's peak."""
    tone = tilted_noise(n, rng, slope=0.5)
    return tone * (np.abs(samples).max(initial=0) * 10 ** (ROOM_TONE_DB / 20) / tone.std())


def delay(samples: np.ndarray, rng: np.random.Generator, *, seconds: float, before: Callable) -> np.ndarray:
    """A clip whose recording was started `seconds` too early."""
    return np.concatenate([before(samples, n=round(seconds * SAMPLE_RATE), rng=rng), samples]).astype(
        np.float32
    )


def cut(samples: np.ndarray, rng: np.random.Generator, *, seconds: float) -> np.ndarray:
    """A clip whose recording was stopped `seconds` after the voice set in."""
    return samples[: round((find_voice(samples).start_s + seconds) * SAMPLE_RATE)]


def change_tempo(samples: np.ndarray, rng: np.random.Generator, *, rate: float) -> np.ndarray:
    """Spoken `rate` times as fast at the same pitch, by a phase vocoder."""
    from librosa.effects import time_stretch  # seconds to import, and only for this

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
    """Score clips under every condition, each clip alone.

    Parameters
    ----------
    clips : rows of `corpus.clips`; the babble is made from clips of the checkpoint's training actors
    names : the conditions to measure besides the untouched clips; all when not given
    progress : show a bar on stderr
    jobs, cluster : how the work is spread, see `ser.recognition.bulk`; by a few threads when not given

    Returns
    -------
    `ConditionsResult`, the untouched clips first
    """
    from tqdm import tqdm

    root = corpus.root.absolute()
    known = list(_table(recognizer, root))
    if names is not None:
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CorpusError(f"There is no condition {unknown[0]!r}: choose from {', '.join(known)}.")
        known = [CLEAN, *(name for name in names if name != CLEAN)]
    work = partial(_scores_under, known, root)
    results = over_files(
        recognizer, work=work, files=[corpus.path(clip) for clip in clips.index], jobs=jobs, cluster=cluster
    )
    what = f"scoring under {len(known)} conditions"
    scores = np.array([*tqdm(results, total=len(clips), desc=what, unit="clip", disable=not progress)])
    labels = clips["emotion"].map(LABELS.index).to_numpy()
    rows = [_row(name, scores[:, i], labels) for i, name in enumerate(known)]
    for row in rows:
        row["drop"] = rows[0]["uar"] - row["uar"]
    checkpoint = str(recognizer.checkpoint.folder)
    return {"checkpoint": checkpoint, "clips": len(clips), "conditions": rows}


def training_voices(recognizer: Recognizer, corpus: Corpus) -> list[np.ndarray]:
    """Return samples of up to 60 clips, spread evenly over those of the checkpoint's training actors.

    `CorpusError` where the data set holds none of them.
    """
    clips = corpus.modelling
    clips = clips.index[clips["actor"].isin(split_of_card(recognizer).train)]
    if not len(clips):
        raise CorpusError(f"{corpus.root} holds no clip of the training actors: give the whole of CREMA-D.")
    chosen = clips[:: max(len(clips) // BABBLE_CLIPS, 1)][:BABBLE_CLIPS]
    return [load_audio(corpus.path(name)) for name in chosen]


@lru_cache(maxsize=2)
def _table(recognizer: Recognizer, root: Path) -> dict[str, Condition]:
    """Return all conditions, made once for a process."""
    return conditions(training_voices(recognizer, Corpus(root)))


def _scores_under(names: Sequence[str], root: Path, recognizer: Recognizer, path: Path) -> list[list[float]]:
    """Return six scores of a clip under each of the conditions."""
    samples, table, rows = load_audio(path), _table(recognizer, root), []
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
    """Return the result of `evaluate_conditions` as a table for people."""
    lines = [
        f"{result['checkpoint']} on {result['clips']} clips",
        f"{'condition':<20}{'UAR':>7}{'drop':>8}   most frequent answer",
    ]
    for row in result["conditions"]:
        answer = f"{EMOTION_NAMES[row['top']]} {row['top_share']:.2f}"
        lines.append(f"{row['condition']:<20}{row['uar']:>7.3f}{row['drop']:>8.3f}   {answer}")
    return "\n".join(lines)
