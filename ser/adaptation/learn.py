"""Make an adaptation from recordings, with labels or without, and find out how much it helps.

Without labels, the network gets the batch-norm statistics of the recordings and their zero point. With labels, it also
gets a linear head. How far each is trusted grows with the number of recordings. A stage that costs more than a point of
UAR in the cross-check is left out.

Nothing is random: the same recordings and labels give the same adaptation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser.adaptation.clips import Clip, emotions_of
from ser.adaptation.evidence import Evidence, answers, mean_scores
from ser.adaptation.heads import Correction
from ser.adaptation.material import Progress, gather
from ser.adaptation.table import BEFORE, LABELS_TOO, RECORDINGS, Table, make_row
from ser.labels import LABELS
from ser.recognition.adaptation import DEFAULT_NAME, MAX_SPEAKERS, Adaptation, AdaptationError
from ser.recognition.calibration import fit_temperature
from ser.recognition.recognizer import Recognizer
from ser.recognition.speaker_offset import MAX_COST
from ser.recognition.verdict import MIN_ANSWERS, Thresholds, fit_thresholds
from ser.util.deadline import check_abandoned

MIN_LABELS = 2  # one of each of two emotions; with fewer, there is nothing to tell apart
MAX_FOLDS = 10  # of more speakers, several are left out at once
CLIP_FOLDS = 5
CURVE_BEGINS = 8  # labels
PRIOR_LABELS = 30  # the network's own temperature counts as much as that of so many labels
LISTENED = 0.8  # share of the work that is done once all recordings are embedded


class CurvePoint(NamedTuple):
    """The UAR in the cross-check when only some of the labels are used."""

    labels: int
    uar: float


@dataclass(frozen=True)
class Learned:
    """What was learned from recordings.

    Attributes
    ----------
    adaptation : the adaptation
    table : how much it helps; None without labels
    curve : the UAR over the number of labels; empty without labels
    skipped : files that could not be read, or hold no speech
    """

    adaptation: Adaptation
    table: Table | None
    curve: tuple[CurvePoint, ...]
    skipped: tuple[Path, ...]


def _no_progress(share: float, task: str) -> None:
    pass


def learn(
    recognizer: Recognizer,
    *,
    clips: Sequence[Clip],
    emotions: Sequence[str] | None = None,
    words: Mapping[str, str] | None = None,
    name: str = DEFAULT_NAME,
    progress: Progress = _no_progress,
    created: str | None = None,
) -> Learned:
    """Learn from recordings, and from their labels if they have any.

    Parameters
    ----------
    recognizer : the network as it was released
    clips : the recordings
    emotions : the emotions to tell apart; by default the six, or all that the labels name
    words : what people see for the emotions, by code; by default the words of the six, and the codes of others
    name : what a person calls the adaptation
    progress : called with the share that is done, 0 to 1, and what is being done; what it raises ends the work. It also
        ends once `ser.util.deadline.check_abandoned` raises
    created : the date and time to write down, in ISO 8601; by default now

    Raises
    ------
    AdaptationError
        if the recordings cannot be used, or the labels are too few or of one emotion alone
    """
    if recognizer.adaptation is not None:
        raise AdaptationError("This network has an adaptation already: load it without one to learn.")
    chosen = emotions_of(clips, emotions)
    _check_labels(clips, chosen)
    material = gather(recognizer, clips=clips, progress=lambda share, task: progress(LISTENED * share, task))
    evidence = Evidence.of(recognizer, material=material, emotions=chosen)
    has_labels = (evidence.labels >= 0).any()
    check = _CrossCheck(recognizer, evidence) if has_labels else None
    progress(LISTENED, "comparing")
    table = check.table() if check else None
    progress(0.9, "comparing")
    curve = check.curve() if check else ()
    used = table.used if table else RECORDINGS
    adaptation = _assemble(recognizer, evidence=evidence, used=used, check=check)
    counts = {
        "clips": len(material.clips),
        "speakers": len(evidence.clips_of_speakers),
        "labels": int((evidence.labels >= 0).sum()),
    }
    adaptation = replace(
        adaptation,
        name=name,
        words={code: words[code] for code in adaptation.emotions if code in words} if words else {},
        created=created or datetime.now(UTC).isoformat(timespec="seconds"),
        made_from=counts,
        figures=table.to_dict() | {"curve": [point._asdict() for point in curve]}
        if table
        else {"answers": answers(evidence)},
    )
    progress(1.0, "done")
    return Learned(adaptation, table, curve, material.skipped)


def _check_labels(clips: Sequence[Clip], emotions: tuple[str, ...]) -> None:
    labels = [clip.emotion for clip in clips if clip.emotion is not None]
    if emotions != LABELS and not labels:
        raise AdaptationError("Emotions of your own need labels: give some with --labels.")
    if labels and (len(labels) < MIN_LABELS or len(set(labels)) < 2):
        raise AdaptationError(
            f"There are labels of {len(set(labels))} emotion: label clips of at least two, or leave the labels out."
        )


def _assemble(
    recognizer: Recognizer, *, evidence: Evidence, used: str, check: _CrossCheck | None
) -> Adaptation:
    """Return the adaptation of one stage, with calibrated scores where there are labels."""
    adaptation = Adaptation(
        checkpoint=recognizer.checkpoint_id,
        zero=np.zeros(len(LABELS)),
        temperature=recognizer.temperature,
        thresholds=recognizer.thresholds,
    )
    if used == BEFORE:
        return adaptation
    weights = bias = correction = None
    if used == LABELS_TOO:
        correction = evidence.fit(np.flatnonzero(evidence.labels >= 0))
        weights, bias = evidence.head(correction)
    offsets = list(evidence.offsets(correction).items())
    temperature, thresholds = recognizer.temperature, recognizer.thresholds
    if check is not None:
        temperature, thresholds = check.calibration(used)
    elif evidence.zero_point is not None:
        temperature = evidence.zero_point.temperature
    return replace(
        adaptation,
        scales=evidence.material.scales,
        zero=evidence.zero,
        emotions=evidence.emotions,
        weights=weights,
        bias=bias,
        centre=evidence.centre(correction),
        temperature=round(temperature, 4),
        thresholds=thresholds,
        speakers=dict(offsets[:MAX_SPEAKERS]),
    )


class _CrossCheck:
    """Scores each labelled clip without the labels of its speaker, or of its fold where speakers are not known."""

    def __init__(self, recognizer: Recognizer, evidence: Evidence):
        self.recognizer, self.evidence = recognizer, evidence
        self.clips = np.flatnonzero(evidence.labels >= 0)
        self.labels = evidence.labels[self.clips]
        self.speakers = evidence.speakers[self.clips]
        self.by_speaker = len(set(self.speakers) - {""}) > 1
        self.fold = _folds(self.labels, self.speakers if self.by_speaker else None)
        self._windows: dict[tuple[str, bool], tuple[np.ndarray, np.ndarray]] = {}

    def table(self) -> Table:
        """Return the figures of all stages."""
        rows = [
            make_row(
                stage,
                scores=self.scores(stage, speakers_known=True),
                labels=self.labels,
                speakers=self.speakers,
                emotions=self.evidence.emotions,
                new_voice=None
                if stage == BEFORE or not self.by_speaker
                else self.scores(stage, speakers_known=False),
            )
            for stage in (BEFORE, RECORDINGS, LABELS_TOO)
        ]
        before, recordings, labels = (row.uar.value for row in rows)
        used = LABELS_TOO
        if set(self.evidence.emotions) <= set(LABELS) and labels < max(before, recordings) - MAX_COST:
            used = RECORDINGS if recordings >= before - MAX_COST else BEFORE
        if self.evidence.emotions != LABELS:
            used = LABELS_TOO  # without a head there would be no scores of these emotions
        speakers = len(set(self.speakers) - {""})
        return Table(tuple(rows), used, len(self.clips), speakers, self.by_speaker)

    def scores(self, stage: str, *, speakers_known: bool) -> np.ndarray:
        """Return the scores (clips, emotions) of the labelled clips; calibrated without the labels of their folds."""
        if stage == BEFORE:
            return self._released_scores()
        windows, clip = self._windows_of(stage, speakers_known)
        means = _mean(windows, clip)
        temperature = np.empty(len(self.clips))
        for fold in np.unique(self.fold):
            others = self.fold != fold
            temperature[~others] = self._temperature(means[others], self.labels[others])
        return mean_scores(windows, clip=clip, temperature=temperature)

    def calibration(self, stage: str) -> tuple[float, Thresholds]:
        """Return temperature and thresholds of a stage, from scores of clips that taught it nothing."""
        means = _mean(*self._windows_of(stage, True))
        thresholds = self.recognizer.thresholds._replace(sure=1.0)  # of few answers, none is called sure
        if len(self.labels) >= MIN_ANSWERS:
            thresholds = fit_thresholds(self.scores(stage, speakers_known=True), self.labels)
        return self._temperature(means, self.labels), Thresholds(*(round(value, 4) for value in thresholds))

    def curve(self) -> tuple[CurvePoint, ...]:
        """Return the UAR with the first few labels, with twice as many, and so on, up to all."""
        sizes = [CURVE_BEGINS * 2**i for i in range(20) if CURVE_BEGINS * 2**i < 0.7 * len(self.clips)]
        points = []
        for size in (*sizes, len(self.clips)):
            windows, clip = self._held_out(size)
            right = _mean(windows, clip).argmax(axis=1) == self.labels
            recalls = [right[self.labels == label].mean() for label in np.unique(self.labels)]
            points.append(CurvePoint(size, float(np.mean(recalls))))
        return tuple(points)

    def _released_scores(self) -> np.ndarray:
        material, emotions = self.evidence.material, self.evidence.emotions
        chosen = np.isin(material.clip, self.clips)
        windows, clip = material.released[chosen], np.searchsorted(self.clips, material.clip[chosen])
        six = mean_scores(windows, clip=clip, temperature=self.recognizer.temperature)
        known = np.concatenate([six, np.zeros((len(six), 1))], axis=1)
        return known[:, [LABELS.index(code) if code in LABELS else len(LABELS) for code in emotions]]

    def _windows_of(self, stage: str, speakers_known: bool) -> tuple[np.ndarray, np.ndarray]:
        key = stage, speakers_known
        if key not in self._windows:
            if stage == LABELS_TOO:
                self._windows[stage, True], self._windows[stage, False] = self._held_out_both()
            else:
                self._windows[key] = self.evidence.answers(
                    None, clips=self.clips, speakers_known=speakers_known
                )
        return self._windows[key]

    def _held_out_both(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        known, unknown = [], []
        for correction, clips in self._by_fold(len(self.clips)):
            known.append((clips, *self.evidence.answers(correction, clips=clips, speakers_known=True)))
            unknown.append((clips, *self.evidence.answers(correction, clips=clips, speakers_known=False)))
        return self._joined(known), self._joined(unknown)

    def _held_out(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        parts = [
            (clips, *self.evidence.answers(correction, clips=clips, speakers_known=True))
            for correction, clips in self._by_fold(size)
        ]
        return self._joined(parts)

    def _by_fold(self, size: int) -> Iterator[tuple[Correction | None, np.ndarray]]:
        """Yield what at most `size` labels of the other folds teach, and the fold's clips."""
        for fold in np.unique(self.fold):
            check_abandoned()
            train = self.clips[self.fold != fold]
            train = train[_in_turns(self.evidence.labels[train])][:size]
            has_two = len(np.unique(self.evidence.labels[train])) > 1
            yield self.evidence.fit(train) if has_two else None, self.clips[self.fold == fold]

    def _joined(
        self, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return windows and their clips, as positions among the labelled clips, sorted by clip."""
        place = {clip: i for i, clip in enumerate(self.clips.tolist())}
        windows = np.concatenate([windows for _, windows, _ in parts])
        clip = np.concatenate([np.array([place[c] for c in clips.tolist()])[of] for clips, _, of in parts])
        order = np.argsort(clip, kind="stable")
        return windows[order], clip[order]

    def _temperature(self, logits: np.ndarray, labels: np.ndarray) -> float:
        """Return the temperature fitted to labels, shrunk towards the network's own where they are few."""
        own = np.log(self.recognizer.temperature)
        fitted = np.log(fit_temperature(logits, labels)) if len(labels) else own
        return float(np.exp((len(labels) * fitted + PRIOR_LABELS * own) / (len(labels) + PRIOR_LABELS)))


def _mean(windows: np.ndarray, clip: np.ndarray) -> np.ndarray:
    sums = np.zeros((clip.max() + 1, windows.shape[1]))
    np.add.at(sums, clip, windows)
    return sums / np.bincount(clip)[:, None]


def _folds(labels: np.ndarray, speakers: np.ndarray | None) -> np.ndarray:
    """Return the fold of each labelled clip: that of its speaker, or an equal share of each emotion's clips."""
    if speakers is not None:
        return np.unique(speakers, return_inverse=True)[1] % MAX_FOLDS
    fold = np.empty(len(labels), int)
    for label in np.unique(labels):
        clips = np.flatnonzero(labels == label)
        fold[clips] = np.arange(len(clips)) % CLIP_FOLDS
    return fold


def _in_turns(labels: np.ndarray) -> np.ndarray:
    """Return an order of clips in which the emotions take turns, and speakers are mixed; always the same."""
    shuffled = np.random.default_rng(0).permutation(len(labels))
    turn = np.empty(len(labels), int)
    for label in np.unique(labels):
        of_label = shuffled[labels[shuffled] == label]
        turn[of_label] = np.arange(len(of_label))
    return shuffled[np.argsort(turn[shuffled], kind="stable")]
