#!/usr/bin/env bash
# From an empty folder to the released networks: every command of the model card, in order.
#
#   bash docs/release.sh DIR    fetches CREMA-D into DIR, trains the networks under runs/ and releases them there
#
# Nearly all of the time is the second training: about ten hours on two cores without units for bf16, by the time of its first steps. A run that was
# stopped continues where it was: start the script again.
set -euo pipefail
data=${1:?name the folder for CREMA-D: bash docs/release.sh DIR}

# The clips, each verified by its SHA-256, and how their actors are split: nobody is in two parts.
python -m ser download --out "$data"
python -m ser split --data "$data"

# The baseline: the notebook's network, trained plainly. Then ours, trained for voices that become known.
python -m ser train --data "$data" --network published --epochs 32 --out runs/published --resume
python -m ser train --data "$data" --network voices --seed 2 --out runs/emotion --resume

# The head of the wide network, on an encoder of others that is fetched once.
python -m ser wide install
python -m ser train --data "$data" --network wide --seed 1 --precision bf16 --encoded runs/encoded --out runs/wide --resume

# Calibrate on validation, fit how strong a clip sounds to the crowd's ratings, score the test split once, and write the checkpoint folders.
python -m ser release --data "$data" --run runs/published --out runs/checkpoints/published
python -m ser release --data "$data" --run runs/emotion --out runs/checkpoints/emotion
python -m ser release --data "$data" --run runs/wide --out runs/checkpoints/wide

# The figures of the model card.
for network in published emotion wide; do
  for split in val test; do
    python -m ser evaluate --data "$data" --checkpoint "runs/checkpoints/$network" --split "$split"
  done
done
for network in emotion wide; do
  for known in none takes prompted same neutral; do
    python -m ser evaluate --data "$data" --checkpoint "runs/checkpoints/$network" --split test --profile "$known"
  done
done
for network in emotion wide; do
  python -m ser evaluate --data "$data" --checkpoint "runs/checkpoints/$network" --conditions
done
python -m ser explain --data "$data" --checkpoint runs/checkpoints/emotion
