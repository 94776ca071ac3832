"""Labels as the page gives and gets them: written at once, taken back, exported, imported. No gradio here."""

import hashlib
import os
import re
import tempfile
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from ser.annotation.labelling_queue import QueueError
from ser.annotation.queue_order import differing
from ser.annotation.store import EMOTIONS, NAMES, Annotations, Change, Clip, ConflictError, Label, LabelError
from ser.annotation.validation import check_label, is_hash, is_id
from ser.errors import UserError
from ser.ui.desk.clips import Desk, Found
from ser.ui.desk.scoring import ClipScorer
from ser.ui.page.server_functions import STALE, takes_request

MAX_BROWSERS = 200  # whose labels of one sitting are kept apart
MAX_NAME, MAX_NOTE = 60, 2000  # characters
NAMELESS = "Give your name first: it stands with each label."
PASSING = (
    "These labels last until the app is stopped: take them with you with Export. To keep them, start it with "
    "python app.py --annotations labels.sqlite"
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class Stores:
    """Where labels are kept: in one file, or, where none was given, apart for each browser until the app ends.

    Parameters
    ----------
    file : the file; None keeps nothing
    """

    def __init__(self, file: str | os.PathLike | None) -> None:
        self.file = Path(file).absolute() if file else None
        self._lock = threading.Lock()
        self._kept = Annotations(self.file) if self.file else None
        self._own: dict[str, Annotations] = {}
        # Not gradio's folder, which it serves from; it goes with the app.
        self._private = tempfile.TemporaryDirectory(prefix="emotion-listener-labels-")

    def of(self, asked: dict) -> Annotations:
        """Return the labels of the browser that asks."""
        if self._kept is not None:
            return self._kept
        browser = str(asked.get("browser"))
        if not is_id(browser):
            raise UserError(STALE)
        with self._lock:
            if browser not in self._own:
                if len(self._own) >= MAX_BROWSERS:
                    raise UserError(
                        "Too many people label here at once: start the app with --annotations FILE."
                    )
                self._own[browser] = Annotations(Path(self._private.name) / f"{browser}.sqlite")
            return self._own[browser]

    @property
    def words(self) -> str:
        """Say where labels are kept."""
        return f"Labels are kept in {self.file.name}, each as soon as it is given." if self.file else PASSING


class Labelling:
    """What the page asks about labels.

    Parameters
    ----------
    desk : the clips
    stores : the labels
    """

    def __init__(self, desk: Desk, stores: Stores) -> None:
        self.desk, self.stores = desk, stores
        self.scorer = ClipScorer(desk)

    @takes_request
    def desk_about(self, asked: dict) -> dict:
        """Return what the page needs once."""
        folder = self.desk.queues.get("folder")
        self.stores.of(asked)
        return {
            "id": _identity(self.stores.file),
            "kept": self.stores.file is not None,
            "where": self.stores.words,
            "folder": folder is not None,
            "outside": folder.outside if folder else 0,
            "sources": self.desk.sources(),
            "emotions": {code: NAMES[code] for code in EMOTIONS},
        }

    # ---- the queue

    @takes_request
    def queue_order(self, asked: dict) -> dict:
        """Return which clips are shown, in their order."""
        store = self.stores.of(asked)
        done = (
            store.labelled_clips(annotator_of(asked))
            if asked.get("show") == "unlabelled" and asked.get("annotator")
            else set()
        )
        differ = differing(store.labels()) if asked.get("show") == "differ" else set()
        return {"order": self.desk.arrange(asked, done, differ)}

    @takes_request
    def queue_news(self, asked: dict) -> dict:
        """Return what changed about a source's clips, and their labels where these changed."""
        news = self.desk.news(asked)
        store = self.stores.of(asked)
        version = f"{store.version()}-{news['since']}-{asked.get('annotator')}"
        labels = None if asked.get("version") == version else self._summary(asked, store)
        return news | {"labels": labels, "version": version}

    def _summary(self, asked: dict, store: Annotations) -> list[list]:
        """Return [index, own emotion, number of other annotators, whether they differ] of each labelled clip."""
        own: dict[str, str] = {}
        others: dict[str, set[str]] = {}
        me = asked.get("annotator")
        everything = store.labels()
        for label in everything:
            if label.annotator != me:
                others.setdefault(label.clip, set()).add(label.annotator)
            elif label.start_s is None or label.clip not in own:
                own[label.clip] = label.emotion
        differ = differing(everything)
        return [
            [i, own.get(entry.hash, ""), len(others.get(entry.hash, ())), entry.hash in differ]
            for i, entry in enumerate(self.desk.queue(asked).entries)
            if entry.hash in own or entry.hash in others
        ]

    # ---- one clip

    @takes_request
    def clip_labels(self, asked: dict) -> dict:
        """Return a clip and its labels: those of others only when the annotator has labelled it, or wants them."""
        found = self.desk.find(asked.get("request"))
        if found.entry and found.entry.problem:
            raise UserError(found.entry.problem)
        self.desk.sound(found)  # or a sentence that says why it can neither be heard nor labelled
        clip = self.desk.hash_of(found)
        store, me = self.stores.of(asked), asked.get("annotator")
        labels = store.labels(clip=clip)
        for label in labels:
            if label.scores is None:  # the app ended before they were ready
                self.scorer.attach(store, label, clip=found)
        open_to_me = asked.get("others") is True or any(label.annotator == me for label in labels)
        shown = [label for label in labels if open_to_me or label.annotator == me]
        return {
            "clip": {"hash": clip, "name": found.name},
            "labels": [asdict(label) for label in shown],
            "hidden": len(labels) - len(shown),
        }

    @takes_request
    def label_history(self, asked: dict) -> dict:
        """Return the changes of a clip's labels, oldest first, as far as the annotator may see them."""
        store, me = self.stores.of(asked), asked.get("annotator")
        clip = _hash(asked.get("clip"))
        open_to_me = asked.get("others") is True or bool(store.labels(clip=clip, annotator=me))
        changes = [change for change in store.history(clip=clip) if open_to_me or change.annotator == me]
        return {"changes": [_plain(change) for change in changes]}

    # ---- changes

    @takes_request
    def label_change(self, asked: dict) -> dict:
        """Write or delete a label; a change that arrives twice is made once.

        Returns
        -------
        dict with `label` (as it is kept now; None where it is deleted), or with `conflict`: wanted, stored
        (None where it is gone) and a sentence
        """
        letter = asked.get("letter")
        if not isinstance(letter, dict) or letter.get("kind") not in ("write", "delete"):
            raise UserError(STALE)
        store = self.stores.of(asked)
        clip, found = self._clip(letter)
        wanted = _read_label(letter.get("label"), clip.hash, annotator_of(asked), letter.get("time"))
        try:
            if letter["kind"] == "delete":
                store.delete(wanted)
                return {"label": None}
            store.put_clip(clip)
            return {"label": asdict(self._write(store, wanted, found))}
        except ConflictError as error:
            stored = error.stored
            if letter["kind"] == "delete" and stored is None:
                return {"label": None}
            if letter["kind"] == "write" and stored is not None and _same(stored, wanted):
                return {"label": asdict(stored)}  # it was written, and the answer was lost
            return {
                "conflict": {
                    "wanted": asdict(wanted),
                    "stored": stored and asdict(stored),
                    "sentence": str(error),
                }
            }

    def _write(self, store: Annotations, label: Label, clip: Found | None) -> Label:
        """Store a label, with the network's scores only where these are ready: the annotator does not wait for them."""
        scored = self.scorer.ready(clip, label.region) if clip else None
        if scored:
            label = replace(label, scores=scored.scores, checkpoint=scored.checkpoint)
        label = store.write(label)
        if clip and not scored:
            self.scorer.attach(store, label, clip=clip)
        return label

    @takes_request
    def label_undo(self, asked: dict) -> dict:
        """Take the annotator's last change back, or make it again.

        Returns
        -------
        dict: change (clip's name and the emotion that it has now, or None; None where there is nothing left to
        do), row (the clip's index in the source that the page is at, or None)
        """
        store, me = self.stores.of(asked), annotator_of(asked)
        change = store.redo(me) if asked.get("redo") is True else store.undo(me)
        if change is None:
            return {"change": None, "row": None}
        label = change.label
        names = {clip.hash: clip.name for clip in store.clips()}
        rows = [i for i, entry in enumerate(self.desk.queue(asked).entries) if entry.hash == label.clip]
        return {
            "change": {"name": names.get(label.clip, ""), "emotion": change.after and change.after.emotion},
            "row": rows[0] if rows else None,
        }

    def _clip(self, letter: dict) -> tuple[Clip, Found | None]:
        """Return the clip that a change is about; what is no longer here is known by the hash that the page had."""
        try:
            found = self.desk.find(letter.get("request"))
        except QueueError:
            if not isinstance(letter.get("clip"), dict):
                raise
            name = _line(letter["clip"].get("name"), MAX_NOTE)
            return Clip(_hash(letter["clip"]), name, None, "sitting", None), None
        _, sound = self.desk.sound(found)
        acted = found.entry.acted if found.entry else None
        return Clip(self.desk.hash_of(found), found.name, sound.duration_s, found.source, acted), found


# ---- what the page says, checked


def annotator_of(asked: dict) -> str:
    """Return who labels; `UserError` where the page has not asked for a name yet."""
    name = _line(asked.get("annotator"), MAX_NAME)
    if not name:
        raise UserError(NAMELESS)
    return name


def _line(text: object, longest: int) -> str:
    """Return text of the page as one line; empty for anything else."""
    return " ".join(_CONTROL.sub(" ", text).split())[:longest].strip() if isinstance(text, str) else ""


def _hash(clip: object) -> str:
    content = clip.get("hash") if isinstance(clip, dict) else None
    if not is_hash(content):
        raise UserError(STALE)
    return content


def _read_label(given: object, clip: str, annotator: str, time: object) -> Label:
    """Return the label that the page wants written; `UserError` where it is none."""
    if not isinstance(given, dict):
        raise UserError(STALE)
    label = Label(
        id=given.get("id", ""),
        clip=clip,
        annotator=annotator,
        emotion=given.get("emotion", ""),
        intensity=given.get("intensity"),
        confidence=given.get("confidence"),
        start_s=given.get("start_s"),
        end_s=given.get("end_s"),
        note=_line(given.get("note"), MAX_NOTE),
        time=_time(time),
        revision=given.get("revision", -1),
    )
    try:
        check_label(label)
    except LabelError as error:
        raise UserError(STALE) from error
    if given.get("annotator") != annotator:
        raise UserError(STALE)
    if label.region is None:
        return label
    start_s, end_s = map(float, label.region)  # JSON has 2 for 2.0
    return replace(label, start_s=start_s, end_s=end_s)


def _time(given: object) -> str:
    """Return when the label was given: as the page says, for it may have waited there; never later than now."""
    now = datetime.now(UTC)
    try:
        then = datetime.fromisoformat(str(given)).astimezone(UTC)
    except ValueError:
        then = now
    return min(then, now).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _same(stored: Label, wanted: Label) -> bool:
    """Say whether a label is kept already as it was to be written."""
    fields = ("clip", "annotator", "emotion", "intensity", "confidence", "start_s", "end_s", "note")
    return all(getattr(stored, field) == getattr(wanted, field) for field in fields)


def _plain(change: Change) -> dict:
    return {
        "before": change.before and asdict(change.before),
        "after": change.after and asdict(change.after),
        "annotator": change.annotator,
        "time": change.time,
    }


def _identity(file: Path | None) -> str:
    """Return what tells the page whether it speaks with the same store as before."""
    return (
        hashlib.sha256(str(file.resolve()).encode("utf-8", "replace")).hexdigest()[:16] if file else "sitting"
    )
