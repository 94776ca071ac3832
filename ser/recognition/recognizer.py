"""Score audio of any length: six probabilities for the whole recording and for each of its windows."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from ser.audio.features import N_SAMPLES
from ser.audio.quality import describe_problem, measure_quality
from ser.audio.reading import AudioError, Recording, read_audio
from ser.audio.voice import MARGIN_S, between, find_voice, speech_edges
from ser.errors import UserError
from ser.labels import LABELS
from ser.network.checkpoint import (
    DEFAULT_CHECKPOINT,
    Checkpoint,
    CheckpointError,
    checkpoint_id,
    open_checkpoint,
)
from ser.network.interface import Runtime
from ser.network.runtime import TorchRuntime, open_runtime
from ser.recognition.adaptation import (
    Adaptation,
    AdaptationError,
    AdaptedRuntime,
    KnownVoice,
    on_emotions,
)
from ser.recognition.intensity import Readout
from ser.recognition.phrases import LISTENING_S, score_phrases
from ser.recognition.result import AdaptedScores, Phrase, Recognition, Unscored, Window
from ser.recognition.speaker_offset import ZeroPoint
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile, ProfileError
from ser.recognition.windows import MAX_THREADS, Answers, answer_windows

if TYPE_CHECKING:
    from ser.network.model import Network
    from ser.network.wide_head import WideHead


class Recognizer:
    """Scores recordings with the network of one checkpoint.

    Attributes
    ----------
    checkpoint : the checkpoint, with its card
    runtime : computes the logits, in ONNX Runtime or PyTorch
    temperature : divisor of the logits of an unknown voice
    thresholds : the lowest scores for the verdicts "sure" and "leaning"
    whole_clip : whether all of a recording is scored, or only its first 3.0 s
    from_speech : whether only the part with speech is scored
    intensity : reads how strong a voice sounds; None for checkpoints without it
    adaptation : what the network learned from recordings, see `adapted`; None for the network as it was released

    Examples
    --------
    >>> recognizer = Recognizer.load()
    >>> recognizer.recognize("ser/assets/examples/even.flac").top in LABELS
    True
    """

    def __init__(self, checkpoint: Checkpoint, runtime: Runtime | None = None):
        self.checkpoint = checkpoint
        self.runtime = runtime or open_runtime(checkpoint)
        self.adaptation = self.runtime.adaptation if isinstance(self.runtime, AdaptedRuntime) else None
        self.temperature = float(checkpoint.card.get("temperature", 1.0))
        self.thresholds = Thresholds(**checkpoint.card.get("verdict", {}))
        readout = checkpoint.card.get("intensity")
        self.intensity = Readout.from_dict(readout) if readout else None
        # The notebook's network scores only the first 3.0 s of a clip.
        self.whole_clip = checkpoint.card["network"] != "published"
        self.from_speech = bool(checkpoint.card.get("from_speech"))

    @classmethod
    def load(cls, checkpoint: str | os.PathLike | None = None, torch_threads: int | None = 1) -> Recognizer:
        """Load a checkpoint folder.

        Parameters
        ----------
        checkpoint : the folder; by default that of the released emotion network
        torch_threads : threads of PyTorch and of NumPy's BLAS, set for the whole process; 1 by default, None
            changes nothing. On a busy machine PyTorch's threads wait for each other, and one window takes fifty
            times as long as with a single thread. NumPy's wait by spinning, which took a whole core from the next
            clip.

        Raises
        ------
        CheckpointError
            if the folder does not hold a usable checkpoint
        """
        recognizer = cls(open_checkpoint(DEFAULT_CHECKPOINT if checkpoint is None else checkpoint))
        threadpool_limits(torch_threads, user_api="blas")
        if torch_threads is not None and "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(torch_threads)
        return recognizer

    @property
    def predicts_votes(self) -> bool:
        """Whether the network also predicts which emotion listeners would perceive."""
        return bool(self.checkpoint.card.get("arguments", {}).get("heard"))

    @functools.cached_property
    def checkpoint_id(self) -> str:
        """The name and the beginning of the hash of the weights, by which profiles refer to the checkpoint.

        With an adaptation, its `id` follows after a plus sign: its scores and profiles are other ones.
        """
        released = checkpoint_id(self.checkpoint.folder)
        return released if self.adaptation is None else f"{released}+{self.adaptation.id}"

    @functools.cached_property
    def network(self) -> Network | WideHead:
        """The PyTorch network, or the wide one's head, in evaluation mode, on the CPU; `CheckpointError` if it cannot be read."""
        if isinstance(self.runtime, TorchRuntime):
            return self.runtime.network  # an adapted one is not what the network's parameters say
        from ser.network.loading import read_network  # imports PyTorch

        return read_network(self.checkpoint)

    @functools.cached_property
    def zero_point(self) -> ZeroPoint:
        """The zero point on the checkpoint's card; `ProfileError` if there is none."""
        try:
            return ZeroPoint.from_dict(self.checkpoint.card["zero_point"])
        except (KeyError, TypeError, ValueError):
            raise ProfileError(
                f"The network in {self.checkpoint.folder} cannot adjust to a voice: use the emotion network."
            ) from None

    @property
    def supports_profiles(self) -> bool:
        """Whether the checkpoint has a zero point, which voice profiles need."""
        try:
            return bool(self.zero_point)
        except ProfileError:
            return False

    def with_card(self, changes: dict[str, Any]) -> Recognizer:
        """Return a recognizer of the same network with changes to its card, e.g. {"temperature": 1.2}."""
        checkpoint = replace(self.checkpoint, card=self.checkpoint.card | changes)
        return Recognizer(checkpoint, self.runtime)

    def adapted(self, adaptation: Adaptation) -> Recognizer:
        """Return a recognizer of the same network with an adaptation.

        Raises
        ------
        AdaptationError
            if the adaptation was made with another network, or there is one already
        """
        released = checkpoint_id(self.checkpoint.folder)
        if self.adaptation is not None:
            raise AdaptationError("This network has an adaptation already: load it without one first.")
        if adaptation.checkpoint != released:
            raise AdaptationError(
                f"The adaptation was made with the network {adaptation.checkpoint}, but this is {released}: make one "
                "with this network, or choose the other with --checkpoint."
            )
        own, card = adaptation.has_own_emotions, dict(self.checkpoint.card)
        if (
            not own
        ):  # otherwise temperature and thresholds are those of its own emotions, and the six keep theirs
            card |= {"temperature": adaptation.temperature, "verdict": adaptation.thresholds._asdict()}
        with contextlib.suppress(ProfileError):
            zero_point, centre = self.zero_point, tuple(adaptation.centre_of_six.tolist())
            temperature = zero_point.temperature if own else adaptation.temperature
            card["zero_point"] = replace(zero_point, centre=centre, temperature=temperature).to_dict()
        return Recognizer(replace(self.checkpoint, card=card), AdaptedRuntime(self.runtime, adaptation))

    @property
    def released(self) -> Recognizer:
        """The recognizer without its adaptation; itself if it has none."""
        if not isinstance(self.runtime, AdaptedRuntime):
            return self
        return Recognizer(open_checkpoint(self.checkpoint.folder), self.runtime.released)

    def check_profile(self, profile: Profile | KnownVoice) -> None:
        """Raise `ProfileError` unless the profile was made with this checkpoint, and the same adaptation if any."""
        if isinstance(profile, KnownVoice):
            if self.adaptation is None or profile.adaptation != self.adaptation.id:
                raise ProfileError("The speaker is known from another adaptation: load that one.")
            return
        if profile.checkpoint != self.checkpoint_id:
            raise ProfileError(
                f"The profile was made with the network {profile.checkpoint}, but this is {self.checkpoint_id}: "
                "enroll again with this network, or choose the other with --checkpoint."
            )

    def recognize(
        self,
        source: str | os.PathLike | np.ndarray | Recording,
        *,
        profile: Profile | KnownVoice | None = None,
    ) -> Recognition:
        """Score a recording.

        Up to 3.0 s are one window. Longer audio is scored in windows of 3.0 s every 0.5 s, the last one
        aligned to the end. Silent and very short recordings are scored too, with a warning.

        Parameters
        ----------
        source : path of a sound file, samples (n,) that are mono at 16 kHz with full scale 1, or the
            `ser.audio.reading.Recording` of a file that has been decoded already
        profile : takes of the speaker, from which the voice's own part of the logits is estimated and then
            subtracted, or what the adaptation knows of the speaker; None for an unknown voice

        Raises
        ------
        AudioError
            if there is no sound to score
        ProfileError
            if the profile was made with another network
        """
        file = None if isinstance(source, Recording | np.ndarray) else os.fspath(source)
        recording = _recording(source)
        voice = find_voice(recording.samples)
        start, end = voice.edges if self.from_speech else (0, len(recording.samples))
        answers = self._answers(between(recording.samples, start=start, end=end))
        logits, vote_logits, own_logits = self._heads(answers.logits)
        probabilities = self.probabilities(logits, profile)
        mean = probabilities.mean(axis=0)
        scores, quality = _by_emotion(mean), measure_quality(recording.samples, voice)
        windows = tuple(
            Window(max(start + offset, 0), min(start + offset + N_SAMPLES, end), _by_emotion(window_scores))
            for offset, window_scores in zip(answers.starts, probabilities, strict=True)
        )
        return Recognition(
            file=file,
            duration_s=recording.duration_s,
            scores=scores,
            top=LABELS[int(mean.argmax())],
            verdict=verdict(scores, thresholds=self.thresholds, voice_s=quality.voice_s),
            voice_s=quality.voice_s,
            quality=quality,
            logits=tuple(logits.mean(axis=0, dtype=np.float64).tolist()),
            windows=windows,
            file_warnings=recording.warnings,
            problem=describe_problem(recording.samples),
            heard=None if vote_logits is None else _by_emotion(_softmax(vote_logits).mean(axis=0)),
            intensity=self.intensity.rating(answers.embeddings) if self.intensity else None,
            adapted=self._adapted_scores(own_logits, profile, quality.voice_s, scores),
        )

    def recognize_phrases(
        self,
        source: str | os.PathLike | np.ndarray | Recording,
        *,
        profile: Profile | KnownVoice | None = None,
    ) -> tuple[Phrase, ...]:
        """Cut a recording at its pauses into phrases of about 0.7 to 8 s, and score each by itself.

        A recording of up to 3.0 s, or without speech, is one phrase. Parameters and errors are those of `recognize`.
        """
        samples = _recording(source).samples
        return score_phrases(
            samples,
            recognize=functools.partial(self.recognize, profile=profile),
            reach_s=LISTENING_S if self.from_speech else MARGIN_S,
            threads=min(MAX_THREADS, os.cpu_count() or 1),
        )

    def _adapted_scores(
        self,
        own_logits: np.ndarray | None,
        profile: Profile | KnownVoice | None,
        voice_s: float,
        scores: dict[str, float],
    ) -> AdaptedScores | None:
        """Return the scores of the adaptation's emotions, of which the six scores are those of the six."""
        adaptation = self.adaptation
        if adaptation is None:
            return None
        name = f"{adaptation.name} {adaptation.id}"
        if own_logits is not None:
            shift = np.zeros(len(adaptation.emotions))
            if isinstance(profile, KnownVoice):
                shift = profile.offset
            elif profile is not None:
                shift = on_emotions(profile.shift(self.zero_point), adaptation.emotions)
            mean = _softmax((own_logits - shift) / adaptation.temperature).mean(axis=0)
            scores = dict(zip(adaptation.emotions, mean.tolist(), strict=True))
        answer = verdict(scores, thresholds=adaptation.thresholds, voice_s=voice_s)
        return AdaptedScores(
            name, scores, max(scores, key=scores.__getitem__), answer, adaptation.name_of_emotion
        )

    def recognize_or_error(
        self, file: str | os.PathLike, *, profile: Profile | KnownVoice | None = None
    ) -> Recognition | Unscored:
        """Score a file as `recognize` does, but return the error where that fails."""
        try:
            return self.recognize(file, profile=profile)
        except UserError as error:
            return Unscored(os.fspath(file), str(error))

    def window_logits(self, samples: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Return the first sample of each window, and the (windows, 6) float32 logits.

        The first window may begin before the recording, which is then padded with zeros: see `scored_part`.
        """
        answers = self.window_answers(samples)
        return answers.starts, self._heads(answers.logits)[0]

    def window_answers(self, samples: np.ndarray) -> Answers:
        """Return the network's answers about each window of samples (n,), which begin as `window_logits` says."""
        start, end = self.scored_part(samples)
        answers = self._answers(between(samples, start=start, end=end))
        return answers._replace(starts=[start + offset for offset in answers.starts])

    def scored_part(self, samples: np.ndarray) -> tuple[int, int]:
        """Return the first sample of the scored part of a recording, and the one after its last.

        That is the whole recording, or for a network trained on speech alone its `ser.audio.voice.speech_edges`.
        """
        return speech_edges(samples) if self.from_speech else (0, len(samples))

    def _answers(self, samples: np.ndarray) -> Answers:
        """Return the network's answers about the windows of the scored part of a recording."""
        answers = answer_windows(samples, runtime=self.runtime, whole=self.whole_clip)
        if self.intensity and not self.intensity.fits(answers.embeddings):
            raise CheckpointError(
                f"The intensity on the card in {self.checkpoint.folder} belongs to another network: restore the checkpoint "
                "folder from its source."
            )
        return answers

    def _heads(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Return the logits (windows, 6), those of the listeners' votes, and those of own emotions.

        The last two are None where the network, or the adaptation, does not have them.
        """
        n, own = len(LABELS), None
        if self.adaptation is not None and self.adaptation.has_own_emotions:
            split = logits.shape[1] - len(self.adaptation.emotions)
            logits, own = logits[:, :split], logits[:, split:]
        return logits[:, :n], logits[:, n:] if logits.shape[1] > n else None, own

    def scores_of(
        self, logits: Sequence[float], profile: Profile | KnownVoice | None = None
    ) -> dict[str, float]:
        """Return the six scores by emotion of the logits (6,) of one recording or window."""
        return _by_emotion(self.probabilities(np.asarray(logits, np.float64), profile))

    def probabilities(self, logits: np.ndarray, profile: Profile | KnownVoice | None = None) -> np.ndarray:
        """Return the calibrated scores (..., 6) float64 of logits (..., 6).

        Raises `ProfileError` if the profile was made with another network.
        """
        logits, temperature = logits.astype(np.float64), self.temperature
        if profile is not None:
            self.check_profile(profile)
            if isinstance(profile, KnownVoice) and len(profile.offset) != len(LABELS):
                return _softmax(
                    logits / temperature
                )  # the voice is known to the adaptation's own emotions alone
            logits = logits - profile.shift(self.zero_point)
            temperature = self.zero_point.temperature
        return _softmax(logits / temperature)


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp((logits - logits.max(axis=-1, keepdims=True)).astype(np.float64))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _by_emotion(probabilities: np.ndarray) -> dict[str, float]:
    return dict(zip(LABELS, probabilities.tolist(), strict=True))


def _recording(source: str | os.PathLike | np.ndarray | Recording) -> Recording:
    if isinstance(source, Recording):
        return Recording(_checked_samples(source.samples), source.warnings)
    return Recording(_checked_samples(source)) if isinstance(source, np.ndarray) else read_audio(source)


def _checked_samples(samples: np.ndarray) -> np.ndarray:
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise AudioError(
            f"The samples are {samples.dtype} of shape {samples.shape}: pass mono floats of shape (n,) at 16 kHz."
        )
    if not len(samples):
        raise AudioError("The recording is empty: record again.")
    if not np.isfinite(samples).all():
        raise AudioError("The recording holds NaN or infinity: record or export it again.")
    return samples.astype(np.float32, copy=False)
