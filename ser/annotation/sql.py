"""SQL on the tables of labels: conversion of rows to labels and back, and the checks before a change."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

from ser.annotation.label import Change, Clip, Label, Row, now, scores_text
from ser.annotation.schema import COLUMNS, AnnotationsError

SELECT = f"SELECT {', '.join(COLUMNS)} FROM labels"
HISTORY = f"SELECT number, kind, at, gone, {', '.join(COLUMNS)} FROM history"
_INSERT = f"INSERT INTO labels ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_UPDATE = f"UPDATE labels SET {', '.join(f'{column} = ?' for column in COLUMNS)} WHERE id = ?"


class ConflictError(AnnotationsError):
    """A change to a label that was changed or deleted since the annotator last saw it.

    Attributes
    ----------
    stored : the label as it is stored now, or None if it was deleted
    annotator : the annotator who changed it, or None if unknown
    time : when it was changed, or None if unknown
    """

    def __init__(self, sentence: str, stored: Label | None, change: Change | None = None) -> None:
        super().__init__(sentence)
        self.stored = stored
        self.annotator = change.annotator if change else None
        self.time = change.time if change else None


def where(**filters: str | None) -> tuple[str, list[str]]:
    """Return a WHERE clause for the columns whose value is not None, and these values."""
    values = {column: value for column, value in filters.items() if value is not None}
    clause = " WHERE " + " AND ".join(f"{column} = ?" for column in values) if values else ""
    return clause, list(values.values())


def to_values(label: Label) -> tuple:
    """Return the row of a label in its table."""
    values = dict(zip(COLUMNS, astuple(label), strict=True))
    return tuple((values | {"scores": scores_text(label.scores)}).values())


def to_label(row: Sequence) -> Label:
    """Return the label of a row that `SELECT` gives."""
    values = dict(zip(COLUMNS, row, strict=True))
    scores = values["scores"]
    return Label(
        **(
            values
            | {"scores": None if scores is None else json.loads(scores), "final": bool(values["final"])}
        )
    )


def to_change(row: tuple, before: Label | None) -> Change:
    """Return the change of a row of the history, given the label before it."""
    number, kind, time, deleted, *values = row
    after = None if deleted else to_label(values)
    return Change(number, kind, values[COLUMNS.index("annotator")], time, before, after)


def change_at(db: sqlite3.Connection, number: int) -> Change:
    """Return the change with this number."""
    row = db.execute(f"{HISTORY} WHERE number = ?", (number,)).fetchone()
    earlier = db.execute(
        f"{HISTORY} WHERE id = ? AND number < ? ORDER BY number DESC LIMIT 1", (row[4], number)
    ).fetchone()
    return to_change(row, to_change(earlier, None).after if earlier else None)


def find_label(db: sqlite3.Connection, label_id: str) -> Label | None:
    """Return the stored label with this id, or None."""
    row = db.execute(f"{SELECT} WHERE id = ?", (label_id,)).fetchone()
    return to_label(row) if row else None


def other_whole_label(db: sqlite3.Connection, label: Label) -> Label | None:
    """Return the annotator's other label for the same whole clip, or the other final label of it; None if there is none."""
    if not label.whole:
        return None
    query = (
        f"{SELECT} WHERE clip = ? AND (final OR annotator = ?) AND final = ? AND start_s IS NULL AND id != ?"
    )
    row = db.execute(query, (label.clip, label.annotator, label.final, label.id)).fetchone()
    return to_label(row) if row else None


def last_change(db: sqlite3.Connection, label_id: str) -> Change | None:
    """Return the last change of a label; None if it was never stored."""
    row = db.execute("SELECT max(number) FROM history WHERE id = ?", (label_id,)).fetchone()
    return change_at(db, row[0]) if row[0] is not None else None


def check_unchanged(db: sqlite3.Connection, *, stored: Label, label: Label) -> None:
    """Raise `ConflictError` unless `label` is a change to the label as it is stored now."""
    both_final = stored.final and label.final  # another annotator may change a final label
    if (stored.clip, stored.final) != (label.clip, label.final) or not (
        both_final or stored.annotator == label.annotator
    ):
        raise conflict_error(
            db, stored=stored, problem=f"The label {label.id} belongs to {stored.annotator} and another clip"
        )
    if stored.revision != label.revision:
        raise conflict_error(db, stored=stored, problem="This label has changed in the meantime")
    other = other_whole_label(db, label)
    if other is not None:
        raise conflict_error(db, stored=other, problem=other_problem(other))


def other_problem(other: Label) -> str:
    """Return what is wrong with a second label for a whole clip, as a clause."""
    what = "given the final label of this clip" if other.final else "labelled this whole clip"
    return f"{other.annotator} has already {what}"


def conflict_error(db: sqlite3.Connection, *, stored: Label, problem: str) -> ConflictError:
    """Return the error with a problem, and with who changed the stored label and when."""
    change = last_change(db, stored.id)
    assert change is not None, "every write is recorded in the history"
    return ConflictError(
        f"{problem} (by {change.annotator} at {change.time}): review that label before you change it.",
        stored,
        change,
    )


def missing_error(db: sqlite3.Connection, label: Label) -> ConflictError:
    """Return the error for a change to a label that is not stored."""
    change = last_change(db, label.id)
    if change is None:
        return ConflictError("This label is not in this file: create it again.", None)
    return ConflictError(
        f"This label was deleted (by {change.annotator} at {change.time}): undo that or create it again.",
        None,
        change,
    )


def restore(db: sqlite3.Connection, *, label_id: str, version: Label | None) -> None:
    """Restore an earlier version of a label, or delete the label if `version` is None.

    The restored label gets a new revision, so it cannot be mistaken for the earlier one.
    """
    if version is None:
        delete_label(db, label_id)
    else:
        restored = replace(_with_late_scores(db, version), revision=next_revision(db, label_id))
        put_label(db, label=restored, new=find_label(db, label_id) is None)


def put_label(db: sqlite3.Connection, *, label: Label, new: bool) -> None:
    """Insert a new label, or replace the one with the same id."""
    if new:
        db.execute(_INSERT, to_values(label))
    else:
        db.execute(_UPDATE, (*to_values(label), label.id))


def attach_scores(db: sqlite3.Connection, label: Label) -> bool:
    """Store the scores of a label whose row has none yet, outside of the history; return whether they were stored."""
    # The triggers that write the history take its `kind` from this table: without a row they write nothing.
    db.execute("DELETE FROM doing")
    updated = db.execute(
        "UPDATE labels SET scores = ?, checkpoint = ? "
        "WHERE id = ? AND clip = ? AND start_s IS ? AND end_s IS ? AND scores IS NULL AND 'import' != "
        "(SELECT kind FROM history WHERE history.id = labels.id ORDER BY number DESC LIMIT 1)",
        (scores_text(label.scores), label.checkpoint, label.id, label.clip, label.start_s, label.end_s),
    )
    db.execute("INSERT INTO doing VALUES ('change')")
    return updated.rowcount == 1


def _with_late_scores(db: sqlite3.Connection, label: Label) -> Label:
    """Return a version of a label with the scores that arrived after it was written to the history, if any did."""
    if label.scores is not None:
        return label
    for table, order in (("labels", ""), ("history", " ORDER BY number DESC")):
        row = db.execute(
            f"SELECT scores, checkpoint FROM {table} "
            f"WHERE id = ? AND start_s IS ? AND end_s IS ? AND scores IS NOT NULL{order} LIMIT 1",
            (label.id, label.start_s, label.end_s),
        ).fetchone()
        if row:
            return replace(label, scores=json.loads(row[0]), checkpoint=row[1])
    return label


def delete_label(db: sqlite3.Connection, label_id: str) -> None:
    """Delete a label from the table; it stays in the history."""
    db.execute("DELETE FROM labels WHERE id = ?", (label_id,))


def next_revision(db: sqlite3.Connection, label_id: str) -> int:
    """Return a revision that no version of a label has had."""
    query = "SELECT coalesce(max(revision), 0) + 1 FROM history WHERE id = ?"
    return db.execute(query, (label_id,)).fetchone()[0]


def import_label(db: sqlite3.Connection, *, row: Row, may_replace: bool) -> str:
    """Import one label; return which count of `Imported` it belongs to."""
    label, stored = row.label, find_label(db, row.label.id)
    if not label.time:
        label = replace(label, time=stored.time if stored else now())
    if stored is not None and replace(stored, revision=0) == replace(label, revision=0):
        return "same"
    existing = [other for other in (stored, other_whole_label(db, label)) if other is not None]
    if existing and not may_replace:
        raise ConflictError(
            f"The label {label.id} of {label.annotator} for {row.clip.name} differs from the one in {_name(db)}: "
            "import with --replace to replace that one, or leave this one out.",
            existing[0],
            last_change(db, existing[0].id),
        )
    is_update = stored is not None and (stored.clip, stored.annotator, stored.final) == (
        label.clip,
        label.annotator,
        label.final,
    )
    for other in existing[is_update:]:
        delete_label(db, other.id)
    imported = replace(label, revision=max(label.revision, next_revision(db, label.id)))
    put_label(db, label=imported, new=not is_update)
    return "replaced" if existing else "new"


def _name(db: sqlite3.Connection) -> str:
    return Path(db.execute("PRAGMA database_list").fetchone()[2]).name


def merge_clips(stored: Clip, seen: Clip) -> Clip:
    """Return a stored clip updated with what is known about it now.

    A field that is not known now keeps its stored value; the source "sitting" does not replace a lasting one.
    """
    return Clip(
        stored.hash,
        seen.name,
        stored.duration_s if seen.duration_s is None else seen.duration_s,
        stored.source if seen.source == "sitting" else seen.source,
        stored.acted if seen.acted is None else seen.acted,
    )


def put_clip(db: sqlite3.Connection, clip: Clip) -> None:
    """Insert a clip, or replace the one with the same hash."""
    db.execute(
        "INSERT INTO clips VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET name = excluded.name, "
        "duration_s = excluded.duration_s, source = excluded.source, acted = excluded.acted",
        astuple(clip),
    )
