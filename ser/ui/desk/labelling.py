"""Server functions for labels: the desk reads, writes, deletes and undoes them. No gradio here."""

import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NotRequired

from ser.annotation.guidelines import Block
from ser.annotation.label_set import STANDARD, LabelSet
from ser.annotation.labelling_queue import QueueError
from ser.annotation.queue_order import differing
from ser.annotation.store import MARKS, Annotations, Clip, ConflictError, Label
from ser.annotation.validation import is_id
from ser.errors import UserError
from ser.ui.desk.clips import (
    Desk,
    DeskClip,
    DeskRequest,
    NewsRequest,
    OrderRequest,
    QueueRequest,
    SoundRequest,
)
from ser.ui.desk.letters import (
    MAX_NOTE,
    Letter,
    annotator_of,
    hash_of,
    identity,
    is_same,
    one_line,
    plain_change,
    read_label,
)
from ser.ui.desk.scoring import ClipScorer
from ser.ui.page.requests import checks_request
from ser.ui.page.server_functions import STALE
from ser.util.text import first_names

MAX_BROWSERS = 200  # with labels of their own, when labels are not kept in a file
TEMPORARY = (
    "These labels are lost when the app stops: export them, or start the app with "
    "python app.py --annotations labels.sqlite"
)


class ClipRequest(DeskRequest):
    """A clip and its labels; `others` asks for other annotators' labels even before this annotator has labelled it."""

    request: SoundRequest
    others: NotRequired[bool]


class HistoryRequest(DeskRequest):
    """The history of the labels of the clip with this "hash"; `others` as in `ClipRequest`."""

    clip: dict | None
    others: NotRequired[bool]


class ChangeRequest(DeskRequest):
    """A change to make."""

    letter: Letter


class MarkRequest(DeskRequest):
    """Skip or flag a clip (`kind` is one of `MARKS`), or take that back; `clip` as in a `Letter`."""

    request: SoundRequest
    clip: NotRequired[dict | None]
    kind: str
    is_set: bool


class UndoRequest(QueueRequest):
    """Undo the annotator's last change, or redo it."""

    redo: NotRequired[bool]


class Stores:
    """Where labels are kept: all in one file or, without one, separately for each browser until the app stops.

    Parameters
    ----------
    file : the file; None keeps the labels only until the app stops
    choices : the labels that annotators may give
    """

    def __init__(self, file: str | os.PathLike | None, *, choices: LabelSet = STANDARD) -> None:
        self.choices = choices
        self.file = Path(file).absolute() if file else None
        self.adaptations = self.file and self.file.with_suffix(".adaptations")  # where those in use are kept
        self._lock = threading.Lock()
        self._shared = Annotations(self.file, choices=choices) if self.file else None
        self._by_browser: dict[str, Annotations] = {}
        # Not in gradio's folder, whose files it serves. The folder is removed when the app stops.
        self._private = tempfile.TemporaryDirectory(prefix="emotion-listener-labels-")

    def of(self, request: DeskRequest) -> Annotations:
        """Return the labels of the browser that sent the request."""
        if self._shared is not None:
            return self._shared
        browser = str(request.get("browser"))
        if not is_id(browser):
            raise UserError(STALE)
        with self._lock:
            if browser not in self._by_browser:
                if len(self._by_browser) >= MAX_BROWSERS:
                    raise UserError(
                        "Too many people are labelling here at once: start the app with --annotations FILE."
                    )
                file = Path(self._private.name) / f"{browser}.sqlite"
                self._by_browser[browser] = Annotations(file, choices=self.choices)
            return self._by_browser[browser]

    @property
    def words(self) -> str:
        """Say where labels are kept."""
        return f"Labels are saved to {self.file.name} as you go." if self.file else TEMPORARY


class Labelling:
    """The server functions for labels.

    Parameters
    ----------
    desk : the clips
    stores : the labels
    guidelines : what annotators are told to do
    """

    def __init__(self, desk: Desk, stores: Stores, *, guidelines: Sequence[Block] = ()) -> None:
        self.desk, self.stores, self.guidelines = desk, stores, guidelines
        self.scorer = ClipScorer(desk)

    @checks_request(DeskRequest)
    def desk_about(self, request: DeskRequest) -> dict:
        """Return what the page needs to know once: where labels are kept, the sources, the emotions and their keys."""
        folder = self.desk.queues.get("folder")
        self.stores.of(request)
        return {
            "id": identity(self.stores.file),
            "kept": self.stores.file is not None,
            "where": self.stores.words,
            "folder": folder is not None,
            "outside": folder.links_outside if folder else 0,
            "left_out": len(folder.left_out) if folder else 0,
            "left_out_names": first_names(folder.left_out) if folder else "",
            "sources": self.desk.sources(),
            "emotions": self.stores.choices.names,
            "keys": self.stores.choices.keys,
            "guidelines": [asdict(block) for block in self.guidelines],
            "assigned": list(self.desk.assignment.names) if self.desk.assignment else [],
        }

    # ---- the queue

    @checks_request(OrderRequest)
    def queue_order(self, request: OrderRequest) -> dict:
        """Return the indices of the clips to show, in their order."""
        store = self.stores.of(request)
        labelled: set[str] = set()
        if request["show"] == "unlabelled" and request.get("annotator"):
            labelled = store.labelled_clips(annotator_of(request))
        differ = differing(store.labels()) if request["show"] in ("differ", "adjudicate") else set()
        if request["show"] == "adjudicate":
            differ -= {label.clip for label in store.labels(final=True)}
        elif request.get("blind"):  # that others differ on a clip is a hint, too
            differ &= store.labelled_clips(annotator_of(request)) if request.get("annotator") else set()
        me = annotator_of(request) if request.get("annotator") else None
        flagged = {mark.clip for mark in store.marks() if mark.kind == "flagged"}
        skipped = {mark.clip for mark in store.marks(me) if mark.kind == "skipped"} if me else set()
        return {
            "order": self.desk.arrange(
                request, labelled=labelled | skipped, differing=differ, flagged=flagged
            )
        }

    @checks_request(NewsRequest)
    def queue_news(self, request: NewsRequest) -> dict:
        """Return what changed about the clips of a source, and a summary of their labels if those changed."""
        news = self.desk.news(request)
        store = self.stores.of(request)
        version = f"{store.version()}-{news['since']}-{request.get('annotator')}"
        labels = None if request.get("version") == version else self._summary(request, store)
        return news | {"labels": labels, "version": version}

    def _summary(self, request: QueueRequest, store: Annotations) -> list[list]:
        """Return [index, own emotion, number of others, whether they differ, final emotion, own marks] of each clip with any."""
        own: dict[str | None, str] = {}
        others: dict[str | None, set[str]] = {}
        me = request.get("annotator")
        labels = store.labels()
        for label in labels:
            if label.annotator != me:
                others.setdefault(label.clip, set()).add(label.annotator)
            elif label.start_s is None or label.clip not in own:
                own[label.clip] = label.emotion
        differ = differing(labels)
        final: dict[str | None, str] = {label.clip: label.emotion for label in store.labels(final=True)}
        marks: dict[str | None, list[str]] = {}
        for mark in store.marks(me) if me else []:
            marks.setdefault(mark.clip, []).append(mark.kind)
        return [
            [
                *(i, own.get(entry.hash, ""), len(others.get(entry.hash, ())), entry.hash in differ),
                *(final.get(entry.hash, ""), marks.get(entry.hash, [])),
            ]
            for i, entry in enumerate(self.desk.queue(request).entries)
            if any(entry.hash in known for known in (own, others, final, marks))
        ]

    # ---- one clip

    @checks_request(ClipRequest)
    def clip_labels(self, request: ClipRequest) -> dict:
        """Return a clip and its labels, and what is known of it.

        Labels of others and the acted emotion are there only once the annotator has labelled the clip, or on request.
        """
        clip = self.desk.find(request["request"])
        if clip.entry and clip.entry.problem:
            raise clip.without_names(UserError(clip.entry.problem))
        self.desk.sound(clip)  # raises an error if it can neither be played nor labelled
        content = self.desk.hash_of(clip)
        store, me = self.stores.of(request), request.get("annotator")
        labels = store.labels(clip=content, final=None)
        for label in labels:
            if label.scores is None:  # the app stopped before they were ready
                self.scorer.attach(label, store=store, clip=clip)
        may_see_all = request.get("others") is True or any(
            label.annotator == me and not label.final for label in labels
        )
        shown = [label for label in labels if may_see_all or (label.annotator == me and not label.final)]
        return {
            "clip": {"hash": content, "name": clip.own_name},
            "labels": [asdict(label) for label in shown],
            "marks": [mark.kind for mark in (store.marks(me) if me else []) if mark.clip == content],
            "hidden": len(labels) - len(shown),
            "facts": clip.facts(may_see_all=may_see_all),
        }

    @checks_request(HistoryRequest)
    def label_history(self, request: HistoryRequest) -> dict:
        """Return the changes of a clip's labels that the annotator may see, oldest first."""
        store, me = self.stores.of(request), request.get("annotator")
        clip = hash_of(request["clip"])
        may_see_all = request.get("others") is True or bool(store.labels(clip=clip, annotator=me))
        changes = [change for change in store.history(clip=clip) if may_see_all or change.annotator == me]
        return {"changes": [plain_change(change) for change in changes]}

    # ---- changes

    @checks_request(MarkRequest)
    def clip_mark(self, request: MarkRequest) -> dict:
        """Say that the annotator skips or flags a clip, or no longer does; return their marks of it."""
        if request["kind"] not in MARKS:
            raise UserError(STALE)
        store, me = self.stores.of(request), annotator_of(request)
        clip, _ = self._clip(request)
        store.put_clip(clip)
        store.mark(clip.hash, annotator=me, kind=request["kind"], is_set=request["is_set"])
        return {"marks": [mark.kind for mark in store.marks(me) if mark.clip == clip.hash]}

    @checks_request(ChangeRequest)
    def label_change(self, request: ChangeRequest) -> dict:
        """Write or delete a label. A change that arrives twice is made once.

        Returns
        -------
        dict: label (as it is stored now; None if it is deleted), or conflict: a dict of wanted, stored (None if it is
        deleted) and sentence
        """
        letter = request["letter"]
        if letter["kind"] not in ("write", "delete"):
            raise UserError(STALE)
        store = self.stores.of(request)
        clip, desk_clip = self._clip(letter)
        label = read_label(letter, clip=clip.hash, annotator=annotator_of(request), choices=store.choices)
        try:
            if letter["kind"] == "delete":
                store.delete(label)
                return {"label": None}
            store.put_clip(clip)
            return {"label": asdict(self._write(store, label, desk_clip))}
        except ConflictError as error:
            stored = error.stored
            if letter["kind"] == "delete" and stored is None:
                return {"label": None}
            if letter["kind"] == "write" and stored is not None and is_same(stored, label):
                return {"label": asdict(stored)}  # it was written before, and the answer was lost
            return {
                "conflict": {
                    "wanted": asdict(label),
                    "stored": stored and asdict(stored),
                    "sentence": str(error),
                }
            }

    def _write(self, store: Annotations, label: Label, clip: DeskClip | None) -> Label:
        """Store a label. Scores that are not ready are added later: the annotator must not wait for them."""
        scored = self.scorer.ready(clip, label.region) if clip else None
        if scored:
            label = replace(label, scores=scored.scores, checkpoint=scored.checkpoint)
        label = store.write(label)
        if clip and not scored:
            self.scorer.attach(label, store=store, clip=clip)
        return label

    @checks_request(UndoRequest)
    def label_undo(self, request: UndoRequest) -> dict:
        """Undo the annotator's last change, or redo it.

        Returns
        -------
        dict: change (the clip's name and its emotion now, or None for no label; None if there is nothing to undo or
        redo), row (the clip's index in the source that the page shows, or None)
        """
        store, me = self.stores.of(request), annotator_of(request)
        change = store.redo(me) if request.get("redo") is True else store.undo(me)
        if change is None:
            return {"change": None, "row": None}
        label = change.label
        queue, blind = self.desk.queue(request), request.get("blind", False)
        row = next((i for i, entry in enumerate(queue.entries) if entry.hash == label.clip), None)
        if blind:
            name = "another clip" if row is None else queue.neutral_names[row]
        else:
            name = next((clip.name for clip in store.clips() if clip.hash == label.clip), "")
        return {"change": {"name": name, "emotion": change.after and change.after.emotion}, "row": row}

    def _clip(self, letter: Letter | MarkRequest) -> tuple[Clip, DeskClip | None]:
        """Return the clip of a change. A clip that is gone is identified by the hash that the page had."""
        try:
            desk_clip = self.desk.find(letter["request"])
        except QueueError:
            clip = letter.get("clip")
            if clip is None:
                raise
            return Clip(
                hash_of(clip), one_line(clip.get("name"), max_length=MAX_NOTE), None, "sitting", None
            ), None
        _, sound = self.desk.sound(desk_clip)
        acted = desk_clip.entry.acted if desk_clip.entry else None
        return Clip(
            self.desk.hash_of(desk_clip), desk_clip.own_name, sound.duration_s, desk_clip.source, acted
        ), desk_clip
