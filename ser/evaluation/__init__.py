"""How good a network is: scores of a data set's clips, and what they show.

Read `evaluate` first: it scores the clips of a split along the app's path. `predictions` keeps those scores in
predictions.csv, `metrics` turns them into figures and `bootstrap` gives the figures intervals. `clip_table`, `results`
and `comparison` are what the Data set and Results tabs show. `crowd` compares with listeners, `conditions` with other
microphones and rooms, `enrolment_regimes` with voices enrolled from a few takes, and `explain_check` tests the
explanations. `release` runs what a checkpoint needs to be published.
"""
