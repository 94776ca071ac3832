#!/usr/bin/env bash
# Guess: a weighted kappa of words has no order to go by, so it is refused, as krippendorff refuses it.
# What happens: scikit-learn's cohen_kappa_score weighs by the alphabet: HI, LO, MD. Calling a low intensity
# "high" then counts as a smaller error than calling it "medium", and nothing is said. The value falls from 0.81
# to 0.44; with labels=["LO", "MD", "HI"] it is right.
# Who meets it: whoever computes the agreement about intensity, which CREMA-D writes as LO, MD and HI in its
# file names.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile scikit-learn==1.9.1 krippendorff==0.9.0 numpy==2.4.6
env/bin/python - <<'END'

import krippendorff, sklearn
from sklearn.metrics import cohen_kappa_score
first = ["LO", "MD", "HI", "LO", "MD", "HI", "LO"]
second = ["LO", "MD", "HI", "MD", "HI", "HI", "LO"]  # only neighbours are confused
by_alphabet = cohen_kappa_score(first, second, weights="quadratic")
by_order = cohen_kappa_score(first, second, weights="quadratic", labels=["LO", "MD", "HI"])
try:
    krippendorff.alpha(reliability_data=[first, second], level_of_measurement="ordinal")
    refused = False
except ValueError:
    refused = True
print("scikit-learn", sklearn.__version__)
print("expected: an error, or about 0.8. Seen:", round(by_alphabet, 3), "and with labels in order", round(by_order, 3))
print("krippendorff 0.9.0 refuses words without an order:", refused)
assert round(by_alphabet, 3) == 0.444 and round(by_order, 3) == 0.806 and refused
END
