#!/usr/bin/env bash
# Guess: a table whose labels are not in its scheme is refused when the database is loaded, as Column.set()
# refuses them.
# What happens: in a CSV table, a label that the scheme does not know becomes "no label" without a word, so a
# corpus shrinks by every word that somebody added by hand. A number beyond the scheme's maximum stays, although
# set() refuses it.
# Who meets it: whoever adds labels to a published database in a spreadsheet, or writes db.*.csv with another
# program.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile audformat==1.4.3 pandas==3.1.1 numpy==2.4.6
env/bin/python - <<'END'

import audformat
from pathlib import Path
db = audformat.Database("corpus")
db.schemes["emotion"] = audformat.Scheme(labels=["anger", "sadness"])
db.schemes["intensity"] = audformat.Scheme("int", minimum=1, maximum=3)
db["table"] = audformat.Table(audformat.filewise_index(["a.wav", "b.wav"]))
for name, values in {"emotion": ["anger", "sadness"], "intensity": [1, 3]}.items():
    db["table"][name] = audformat.Column(scheme_id=name)
    db["table"][name].set(values)
refused = []
for name, values in {"emotion": ["joy", "sadness"], "intensity": [9, 3]}.items():
    try:
        db["table"][name].set(values)
    except ValueError:
        refused.append(name)
db.save("db", storage_format="csv")
table = Path("db/db.table.csv")
table.write_text(table.read_text().replace("a.wav,anger,1", "a.wav,joy,9"))
loaded = audformat.Database.load("db")["table"].get()
print("audformat", audformat.__version__, "- set() refuses:", refused)
print("expected: load() refuses joy and 9, too. Seen:", loaded.to_dict("list"))
assert refused == ["emotion", "intensity"]
assert loaded["emotion"].isna().tolist() == [True, False] and loaded["intensity"].tolist() == [9, 3]
END
