"""The store of labels: an SQLite file that loses no label.

    with Annotations("labels.sqlite") as store:
        store.put_clip(Clip(hash_file("a.wav"), "a.wav"))
        label = store.write(Label(new_id(), hash_file("a.wav"), "Ann", "ANG"))
        store.write(replace(label, note="shouted"))
        store.undo("Ann")

A method that changes labels returns once the change is on disk. Threads may share a store, and processes may share
a file. Nobody can overwrite a change they have not seen: a changed label names the revision it is based on, and is
rejected with `ConflictError` if a newer one exists.
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
    MARKS,
    NAMES,
    Change,
    Clip,
    Label,
    LabelError,
    Mark,
    Row,
    now,
)
from ser.annotation.label_set import STANDARD, LabelSet, check_used
from ser.annotation.schema import AnnotationsError
from ser.annotation.sql import ConflictError
from ser.annotation.validation import Rows, check_clip, check_label
from ser.errors import UserError

__all__ = [
    "EMOTIONS",
    "MARKS",
    "NAMES",
    "Annotations",
    "AnnotationsError",
    "Change",
    "Clip",
    "ConflictError",
    "Imported",
    "Label",
    "LabelError",
    "Mark",
    "Row",
    "hash_file",
    "new_id",
]


@dataclass(frozen=True)
class Imported:
    """How many labels of an import were new, already stored, and stored in place of others."""

    new: int = 0
    same: int = 0
    replaced: int = 0


def new_id() -> str:
    """Return a random id for a new label."""
    return uuid.uuid4().hex


def hash_file(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's bytes in hex: it identifies the file even after it is renamed."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Annotations:
    """A label file.

    Parameters
    ----------
    path : the file; created if it does not exist, upgraded if it is of an older version
    read_only : open an existing file without changing it
    choices : the labels that annotators may give

    Raises
    ------
    AnnotationsError
        The file is damaged, is not a label file, is of a newer version, or cannot be written. None of these changes
        the file. Every method raises this error if the disk rejects a change, and then no part of it is stored.
    LabelSetError
        The file has labels, or had some, that are not among the choices.
    """

    def __init__(
        self, path: str | os.PathLike, *, read_only: bool = False, choices: LabelSet = STANDARD
    ) -> None:
        self.path = Path(path).expanduser().absolute()
        self.read_only, self.choices = read_only, choices
        if read_only:
            schema.check(self.path)
        else:
            schema.prepare(self.path)
        self._local = threading.local()
        self._connections: weakref.WeakSet = weakref.WeakSet()
        self._lock = threading.Lock()  # the lock of SQLite is not fair between threads
        self._closed = False
        used = (code for (code,) in self._read("SELECT DISTINCT emotion FROM history"))
        try:
            check_used(choices, used=used, file=self.path)
        except UserError:
            self.close()
            raise

    def __enter__(self) -> "Annotations":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. The store cannot be used afterwards."""
        with self._lock:
            self._closed = True
            for db in list(self._connections):
                db.close()

    # ---- clips

    def put_clip(self, clip: Clip) -> None:
        """Store a clip under its current name; fields that are None keep their stored value."""
        check_clip(clip)
        rows = self._read("SELECT * FROM clips WHERE hash = ?", clip.hash)
        if rows and sql.merge_clips(Clip(*rows[0]), clip) == Clip(*rows[0]):
            return
        with self._transaction() as db:
            row = db.execute("SELECT * FROM clips WHERE hash = ?", (clip.hash,)).fetchone()
            sql.put_clip(db, sql.merge_clips(Clip(*row), clip) if row else clip)

    def clips(self) -> list[Clip]:
        """Return all clips, sorted by name."""
        return [Clip(*row) for row in self._read("SELECT * FROM clips ORDER BY name, hash")]

    def labelled_clips(self, annotator: str) -> set[str]:
        """Return the hashes of the clips with a label of this annotator, of the whole clip or of a region."""
        return {
            row[0]
            for row in self._read(
                "SELECT DISTINCT clip FROM labels WHERE annotator = ? AND final = 0", annotator
            )
        }

    # ---- labels

    def labels(
        self, clip: str | None = None, *, annotator: str | None = None, final: bool | None = False
    ) -> list[Label]:
        """Return all labels, or those of one clip or annotator: the annotators' own, the final ones, or (None) both.

        Labels are grouped by clip; labels of the whole clip come before those of regions, which are sorted by start.
        """
        condition, values = sql.where(clip=clip, annotator=annotator)
        order = "ORDER BY clip, start_s, end_s, annotator, time, id"  # SQLite sorts NULL first
        labels = [sql.to_label(row) for row in self._read(f"{sql.SELECT}{condition} {order}", *values)]
        return labels if final is None else [label for label in labels if label.final == final]

    def write(self, label: Label) -> Label:
        """Store a new label or a changed one; return it as stored, once it is on disk.

        Parameters
        ----------
        label : a new label with revision 0, or a changed one with the revision it is based on

        Raises
        ------
        LabelError
            A field has a value that is not allowed.
        ConflictError
            The label was changed or deleted since, or the annotator has another label for the same whole clip.
        AnnotationsError
            The clip is not stored: see `put_clip`.
        """
        label = check_label(label if label.time else replace(label, time=now()), codes=self.choices.codes)
        with self._transaction() as db:
            stored = sql.find_label(db, label.id)
            if stored is None:
                self._check_new(db, label)
                written = replace(label, revision=1)
                sql.put_label(db, label=written, new=True)
            else:
                sql.check_unchanged(db, stored=stored, label=label)
                written = replace(label, revision=stored.revision + 1)
                sql.put_label(db, label=written, new=False)
        return written

    def attach_scores(self, label: Label, *, scores: dict[str, float], checkpoint: str) -> bool:
        """Add the network's scores to a label that was stored before they were ready.

        This is not a change by the annotator: the history and the revision stay as they are, so the annotator's
        next edit is not a conflict and undo skips it.

        Parameters
        ----------
        label : the label as it was written
        scores : six probabilities by emotion
        checkpoint : the network that gave the scores

        Returns
        -------
        bool
            Whether the scores were stored. False if the label already has scores, was deleted, now covers another
            part of the clip, or was last imported from a file, which specifies the scores of its labels.
        """
        check_label(replace(label, scores=scores, checkpoint=checkpoint), codes=self.choices.codes)
        with self._transaction() as db:
            return sql.attach_scores(db, replace(label, scores=scores, checkpoint=checkpoint))

    def delete(self, label: Label) -> None:
        """Delete a label; raise `ConflictError` if it has changed since. It stays in the history."""
        with self._transaction() as db:
            stored = sql.find_label(db, label.id)
            if stored is None:
                raise sql.missing_error(db, label)
            sql.check_unchanged(db, stored=stored, label=label)
            sql.delete_label(db, label.id)

    # ---- marks

    def mark(self, clip: str, *, annotator: str, kind: str, is_set: bool = True) -> None:
        """Say that an annotator skipped or flagged a clip, or no longer does; every entry is kept.

        Parameters
        ----------
        clip : hash of a stored clip
        annotator : who says it
        kind : one of `MARKS`
        is_set : False takes it back
        """
        if kind not in MARKS:
            raise LabelError(f"the mark {kind!r} is not one of {', '.join(MARKS)}")
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM clips WHERE hash = ?", (clip,)).fetchone() is None:
                raise AnnotationsError(f"The clip {clip} is unknown: open it first.")
            db.execute(
                "INSERT INTO marks (clip, annotator, kind, is_set, at) VALUES (?, ?, ?, ?, ?)",
                (clip, annotator, kind, is_set, now()),
            )

    def marks(self, annotator: str | None = None) -> list[Mark]:
        """Return what annotators have skipped and flagged, or what one has, in the order in which they did."""
        condition, values = sql.where(annotator=annotator)
        last = f"SELECT max(number) FROM marks{condition} GROUP BY clip, annotator, kind"
        query = (
            f"SELECT clip, annotator, kind, at FROM marks WHERE number IN ({last}) AND is_set ORDER BY number"
        )
        return [Mark(*row) for row in self._read(query, *values)]

    # ---- history

    def version(self) -> int:
        """Return a number that increases with every change of any label or mark by any process."""
        return self._read(
            "SELECT (SELECT coalesce(max(number), 0) FROM history) + (SELECT coalesce(max(number), 0) FROM marks)"
        )[0][0]

    def scored(self) -> int:
        """Return how many labels have scores. Scores may be added without a new `version`."""
        return self._read("SELECT count(scores) FROM labels")[0][0]

    def history(self, clip: str | None = None, annotator: str | None = None) -> list[Change]:
        """Return all changes, oldest first, or those of one clip or annotator."""
        condition, values = sql.where(clip=clip, annotator=annotator)
        changes: list[Change] = []
        latest: dict[str, Label | None] = {}
        for row in self._read(f"{sql.HISTORY}{condition} ORDER BY number", *values):
            change = sql.to_change(row, latest.get(row[4]))
            latest[row[4]] = change.after
            changes.append(change)
        return changes

    def undo(self, annotator: str) -> Change | None:
        """Undo an annotator's last change, however long ago it was made.

        Returns
        -------
        Change or None
            The change that undoing made: its `after` is None if the label no longer exists. None if there is nothing
            to undo.
        """
        return self._step(annotator, undone=False)

    def redo(self, annotator: str) -> Change | None:
        """Redo the change that was last undone; None if there is none or a newer change was made since."""
        return self._step(annotator, undone=True)

    def _step(self, annotator: str, *, undone: bool) -> Change | None:
        nearest = "min" if undone else "max"
        with self._transaction("redo" if undone else "undo") as db:
            query = f"SELECT {nearest}(number) FROM undo WHERE annotator = ? AND undone = ?"
            number = db.execute(query, (annotator, undone)).fetchone()[0]
            if number is None:
                return None
            change = sql.change_at(db, number)
            sql.restore(db, label_id=change.label.id, version=change.after if undone else change.before)
            db.execute("UPDATE undo SET undone = ? WHERE number = ?", (not undone, number))
            return sql.change_at(db, db.execute("SELECT max(number) FROM history").fetchone()[0])

    # ---- files

    def import_rows(self, rows: Iterable[Row], *, replace: bool = False) -> Imported:
        """Import the labels of files: all of them, or none if one is rejected.

        A label that is already stored with the same content, apart from its revision, is not stored again. A label
        without a time gets the current one. An import cannot be undone; the history keeps the labels it replaced.

        Parameters
        ----------
        rows : the labels with their clips
        replace : replace stored labels with the same id and different content, and other labels of the same annotator
            for the same whole clip

        Raises
        ------
        LabelError
            A label is not valid, or two contradict each other: see `Rows.add`.
        ConflictError
            A stored label would have to be replaced, and `replace` is False.
        """
        rows = Rows(rows, codes=self.choices.codes)
        counts: Counter[str] = Counter()
        with self._transaction("import") as db:
            for clip in {row.clip.hash: row.clip for row in rows}.values():
                stored = db.execute("SELECT * FROM clips WHERE hash = ?", (clip.hash,)).fetchone()
                sql.put_clip(db, sql.merge_clips(clip, Clip(*stored)) if stored else clip)
            for row in rows:
                counts[sql.import_label(db, row=row, may_replace=replace)] += 1
        return Imported(**counts)

    # ---- the database

    def _check_new(self, db: sqlite3.Connection, label: Label) -> None:
        if label.revision or db.execute("SELECT 1 FROM history WHERE id = ?", (label.id,)).fetchone():
            raise sql.missing_error(db, label)
        other = sql.other_whole_label(db, label)
        if other is not None:
            raise sql.conflict_error(db, stored=other, problem=sql.other_problem(other))
        if db.execute("SELECT 1 FROM clips WHERE hash = ?", (label.clip,)).fetchone() is None:
            raise AnnotationsError(f"The clip {label.clip} is unknown: open it first.")

    def _read(self, query: str, *values: object) -> list[tuple]:
        try:
            return self._connection().execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise AnnotationsError(f"Labels cannot be read from {self.path} ({error}): try again.") from error

    @contextmanager
    def _transaction(self, kind: str = "change") -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction: when it ends, either all of it is on disk or none."""
        if self.read_only:
            raise AnnotationsError(f"{self.path} is open read-only: open it for writing to change labels.")
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
                f"The change was not saved to {self.path} ({error}): free some space or close other programs, then try again."
            ) from error

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        db = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = schema.connect(self.path, read_only=self.read_only)
            with self._lock:
                self._connections.add(db)
        return db
