"""The CREMA-D data set: how its clips are fetched, named, split by actor and turned into features.

Read `crema_d` first: the names of clips and the table of clips (`Corpus`). `splits` deals actors to training, validation and
test, so that none is in two parts. `votes` says what most listeners heard, `scan` finds silent and duplicate files. `download`
fetches the clips through `git_lfs`; `prepare` writes a log-mel file, and a picture if asked, for every clip, and `provenance`
what they were made from. `known` reads the names of other corpora.
"""
