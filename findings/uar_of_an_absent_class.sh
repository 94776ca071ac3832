#!/usr/bin/env bash
# Guess: unweighted average recall, macro-averaged recall and "balanced accuracy" are three names of one number.
# What happens: where the network answers with an emotion that nobody acted in these clips, scikit-learn's
# recall_score counts that emotion as a recall of 0, balanced_accuracy_score leaves it out, and audmetric counts
# every label it was given, present or not. One list of answers has the UAR 0.375, 0.5 or 0.75.
# Who meets it: anybody who scores a six-emotion network on a corpus of four emotions, and compares the figure
# with a paper's.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile audmetric==1.4.2 scikit-learn==1.9.1 numpy==2.4.6
env/bin/python - <<'END'

import warnings
import audmetric, sklearn
from sklearn.metrics import balanced_accuracy_score, recall_score
warnings.simplefilter("ignore")
acted = ["ANG", "ANG", "SAD", "SAD"]
answer = ["ANG", "HAP", "SAD", "SAD"]
four = ["ANG", "FEA", "HAP", "SAD"]
seen = {
    "balanced_accuracy_score": balanced_accuracy_score(acted, answer),
    "recall_score, macro": recall_score(acted, answer, average="macro"),
    "audmetric UAR": audmetric.unweighted_average_recall(acted, answer),
    "audmetric UAR, labels of the network": audmetric.unweighted_average_recall(acted, answer, labels=four),
}
print("scikit-learn", sklearn.__version__, "audmetric", audmetric.__version__)
print("expected: one number. Seen:")
for name, value in seen.items():
    print(f"  {value:.3f}  {name}")
assert [round(value, 3) for value in seen.values()] == [0.75, 0.5, 0.5, 0.375]
END
