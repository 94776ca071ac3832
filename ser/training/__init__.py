"""Training: from the clips of CREMA-D to a checkpoint.

Read `recipes` first (what can be trained, with which numbers), then `run` (a run from start to checkpoint).
`data` says what each recipe learns from. For the published network that is prepared files, see `batches`; for the
others it is waveforms (`waveform_cache`), distorted by `augment`, and for `voices` grouped by speaker
(`speaker_batches`). A step is in `trainer`; that of `voices` is in `speaker_trainer`, with the optimiser in `muon`.
`distilled` trains a network of `voices` further (`start`) with the scores of a `teacher`.
"""
