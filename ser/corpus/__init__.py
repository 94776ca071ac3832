"""The CREMA-D data set: how its clips are fetched, named, split by actor and turned into features.

Read `crema_d` first: the names of clips, the table of clips (`Corpus`) and splits in which no actor is in two parts.
`votes` says what most listeners heard, `scan` finds silent and duplicate files. `download` fetches the clips through
`git_lfs`; `prepare` writes a log-mel file, and a picture if asked, for every clip. `known` reads the names of other corpora.
"""
