"""Audio of any length -> six scores for the clip and for each of its windows."""

import functools
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from ser.audio.features import N_SAMPLES, log_mel, valid_frames
from ser.audio.quality import Quality, describe_problem, measure_quality
from ser.audio.reading import SAMPLE_RATE, AudioError, Recording, read_audio
from ser.audio.voice import between, find_voice, speech_edges
from ser.errors import UserError
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT, Checkpoint, open_checkpoint
from ser.network.runtime import Runtime, open_runtime
from ser.recognition.report import format_recognitions
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile, check_fit, checkpoint_id, zero_point_of

__all__ = ["Recognition", "Recognizer", "Unscored", "Window", "format_recognitions", "window_starts"]

HOP_SAMPLES = 8_000  # 0.5 s between the starts of two windows
WINDOWS_AT_ONCE = 16  # ten minutes are 1195 windows: their activations must not lie in memory together
MOST_THREADS = 4  # for what is longer than WINDOWS_AT_ONCE


class Window(NamedTuple):
    """A part of a recording that was scored by itself: at most 3.0 s."""

    start_s: float
    end_s: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Recognition:
    """What the network says about one recording.

    Attributes
    ----------
    file : the file as it was given; None for samples
    duration_s : length of the whole recording
    scores : probability of each emotion in the order of `ser.labels.LABELS`, the mean over the windows
    top : the emotion with the highest score
    verdict : "sure", "leaning" or "unsure"; whatever the scores, "unsure" where there is less speech than a word and
        "no_voice" where there is none
    voice_s : seconds of speech
    quality : what was measured about the recording, and what was wrong with it
    logits : the network's own six numbers, the mean over the windows, whatever the profile: of these are profiles made
    windows : what was scored, in order of time
    warnings : sentences for the person, such as that the file was cut off or is silent
    error : None, as there are scores: by this it is told from `Unscored`
    heard : for networks that learned it, the share of listeners who would hear each emotion, by code, all six; of
        people who do not know the voice, whatever the profile
    """

    file: str | None
    duration_s: float
    scores: dict[str, float]
    top: str
    verdict: str
    voice_s: float
    quality: Quality
    logits: tuple[float, ...]
    windows: tuple[Window, ...]
    warnings: tuple[str, ...] = ()
    error: None = None
    heard: dict[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what `python -m ser recognize --format json` prints for one file: plain JSON values."""
        fields = asdict(self)
        fields["quality"] = self.quality.to_dict()
        fields["windows"] = [window._asdict() for window in self.windows]
        fields["warning"] = " ".join(fields.pop("warnings")) or None
        del fields["logits"]
        return fields


@dataclass(frozen=True)
class Unscored:
    """A file that could not be scored.

    Attributes
    ----------
    file : as it was given
    error : why there are no scores, in one sentence
    """

    file: str
    error: str

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of `Recognition.to_dict`, with None for all that is not known."""
        unknown = dict.fromkeys(("duration_s", "scores", "top", "verdict", "voice_s", "quality"))
        return {
            "file": self.file,
            **unknown,
            "windows": [],
            "error": self.error,
            "heard": None,
            "warning": None,
        }


class Recognizer:
    """Scores recordings with one checkpoint.

    >>> recognizer = Recognizer.load()
    >>> recognizer.recognize("ser/assets/examples/even.flac").top in LABELS
    True
    """

    def __init__(self, checkpoint: Checkpoint, runtime: Runtime | None = None):
        self.checkpoint = checkpoint
        self.runtime = runtime or open_runtime(checkpoint)
        self.temperature = float(checkpoint.card.get("temperature", 1.0))
        self.thresholds = Thresholds(**checkpoint.card.get("verdict", {}))
        # The notebook's network knows nothing but the first 3.0 s of a clip.
        self.whole_clip = checkpoint.card["network"] != "published"
        self.from_speech = bool(checkpoint.card.get("from_speech"))

    @classmethod
    def load(cls, checkpoint: str | os.PathLike | None = None, torch_threads: int | None = 1) -> "Recognizer":
        """Load a checkpoint folder, by default the released one; `CheckpointError` where that fails.

        `torch_threads` is set for the whole process, None leaves it: on a busy machine PyTorch's threads
        wait for each other, and one window then takes fifty times as long as with a single thread. NumPy's
        get as many: they wait by spinning, and took a whole core from the next clip.
        """
        opened = open_checkpoint(DEFAULT_CHECKPOINT if checkpoint is None else checkpoint)
        recognizer = cls(opened)
        threadpool_limits(torch_threads, user_api="blas")
        if torch_threads is not None and "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(torch_threads)
        return recognizer

    @property
    def hears(self) -> bool:
        """Whether the network also says what listeners would hear."""
        return bool(self.checkpoint.card.get("arguments", {}).get("heard"))

    @functools.cached_property
    def checkpoint_id(self) -> str:
        """What profiles call the checkpoint: its name and the beginning of its weights' hash."""
        return checkpoint_id(self.checkpoint.folder)

    def recognize(
        self, source: str | os.PathLike | np.ndarray, profile: Profile | None = None
    ) -> Recognition:
        """Score a sound file, or samples (n,) that are mono at 16 kHz with full scale 1.

        Up to 3.0 s are one window. What is longer is scored in windows of 3.0 s every 0.5 s, the last one
        aligned to the end. A silent or very short recording is scored too, with a warning. With a profile,
        what is the speaker's own is subtracted first.

        Raises `AudioError` where there is no sound to score, `ProfileError` where the profile does not fit.
        """
        if isinstance(source, np.ndarray):
            file, recording = None, Recording(_checked(source))
        else:
            file, recording = os.fspath(source), read_audio(source)
        voice = find_voice(recording.samples)
        first, last = voice.edges if self.from_speech else (0, len(recording.samples))
        starts, logits, heard = self._windows(between(recording.samples, start=first, end=last))
        probabilities = self.probabilities(logits, profile)
        mean = probabilities.mean(axis=0)
        scores, quality = _named(mean), measure_quality(recording.samples, voice)
        windows = tuple(
            Window(
                max(first + start, 0) / SAMPLE_RATE,
                min(first + start + N_SAMPLES, last) / SAMPLE_RATE,
                _named(scores),
            )
            for start, scores in zip(starts, probabilities, strict=True)
        )
        problem = describe_problem(recording.samples)
        return Recognition(
            file,
            recording.duration_s,
            scores,
            LABELS[int(mean.argmax())],
            verdict(scores, self.thresholds, quality.voice_s),
            quality.voice_s,
            quality,
            tuple(logits.mean(axis=0, dtype=np.float64).tolist()),
            windows,
            recording.warnings + ((problem,) if problem else ()),
            heard=None if heard is None else _named(_softmax(heard).mean(axis=0)),
        )

    def recognize_or_error(
        self, file: str | os.PathLike, profile: Profile | None = None
    ) -> Recognition | Unscored:
        """Score a file like `recognize`, but where that fails return the error."""
        try:
            return self.recognize(file, profile)
        except UserError as error:
            return Unscored(os.fspath(file), str(error))

    def window_logits(self, samples: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Return the first sample of each window, and the (windows, 6) float32 logits.

        The first window may begin before the recording, where zeros are put: see `scored_part`.
        """
        start, end = self.scored_part(samples)
        starts, logits, _ = self._windows(between(samples, start=start, end=end))
        return [start + first for first in starts], logits

    def scored_part(self, samples: np.ndarray) -> tuple[int, int]:
        """Return the samples between which a recording is scored.

        All of it, or for a network that was trained on speech alone the `ser.audio.voice.speech_edges`.
        """
        return speech_edges(samples) if self.from_speech else (0, len(samples))

    def _windows(self, samples: np.ndarray) -> tuple[list[int], np.ndarray, np.ndarray | None]:
        """Return the first sample of each window, and what was acted and what is heard (windows, 6) in each."""
        starts = window_starts(len(samples)) if self.whole_clip else [0]
        groups = [starts[i : i + WINDOWS_AT_ONCE] for i in range(0, len(starts), WINDOWS_AT_ONCE)]
        if len(groups) == 1:
            logits = self._logits(samples, starts)
        else:
            with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
                logits = np.concatenate(list(pool.map(lambda group: self._logits(samples, group), groups)))
        n = len(LABELS)
        return starts, logits[:, :n], logits[:, n:] if logits.shape[1] > n else None

    def _logits(self, samples: np.ndarray, starts: list[int]) -> np.ndarray:
        features = np.stack([log_mel(samples[start : start + N_SAMPLES]) for start in starts])
        lengths = [valid_frames(min(len(samples) - start, N_SAMPLES)) for start in starts]
        return self.runtime(features, np.array(lengths, np.int64))

    def scores_of(self, logits: Sequence[float], profile: Profile | None = None) -> dict[str, float]:
        """Return the six scores by emotion of one recording's or one window's `logits` (6,)."""
        return _named(self.probabilities(np.asarray(logits, np.float64), profile))

    def probabilities(self, logits: np.ndarray, profile: Profile | None = None) -> np.ndarray:
        """Return the calibrated scores (..., 6) float64 of logits (..., 6) of a voice unknown, or known."""
        logits, temperature = logits.astype(np.float64), self.temperature
        if profile is not None:
            check_fit(self, profile)
            zero_point = zero_point_of(self)
            logits, temperature = logits - profile.shift(zero_point), zero_point.temperature
        return _softmax(logits / temperature)


def window_starts(n_samples: int) -> list[int]:
    """Return the first sample of each 3.0 s window: every 0.5 s, and one that ends where the audio ends.

    >>> window_starts(60_000)
    [0, 8000, 12000]
    """
    last = max(0, n_samples - N_SAMPLES)
    return [*range(0, last, HOP_SAMPLES), last]


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp((logits - logits.max(axis=-1, keepdims=True)).astype(np.float64))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _named(probabilities: np.ndarray) -> dict[str, float]:
    return dict(zip(LABELS, probabilities.tolist(), strict=True))


def _checked(samples: np.ndarray) -> np.ndarray:
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise AudioError(
            f"The samples are {samples.dtype} of shape {samples.shape}: give mono floats (n,) at 16 kHz."
        )
    if not len(samples):
        raise AudioError("The recording is empty: record again.")
    if not np.isfinite(samples).all():
        raise AudioError("The recording holds NaN or infinity: record or export it again.")
    return samples.astype(np.float32)
