"""Labels that annotators give to clips: storing them, exchanging them with other programs, comparing them.

Read `label` first: what a label is. `validation` says what it may hold. `store` keeps labels in an SQLite file,
with `schema` (its tables and versions) and `sql` (the statements) below it. `formats` exports and imports files.
`labelling_queue` holds the clips to be labelled, and `queue_order` which of them come first. `agreement` measures how far annotators agree, and
`agreement_report` puts that into words and JSON.
"""
