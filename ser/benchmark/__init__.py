"""Benchmarks: how fast the project is, alone, next to others and under load.

`speed` compares it with the published notebook; what both sides do is in `tasks`, side by side. `pretrained` compares
it with networks of the size of wav2vec 2.0. `load_test` lets many users use the app at once and checks every answer,
and `memory` watches the app meanwhile. `workers` holds what these share.
"""
