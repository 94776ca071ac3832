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
from ser.audio.quality import Quality, describe_problem, measure_quality
from ser.audio.reading import as_recording
from ser.audio.voice import MARGIN_S, between, speech_edges
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
from ser.recognition.adaptation import Adaptation, AdaptationError, AdaptedRuntime, KnownVoice
from ser.recognition.familiar import is_unlike
from ser.recognition.ground import Ground
from ser.recognition.intensity import Readout
from ser.recognition.phrases import LISTENING_S, score_phrases
from ser.recognition.reason import explain_verdict
from ser.recognition.result import Phrase, Recognition, Unscored, Window
from ser.recognition.speaker_offset import ZeroPoint, softmax
from ser.recognition.verdict import Thresholds, verdict
from ser.recognition.voice_profile import Profile, ProfileError
from ser.recognition.windows import (
    MAX_THREADS,
    Answers,
    Heard,
    Source,
    WindowScores,
    answer_recordings,
    hear,
)
from ser.util.malloc import keep_memory_of_clips
from ser.util.parallel import beside

if TYPE_CHECKING:
    from ser.network.model import Network
    from ser.network.wide_head import WideHead


MAX_SHORT = 20 * N_SAMPLES  # 60 s; such a part is scored within a moment, and together with others


class Recognizer:
    """Scores recordings with the network of one checkpoint.

    Attributes
    ----------
    checkpoint : the checkpoint, with its card
    runtime : computes the logits, in ONNX Runtime or PyTorch
    temperature : divisor of the logits of an unknown voice
    thresholds : the lowest scores for the verdicts "sure" and "leaning"
    ground : how the scores follow the distance of a recording from those that the network learned from
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
        self.ground = Ground.of(checkpoint.card)
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

        On Linux this process then keeps some of the memory that a clip leaves: see `ser.util.malloc`.

        Raises
        ------
        CheckpointError
            if the folder does not hold a usable checkpoint
        """
        recognizer = cls(open_checkpoint(DEFAULT_CHECKPOINT if checkpoint is None else checkpoint))
        threadpool_limits(torch_threads, user_api="blas")
        keep_memory_of_clips()
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
        card["ground"] = self.ground.adapted(adaptation).to_dict()
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
        elif profile.checkpoint != self.checkpoint_id:
            raise ProfileError(
                f"The profile was made with the network {profile.checkpoint}, but this is {self.checkpoint_id}: "
                "enroll again with this network, or choose the other with --checkpoint."
            )

    def recognize(
        self,
        source: Source,
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
        heard = hear(source, from_speech=self.from_speech)
        with beside(
            len(heard.part) > MAX_SHORT, measure_quality, heard.recording.samples, heard.voice
        ) as quality:
            (answers,) = self.answers_about([heard.part])
            return self.judge(heard, answers=answers, profile=profile, quality=quality())

    def judge(
        self, heard: Heard, *, answers: Answers, profile: Profile | KnownVoice | None, quality: Quality
    ) -> Recognition:
        """Return the scores of a recording, and what people see of them, from what the network says."""
        recording, start, end = heard.recording, heard.start, heard.end
        probabilities = self.probabilities(answers.logits, profile=profile, distance=answers.distances)
        mean, distance = probabilities.mean(axis=0), float(answers.distances.mean())
        scores = _by_emotion(mean)
        votes = None if answers.votes is None else _by_emotion(softmax(answers.votes).mean(axis=0))
        answer = verdict(scores, thresholds=self.thresholds, voice_s=quality.voice_s, heard=votes)
        windows = tuple(
            Window(max(start + offset, 0), min(start + offset + N_SAMPLES, end), _by_emotion(window_scores))
            for offset, window_scores in zip(answers.starts, probabilities, strict=True)
        )
        return Recognition(
            file=heard.file,
            duration_s=recording.duration_s,
            scores=scores,
            top=LABELS[int(mean.argmax())],
            verdict=answer,
            reason=explain_verdict(
                answer,
                scores=scores,
                voice_s=quality.voice_s,
                heard=votes,
                is_unlike=profile is None and self.is_unlike(distance),
                is_high=mean.max() >= self.thresholds.sure,
            ),
            voice_s=quality.voice_s,
            quality=quality,
            logits=tuple(answers.logits.mean(axis=0, dtype=np.float64).tolist()),
            distance=distance,
            windows=windows,
            file_warnings=recording.warnings,
            problem=describe_problem(recording.samples),
            heard=votes,
            intensity=self.intensity.rating(answers.embeddings) if self.intensity else None,
            adapted=None
            if self.adaptation is None
            else self.adaptation.result(
                answers.own,
                profile=profile,
                zero_point=lambda: self.zero_point,
                voice_s=quality.voice_s,
                otherwise=(scores, answer),
            ),
        )

    def recognize_phrases(
        self,
        source: Source,
        *,
        profile: Profile | KnownVoice | None = None,
    ) -> tuple[Phrase, ...]:
        """Cut a recording at its pauses into phrases of about 0.7 to 8 s, and score each by itself.

        A recording of up to 3.0 s, or without speech, is one phrase. Parameters and errors are those of `recognize`.
        """
        samples = as_recording(source).samples
        return score_phrases(
            samples,
            recognize=functools.partial(self.recognize, profile=profile),
            reach_s=LISTENING_S if self.from_speech else MARGIN_S,
            threads=min(MAX_THREADS, os.cpu_count() or 1),
        )

    def recognize_or_error(
        self, file: str | os.PathLike, *, profile: Profile | KnownVoice | None = None
    ) -> Recognition | Unscored:
        """Score a file as `recognize` does, but return the error where that fails."""
        try:
            return self.recognize(file, profile=profile)
        except UserError as error:
            return Unscored(os.fspath(file), str(error))

    def window_answers(self, samples: np.ndarray) -> Answers:
        """Return the answers about each window of samples (n,); the first may begin before them, with zeros."""
        start, end = self.scored_part(samples)
        (answers,) = self.answers_about([between(samples, start=start, end=end)])
        return answers._replace(starts=[start + offset for offset in answers.starts])

    def read_window(self, samples: np.ndarray, profile: Profile | KnownVoice | None = None) -> WindowScores:
        """Return the scores of samples (n,) of up to 3.0 s, without a look at their quality."""
        answers = self.window_answers(samples)
        scores = self.probabilities(answers.logits, profile=profile, distance=answers.distances)
        heard = None if answers.votes is None else softmax(answers.votes)[-1]
        own, adaptation = None, self.adaptation
        if adaptation and answers.own is not None:
            own = adaptation.own_scores(answers.own, profile=profile, zero_point=lambda: self.zero_point)[-1]
        return WindowScores(scores[-1], heard, float(answers.distances[-1]), own)

    def scored_part(self, samples: np.ndarray) -> tuple[int, int]:
        """Return the first sample of the scored part of a recording, and the one after its last.

        That is the whole recording, or for a network trained on speech alone its `ser.audio.voice.speech_edges`.
        """
        return speech_edges(samples) if self.from_speech else (0, len(samples))

    def answers_about(self, parts: Sequence[np.ndarray]) -> list[Answers]:
        """Return the network's answers about the windows of the scored part of each recording."""
        adaptation = self.adaptation
        own = len(adaptation.emotions) if adaptation and adaptation.has_own_emotions else 0
        answers = answer_recordings(parts, runtime=self.runtime, whole=self.whole_clip, own=own)
        if self.intensity and not all(self.intensity.fits(answer.embeddings) for answer in answers):
            raise CheckpointError(
                f"The intensity on the card in {self.checkpoint.folder} belongs to another network: restore the checkpoint "
                "folder from its source."
            )
        return answers

    def is_unlike(self, distance: float) -> bool:
        """Whether a recording at this distance is unlike those that the network, or its adaptation, learned from."""
        return self.adaptation is None and self.supports_profiles and is_unlike(distance)

    def scores_of(
        self, recognition: Recognition, profile: Profile | KnownVoice | None = None
    ) -> dict[str, float]:
        """Return the six scores by emotion that the mean logits of a recording give with a profile, or without one."""
        logits = np.array(recognition.logits)
        return _by_emotion(self.probabilities(logits, profile=profile, distance=recognition.distance))

    def probabilities(
        self,
        logits: np.ndarray,
        *,
        profile: Profile | KnownVoice | None = None,
        distance: np.ndarray | float = 0.0,
    ) -> np.ndarray:
        """Return the calibrated scores (..., 6) float64 of logits (..., 6) of recordings at a distance (...).

        Raises `ProfileError` if the profile was made with another network.
        """
        logits, temperature, known = logits.astype(np.float64), self.temperature, 0.0
        if profile is not None:
            self.check_profile(profile)
            # The voice is known to the adaptation's own emotions alone.
            if isinstance(profile, KnownVoice) and len(profile.offset) != len(LABELS):
                return softmax(logits / temperature)
            logits, known = logits - profile.shift(self.zero_point), profile.weight(self.zero_point)
            temperature = self.zero_point.temperature
        return softmax(self.ground.applied(logits, distance=distance, known=known) / temperature)


def _by_emotion(probabilities: np.ndarray) -> dict[str, float]:
    return dict(zip(LABELS, probabilities.tolist(), strict=True))
