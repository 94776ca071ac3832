#!/usr/bin/env bash
# Guess: log_loss(truth, scores, labels=[...]) and brier_score_loss say with "labels" which column is which
# emotion.
# What happens: columns are always taken in alphabetical order, whatever order "labels" has. Good scores in the
# order neu, hap, sad get a loss of 2.8 instead of 0.03. There is a warning, which a script that silences
# warnings never shows.
# Who meets it: scores of models whose emotions are not in alphabetical order, as in most models trained on four
# classes.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile scikit-learn==1.9.1 numpy==2.4.6
env/bin/python - <<'END'

import numpy as np, sklearn, warnings
from sklearn.metrics import brier_score_loss, log_loss
truth = labels = ["neu", "hap", "sad"]
scores = np.full((3, 3), 0.015) + np.eye(3) * 0.955  # each column the emotion of its place in `labels`
order = np.argsort(labels)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    seen = log_loss(truth, scores, labels=labels), brier_score_loss(truth, scores, labels=labels)
right = log_loss(truth, scores[:, order]), brier_score_loss(truth, scores[:, order])
print("scikit-learn", sklearn.__version__)
print("expected: log loss and Brier score of", [round(value, 3) for value in right], "Seen:", [round(value, 3) for value in seen])
print("warnings:", len(said))
assert seen[0] > 2 and seen[1] > 1 and right[0] < 0.1 and right[1] < 0.1 and said
END
