"""The CREMA-D data set: how its clips are fetched, named, split by actor and turned into features.

Read `crema_d` first: the table of clips (`Corpus`). `clip_names` reads the names of CREMA-D's clips, `known` those of other
corpora, and `layout` finds the clips in a folder. `splits` deals actors to training, validation and test, so that none is in
two parts. `votes` says what most listeners heard, `scan` finds silent and duplicate files. `download` fetches the clips
through `git_lfs`, and `unpack` takes them out of Parquet files; `prepare` writes a log-mel file, and a picture if asked, for
every clip, and `provenance` what they were made from.
"""
