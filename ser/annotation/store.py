"""Labels that are never lost: kept in SQLite, each change acknowledged when it is on the disk.

    with Annotations("labels.sqlite") as store:
        store.see(Clip(hash_file("a.wav"), "a.wav"))
        label = store.write(Label(new_id(), hash_file("a.wav"), "Ann", "ANG"))
        store.write(replace(label, note="shouted"))
        store.undo("Ann")

Threads may share a store and processes a file. Nobody overwrites what they have not seen: a change says which
revision it is of, and is refused with `ConflictError` where there is a newer one.
"""

import hashlib
import os
import sqlite3
import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ser.annotation import schema, sql
from ser.annotation.label import (
    EMOTIONS,
    NAMES,
    Change,
    Clip,
    Label,
    LabelError,
    Row,
    now,
)
from ser.annotation.schema import AnnotationsError
from ser.annotation.sql import ConflictError
from ser.annotation.validation import Rows, check_clip, check_label

__all__ = [
    "EMOTIONS",
    "NAMES",
    "Annotations",
    "AnnotationsError",
    "Change",
    "Clip",
    "ConflictError",
    "Imported",
    "Label",
    "LabelError",
    "Row",
    "hash_file",
    "new_id",
]


@dataclass(frozen=True)
class Imported:
    """How many labels of a file were new, were there already, and replaced others."""

    new: int = 0
    same: int = 0
    replaced: int = 0


def new_id() -> str:
    """Return an id for a new label."""
    return uuid.uuid4().hex


def hash_file(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's bytes in hex: a renamed file keeps its labels."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Annotations:
    """A file of labels.

    Parameters
    ----------
    path : the file; made where it is not there, brought up to date where it is older
    read_only : only look; the file must be there

    Raises
    ------
    AnnotationsError
        The file is damaged, or no file of labels, or of a newer version (and is left as it is), or cannot be
        written. Every method raises it with a sentence where the disk refuses a change; then nothing of the
        change is kept.
    """

    def __init__(self, path: str | os.PathLike, *, read_only: bool = False) -> None:
        self.path = Path(path).expanduser().absolute()
        self.read_only = read_only
        if read_only:
            schema.check(self.path)
        else:
            schema.prepare(self.path)
        self._local = threading.local()
        self._connections: weakref.WeakSet = weakref.WeakSet()
        self._lock = threading.Lock()  # SQLite's own waiting is not fair between threads
        self._closed = False

    def __enter__(self) -> "Annotations":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections; the store cannot be used after."""
        with self._lock:
            self._closed = True
            for db in list(self._connections):
                db.close()

    # ---- clips

    def see(self, clip: Clip) -> None:
        """Note a clip and its name as seen now; what is known of it already and not said now stays."""
        check_clip(clip)
        known = self._read("SELECT * FROM clips WHERE hash = ?", clip.hash)
        if known and sql.merged(Clip(*known[0]), clip) == Clip(*known[0]):
            return
        with self._transaction() as db:
            known = db.execute("SELECT * FROM clips WHERE hash = ?", (clip.hash,)).fetchone()
            sql.keep_clip(db, sql.merged(Clip(*known), clip) if known else clip)

    def clips(self) -> list[Clip]:
        """Return every clip that was seen, by name."""
        return [Clip(*row) for row in self._read("SELECT * FROM clips ORDER BY name, hash")]

    def done(self, annotator: str) -> set[str]:
        """Return the hashes of the clips that an annotator has labelled, wholly or in part."""
        return {
            row[0] for row in self._read("SELECT DISTINCT clip FROM labels WHERE annotator = ?", annotator)
        }

    # ---- labels

    def labels(self, clip: str | None = None, annotator: str | None = None) -> list[Label]:
        """Return the labels, of one clip or one annotator if asked: a clip's whole ones first, then by time."""
        chosen, values = sql.where(clip=clip, annotator=annotator)
        order = "ORDER BY clip, start_s, end_s, annotator, time, id"  # SQLite puts NULL first
        return [sql.to_label(row) for row in self._read(f"{sql.SELECT}{chosen} {order}", *values)]

    def write(self, label: Label) -> Label:
        """Keep a new label, or a change of one; return it as it is kept, when it is on the disk.

        A label of revision 0 is new. Raises `LabelError` for a field that holds what it may not,
        `ConflictError` where the label was changed or deleted since, or where the annotator has another label
        for the whole clip, `AnnotationsError` for a clip that was not seen.
        """
        label = check_label(label if label.time else replace(label, time=now()))
        with self._transaction() as db:
            stored = sql.find(db, label.id)
            if stored is None:
                self._check_new(db, label)
                kept = replace(label, revision=1)
                sql.keep(db, label=kept, new=True)
            else:
                sql.check_same(db, stored=stored, label=label)
                kept = replace(label, revision=stored.revision + 1)
                sql.keep(db, label=kept, new=False)
        return kept

    def attach_scores(self, label: Label, *, scores: dict[str, float], checkpoint: str) -> bool:
        """Add the network's scores to a label that was stored before they were ready.

        This is not a change by the annotator: the history and the revision stay as they are, so the annotator's
        next edit is not a conflict and undo skips it.

        Parameters
        ----------
        label : the label as it was written
        scores : six probabilities by label
        checkpoint : the network that gave them

        Returns
        -------
        whether the stored label took them: False where it has scores, was deleted, now covers another part of the
        clip, or was last imported from a file, which says itself what its scores are
        """
        check_label(replace(label, scores=scores, checkpoint=checkpoint))
        with self._transaction() as db:
            return sql.attach_scores(db, replace(label, scores=scores, checkpoint=checkpoint))

    def delete(self, label: Label) -> None:
        """Delete a label; `ConflictError` where it is not as it was seen. The history keeps it."""
        with self._transaction() as db:
            stored = sql.find(db, label.id)
            if stored is None:
                raise sql.gone(db, label)
            sql.check_same(db, stored=stored, label=label)
            sql.delete(db, label.id)

    # ---- history

    def version(self) -> int:
        """Return a number that rises with every change of any label, whichever process makes it."""
        return self._read("SELECT coalesce(max(number), 0) FROM history")[0][0]

    def scored(self) -> int:
        """Return how many labels have the network's scores: these may arrive without a new `version`."""
        return self._read("SELECT count(scores) FROM labels")[0][0]

    def history(self, clip: str | None = None, annotator: str | None = None) -> list[Change]:
        """Return every change, oldest first, of one clip or one annotator if asked."""
        chosen, values = sql.where(clip=clip, annotator=annotator)
        changes: list[Change] = []
        last: dict[str, Label | None] = {}
        for row in self._read(f"{sql.HISTORY}{chosen} ORDER BY number", *values):
            change = sql.to_change(row, last.get(row[4]))
            last[row[4]] = change.after
            changes.append(change)
        return changes

    def undo(self, annotator: str) -> Change | None:
        """Take an annotator's last change back, whenever it was made; None where there is none left.

        Returns
        -------
        the change that this was: `after` is None where the label is gone by it
        """
        return self._step(annotator, undone=False)

    def redo(self, annotator: str) -> Change | None:
        """Make a change again that `undo` took back; None where there is none, or a newer change was made."""
        return self._step(annotator, undone=True)

    def _step(self, annotator: str, undone: bool) -> Change | None:
        nearest = "min" if undone else "max"
        with self._transaction("redo" if undone else "undo") as db:
            query = f"SELECT {nearest}(number) FROM undo WHERE annotator = ? AND undone = ?"
            number = db.execute(query, (annotator, undone)).fetchone()[0]
            if number is None:
                return None
            change = sql.change_at(db, number)
            sql.restore(db, label_id=change.label.id, wanted=change.after if undone else change.before)
            db.execute("UPDATE undo SET undone = ? WHERE number = ?", (not undone, number))
            return sql.change_at(db, db.execute("SELECT max(number) FROM history").fetchone()[0])

    # ---- files

    def import_rows(self, rows: Iterable[Row], *, replace: bool = False) -> Imported:
        """Take labels over from a file: all, or none where one is refused.

        A label that is there already with the same content (its revision aside) is kept once. One with
        another content, and a second label of an annotator for a whole clip, are refused with `ConflictError`,
        or take the place of what is there if `replace`. Raises `LabelError` as `Rows.add` does. An import
        cannot be undone; the history keeps what it replaced. A label without a time is given that of now.
        """
        rows = Rows(rows)
        counts: Counter[str] = Counter()
        with self._transaction("import") as db:
            for clip in {row.clip.hash: row.clip for row in rows}.values():
                known = db.execute("SELECT * FROM clips WHERE hash = ?", (clip.hash,)).fetchone()
                sql.keep_clip(db, sql.merged(clip, Clip(*known)) if known else clip)
            for row in rows:
                counts[sql.import_label(db, row=row, may_replace=replace)] += 1
        return Imported(**counts)

    # ---- the database

    def _check_new(self, db: sqlite3.Connection, label: Label) -> None:
        if label.revision or db.execute("SELECT 1 FROM history WHERE id = ?", (label.id,)).fetchone():
            raise sql.gone(db, label)
        other = sql.whole_label(db, label)
        if other is not None:
            raise sql.conflict(db, stored=other, what=f"{label.annotator} labelled this whole clip already")
        if db.execute("SELECT 1 FROM clips WHERE hash = ?", (label.clip,)).fetchone() is None:
            raise AnnotationsError(f"The clip {label.clip} is not known: open it first.")

    def _read(self, query: str, *values: object) -> list[tuple]:
        try:
            return self._connection().execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise AnnotationsError(f"Labels cannot be read from {self.path} ({error}): try again.") from error

    @contextmanager
    def _transaction(self, kind: str = "change") -> Iterator[sqlite3.Connection]:
        """Run the block as one change of the file: on the disk when the block is left, or not made at all."""
        if self.read_only:
            raise AnnotationsError(f"{self.path} is open for reading only.")
        try:
            db = self._connection()
            with self._lock:
                db.execute("BEGIN IMMEDIATE")
                try:
                    if kind != "change":
                        db.execute("UPDATE doing SET kind = ?", (kind,))
                    yield db
                    if kind != "change":
                        db.execute("UPDATE doing SET kind = 'change'")
                    db.execute("COMMIT")
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
            raise AnnotationsError(
                f"This was not kept in {self.path} ({error}): make room or let other programs end, then try again."
            ) from error

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        db = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = schema.connect(self.path, self.read_only)
            with self._lock:
                self._connections.add(db)
        return db
