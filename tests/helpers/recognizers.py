"""Stand-ins for the network, for tests of what is around it."""

from types import SimpleNamespace

from ser.labels import LABELS

EVEN = dict.fromkeys(LABELS, 1 / 6)

# It hears each emotion as much as any other, in every sound.
EVEN_RECOGNIZER = SimpleNamespace(
    recognize=lambda sound: SimpleNamespace(scores=EVEN), checkpoint_id="0" * 64
)
