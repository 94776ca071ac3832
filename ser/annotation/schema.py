"""The SQLite file of labels: its tables, how it is opened, and which files are rejected."""

import sqlite3
import time
from pathlib import Path

from ser.errors import UserError

APPLICATION_ID = 0x454C4142  # "ELAB": marks the file as ours
BUSY_S = 30.0  # seconds that a writer waits for another one
_MAGIC = b"SQLite format 3\0"

_FIRST_COLUMNS = (
    *("id", "clip", "annotator", "emotion", "intensity", "confidence", "start_s", "end_s"),
    *("note", "time", "scores", "checkpoint", "revision"),
)
COLUMNS = (*_FIRST_COLUMNS, "final")
_FIELDS = """
  clip TEXT NOT NULL REFERENCES clips (hash),
  annotator TEXT NOT NULL,
  emotion TEXT NOT NULL,
  intensity INTEGER CHECK (intensity BETWEEN 1 AND 3),
  confidence INTEGER CHECK (confidence BETWEEN 1 AND 3),
  start_s REAL,
  end_s REAL,
  note TEXT NOT NULL,
  time TEXT NOT NULL,
  scores TEXT,  -- JSON: six numbers by label
  checkpoint TEXT,
  revision INTEGER NOT NULL
"""


def _record(event: str, side: str, gone: int, columns: tuple[str, ...] = _FIRST_COLUMNS) -> str:
    """Return a trigger that records every version of a label, whichever program changes it."""
    return f"""
CREATE TRIGGER history_of_{event} AFTER {event} ON labels BEGIN
  INSERT INTO history (kind, at, gone, {", ".join(columns)})
  SELECT kind, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), {gone}, {", ".join(f"{side}.{c}" for c in columns)}
  FROM doing;
END;"""


# Each step upgrades a file by one version: a file of version n has had the first n steps. SQLite stores the text of the
# statements, comments included, so a released step is never edited.
STEPS = (
    f"""
CREATE TABLE clips (
  hash TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  duration_s REAL,
  source TEXT NOT NULL,
  acted TEXT
);
CREATE TABLE labels (
  id TEXT PRIMARY KEY,
  {_FIELDS},
  CHECK ((start_s IS NULL AND end_s IS NULL) OR (start_s >= 0 AND end_s > start_s))
);
CREATE UNIQUE INDEX one_label_of_the_whole_clip ON labels (clip, annotator) WHERE start_s IS NULL;
CREATE INDEX labels_of_annotator ON labels (annotator, clip);

-- Every version of every label, the deleted ones too; the version before is the row before of the same id.
CREATE TABLE history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  gone INTEGER NOT NULL,  -- 1: deleted by this change
  id TEXT NOT NULL,
  {_FIELDS}
);
CREATE INDEX history_of_label ON history (id, number);
CREATE INDEX history_of_clip ON history (clip, number);

CREATE TABLE doing (kind TEXT NOT NULL);  -- what the transaction at work is; always one row
INSERT INTO doing VALUES ('change');
{_record("INSERT", "NEW", 0)}
{_record("UPDATE", "NEW", 0)}
{_record("DELETE", "OLD", 1)}
CREATE TRIGGER history_stays BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is kept'); END;
CREATE TRIGGER history_grows BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is kept'); END;
CREATE TRIGGER a_label_stays_where_it_is BEFORE UPDATE ON labels
WHEN NEW.id != OLD.id OR NEW.clip != OLD.clip OR NEW.annotator != OLD.annotator
BEGIN SELECT RAISE(ABORT, 'a label keeps its id, clip and annotator'); END;
""",
    """
-- What each annotator can undo (undone = 0) or make again (undone = 1), by the numbers of the changes.
CREATE TABLE undo (
  number INTEGER PRIMARY KEY REFERENCES history (number),
  annotator TEXT NOT NULL,
  clip TEXT NOT NULL,
  undone INTEGER NOT NULL
);
CREATE INDEX undo_of_annotator ON undo (annotator, undone, number);
INSERT INTO undo SELECT number, annotator, clip, 0 FROM history WHERE kind = 'change' ORDER BY number;
CREATE TRIGGER a_change_can_be_undone AFTER INSERT ON history WHEN NEW.kind = 'change' BEGIN
  DELETE FROM undo WHERE annotator = NEW.annotator AND undone = 1;
  INSERT INTO undo VALUES (NEW.number, NEW.annotator, NEW.clip, 0);
END;
-- What a file brought cannot be undone, nor can what lies beneath it on the same clip.
CREATE TRIGGER an_import_stays AFTER INSERT ON history WHEN NEW.kind = 'import' BEGIN
  DELETE FROM undo WHERE annotator = NEW.annotator AND clip = NEW.clip;
END;
""",
    f"""
-- Final labels: one for a whole clip, whoever gave it.
ALTER TABLE labels ADD COLUMN final INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN final INTEGER NOT NULL DEFAULT 0;
DROP INDEX one_label_of_the_whole_clip;
CREATE UNIQUE INDEX one_label_of_the_whole_clip ON labels (clip, annotator) WHERE start_s IS NULL AND final = 0;
CREATE UNIQUE INDEX one_final_label_of_the_whole_clip ON labels (clip) WHERE start_s IS NULL AND final = 1;
DROP TRIGGER history_of_INSERT;
DROP TRIGGER history_of_UPDATE;
DROP TRIGGER history_of_DELETE;
{_record("INSERT", "NEW", 0, (*_FIRST_COLUMNS, "final"))}
{_record("UPDATE", "NEW", 0, (*_FIRST_COLUMNS, "final"))}
{_record("DELETE", "OLD", 1, (*_FIRST_COLUMNS, "final"))}
DROP TRIGGER a_label_stays_where_it_is;
CREATE TRIGGER a_label_stays_where_it_is BEFORE UPDATE ON labels
WHEN NEW.id != OLD.id OR NEW.clip != OLD.clip OR NEW.final != OLD.final
  OR (NEW.annotator != OLD.annotator AND OLD.final = 0)
BEGIN SELECT RAISE(ABORT, 'a label keeps its id, clip and annotator'); END;
-- Who changes the final label of another decides: the other one cannot undo that by undoing their own.
CREATE TRIGGER a_final_label_has_one_author AFTER UPDATE ON labels
WHEN NEW.annotator != OLD.annotator BEGIN
  DELETE FROM undo WHERE annotator = OLD.annotator
    AND number IN (SELECT number FROM history WHERE id = NEW.id);
END;
-- What an annotator says about a clip besides a label: skipped or flagged. The last entry of a kind counts.
CREATE TABLE marks (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  clip TEXT NOT NULL REFERENCES clips (hash),
  annotator TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('skipped', 'flagged')),
  is_set INTEGER NOT NULL,
  at TEXT NOT NULL
);
CREATE INDEX marks_of_clip ON marks (clip, annotator, kind, number);
CREATE TRIGGER marks_stay BEFORE UPDATE ON marks BEGIN SELECT RAISE(ABORT, 'marks are kept'); END;
CREATE TRIGGER marks_grow BEFORE DELETE ON marks BEGIN SELECT RAISE(ABORT, 'marks are kept'); END;
""",
)
VERSION = len(STEPS)
FINAL_VERSION = 3  # the first with final labels and marks
# An older file that must not be changed is read through these, which are in memory.
_OLD_VIEWS = """
CREATE TEMP VIEW labels AS SELECT *, 0 AS final FROM main.labels;
CREATE TEMP VIEW history AS SELECT *, 0 AS final FROM main.history;
CREATE TEMP VIEW marks AS SELECT 0 AS number, '' AS clip, '' AS annotator, '' AS kind, 0 AS is_set, '' AS at WHERE 0;
"""


class AnnotationsError(UserError):
    """The label file cannot be used, or a change cannot be saved to it."""


class _Connection(sqlite3.Connection):
    """A connection that supports weak references, so that it is closed when its thread ends."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a file that passed `prepare` or `check`; the caller begins and ends transactions."""
    db = _open(path, "ro" if read_only else "rw")
    if read_only and db.execute("PRAGMA user_version").fetchone()[0] < FINAL_VERSION:
        db.executescript(_OLD_VIEWS)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")  # an acknowledged label survives a power cut
    return db


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,  # the last thread that ends closes the connections of all
        factory=_Connection,
    )


def prepare(path: Path) -> None:
    """Create the file or upgrade an older one; raise `AnnotationsError` if it is not a label file."""
    if not path.parent.is_dir():
        raise AnnotationsError(
            f"The folder {path.parent} does not exist: create it first or choose another file."
        )
    if path.exists():
        _version(path)
    try:
        db = _open(path, "rwc")
        try:
            _use_wal(db)
            _migrate(db)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise AnnotationsError(
            f"Labels cannot be saved to {path} ({error}): choose a file in a writable folder."
        ) from error


def check(path: Path) -> int:
    """Return the version of a file without changing it; raise `AnnotationsError` if it is not a label file."""
    version = _version(path)
    if version == 0:
        raise AnnotationsError(f"{path} is empty: label a clip first or check the file name.")
    return version


def _version(path: Path) -> int:
    if not path.is_file():
        raise AnnotationsError(f"There is no label file {path}: check the file name.")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise AnnotationsError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
    if magic == b"":
        return 0
    if magic != _MAGIC:
        raise AnnotationsError(f"{path} is not a label file: choose another one. The file was not changed.")
    try:
        return _database_version(path)
    except sqlite3.DatabaseError as error:
        raise AnnotationsError(
            f"{path} is damaged ({error}): restore a copy of it or choose another file. The file was not changed."
        ) from error


def _database_version(path: Path) -> int:
    db = _open(path, "ro")
    try:
        result = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise sqlite3.DatabaseError(result)
        application_id = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    finally:
        db.close()
    if application_id != APPLICATION_ID and not (empty and application_id == 0 and version == 0):
        raise AnnotationsError(
            f"{path} is a database of another program: choose another file. The file was not changed."
        )
    if version > VERSION:
        raise AnnotationsError(
            f"{path} was written by a newer Emotion Listener (file version {version}, this app supports up to "
            f"{VERSION}): update the app. The file was not changed."
        )
    return version


def _use_wal(db: sqlite3.Connection) -> None:
    # Switching to WAL ignores the timeout of the connection, so wait for other processes here.
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _migrate(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    db.execute("PRAGMA synchronous = FULL")
    db.execute("BEGIN IMMEDIATE")  # another process may have upgraded the file by now: read the version again
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        for number, step in enumerate(STEPS[version:], version + 1):
            for statement in _statements(step):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """Split a script into statements; `executescript` would commit the transaction first."""
    statements, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            statements.append(statement)
            statement = ""
    return statements
