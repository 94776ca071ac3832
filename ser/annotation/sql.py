"""Statements over the tables of labels: rows to labels and back, and what must be true before a change."""

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
    """A change of a label that is not as the annotator saw it.

    Attributes
    ----------
    stored : the label that is kept now; None where it is deleted
    annotator : who changed it, or None where nobody is known to have
    time : when, or None
    """

    def __init__(self, sentence: str, stored: Label | None, change: Change | None = None) -> None:
        super().__init__(sentence)
        self.stored = stored
        self.annotator = change.annotator if change else None
        self.time = change.time if change else None


def where(**wanted: str | None) -> tuple[str, list[str]]:
    """Return a WHERE clause for the columns that are given, and its values."""
    given = {column: value for column, value in wanted.items() if value is not None}
    return (" WHERE " + " AND ".join(f"{column} = ?" for column in given) if given else ""), list(
        given.values()
    )


def to_values(label: Label) -> tuple:
    """Return a label as a row of its table."""
    values = dict(zip(COLUMNS, astuple(label), strict=True))
    return tuple((values | {"scores": scores_text(label.scores)}).values())


def to_label(row: Sequence) -> Label:
    """Return a row of `SELECT` as a label."""
    values = dict(zip(COLUMNS, row, strict=True))
    scores = values["scores"]
    return Label(**(values | {"scores": None if scores is None else json.loads(scores)}))


def to_change(row: tuple, before: Label | None) -> Change:
    """Return a row of the history as a change, given what the label was before."""
    number, kind, time, is_gone, *values = row
    after = None if is_gone else to_label(values)
    return Change(number, kind, values[COLUMNS.index("annotator")], time, before, after)


def change_at(db: sqlite3.Connection, number: int) -> Change:
    """Return the change of a number."""
    row = db.execute(f"{HISTORY} WHERE number = ?", (number,)).fetchone()
    earlier = db.execute(
        f"{HISTORY} WHERE id = ? AND number < ? ORDER BY number DESC LIMIT 1", (row[4], number)
    ).fetchone()
    return to_change(row, to_change(earlier, None).after if earlier else None)


def find(db: sqlite3.Connection, label_id: str) -> Label | None:
    """Return the label that is kept under an id."""
    row = db.execute(f"{SELECT} WHERE id = ?", (label_id,)).fetchone()
    return to_label(row) if row else None


def whole_label(db: sqlite3.Connection, label: Label) -> Label | None:
    """Return the annotator's label for the whole clip, if a second one would stand beside it."""
    if not label.whole:
        return None
    query = f"{SELECT} WHERE clip = ? AND annotator = ? AND start_s IS NULL AND id != ?"
    row = db.execute(query, (label.clip, label.annotator, label.id)).fetchone()
    return to_label(row) if row else None


def last_change(db: sqlite3.Connection, label_id: str) -> Change | None:
    """Return the last change of a label; None for one that was never kept."""
    row = db.execute("SELECT max(number) FROM history WHERE id = ?", (label_id,)).fetchone()
    return change_at(db, row[0]) if row[0] is not None else None


def check_same(db: sqlite3.Connection, *, stored: Label, label: Label) -> None:
    """Raise `ConflictError` unless a change of a stored label is of what is stored."""
    if (stored.clip, stored.annotator) != (label.clip, label.annotator):
        raise conflict(
            db, stored=stored, what=f"The label {label.id} belongs to {stored.annotator} and another clip"
        )
    if stored.revision != label.revision:
        raise conflict(db, stored=stored, what="This label was changed meanwhile")
    other = whole_label(db, label)
    if other is not None:
        raise conflict(db, stored=other, what=f"{label.annotator} labelled this whole clip already")


def conflict(db: sqlite3.Connection, *, stored: Label, what: str) -> ConflictError:
    """Return the error that says by whom and when a label was changed."""
    change = last_change(db, stored.id)
    assert change is not None, "each write is kept in the history"
    return ConflictError(
        f"{what} (by {change.annotator} at {change.time}): look at it again, then change that.",
        stored,
        change,
    )


def gone(db: sqlite3.Connection, label: Label) -> ConflictError:
    """Return the error for a change of a label that is not there."""
    change = last_change(db, label.id)
    if change is None:
        return ConflictError("This label is not in this file: give it anew.", None)
    return ConflictError(
        f"This label was deleted (by {change.annotator} at {change.time}): undo that, or give it anew.",
        None,
        change,
    )


def restore(db: sqlite3.Connection, *, label_id: str, wanted: Label | None) -> None:
    """Make a label what it was; its revision rises all the same, so that nobody takes it for the one before."""
    if wanted is None:
        delete(db, label_id)
    else:
        risen = replace(_with_late_scores(db, wanted), revision=next_revision(db, label_id))
        keep(db, label=risen, new=find(db, label_id) is None)


def keep(db: sqlite3.Connection, *, label: Label, new: bool) -> None:
    """Insert a label, or put it in the place of the one with its id."""
    if new:
        db.execute(_INSERT, to_values(label))
    else:
        db.execute(_UPDATE, (*to_values(label), label.id))


def attach_scores(db: sqlite3.Connection, label: Label) -> bool:
    """Store the scores of a label whose row has none yet, outside of the history; return whether it took them."""
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


def delete(db: sqlite3.Connection, label_id: str) -> None:
    """Delete a label; the history keeps it."""
    db.execute("DELETE FROM labels WHERE id = ?", (label_id,))


def next_revision(db: sqlite3.Connection, label_id: str) -> int:
    """Return a revision that no version of a label had yet."""
    query = "SELECT coalesce(max(revision), 0) + 1 FROM history WHERE id = ?"
    return db.execute(query, (label_id,)).fetchone()[0]


def import_label(db: sqlite3.Connection, *, row: Row, may_replace: bool) -> str:
    """Take one label over; return which count of `Imported` it adds to."""
    label, stored = row.label, find(db, row.label.id)
    if not label.time:
        label = replace(label, time=stored.time if stored else now())
    if stored is not None and replace(stored, revision=0) == replace(label, revision=0):
        return "same"
    in_the_way = [found for found in (stored, whole_label(db, label)) if found is not None]
    if in_the_way and not may_replace:
        raise ConflictError(
            f"The label {label.id} of {label.annotator} for {row.clip.name} is another one in {_name(db)}: "
            "import with --replace to take the file's, or leave it out.",
            in_the_way[0],
            last_change(db, in_the_way[0].id),
        )
    movable = stored is not None and (stored.clip, stored.annotator) == (label.clip, label.annotator)
    for found in in_the_way[movable:]:
        delete(db, found.id)
    risen = replace(label, revision=max(label.revision, next_revision(db, label.id)))
    keep(db, label=risen, new=not movable)
    return "replaced" if in_the_way else "new"


def _name(db: sqlite3.Connection) -> str:
    return Path(db.execute("PRAGMA database_list").fetchone()[2]).name


def merged(known: Clip, seen: Clip) -> Clip:
    """Return what is known of a clip that is seen again; a lasting source is not given up for a passing one."""
    return Clip(
        known.hash,
        seen.name,
        known.duration_s if seen.duration_s is None else seen.duration_s,
        known.source if seen.source == "sitting" else seen.source,
        known.acted if seen.acted is None else seen.acted,
    )


def keep_clip(db: sqlite3.Connection, clip: Clip) -> None:
    """Insert a clip, or put it in the place of the one with its hash."""
    db.execute(
        "INSERT INTO clips VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET name = excluded.name, "
        "duration_s = excluded.duration_s, source = excluded.source, acted = excluded.acted",
        astuple(clip),
    )
