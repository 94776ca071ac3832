"""What all runtimes of a network have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ser.network.inputs import Inputs
from ser.network.scales import Scales


class Runtime(Protocol):
    """Computes the logits of windows. Threads may share it."""

    def inputs(self, windows: Sequence[np.ndarray]) -> Inputs:
        """Return what the network reads of windows of up to 3.0 s: samples (n,) float32 each, mono, 16 kHz."""

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Return the logits of n windows.

        Returns
        -------
        (n, 6) float32, or (n, 12) for networks with a second head: the second six predict the listeners' votes
        """

    def embed(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits, and the embeddings (n, size) float32 that they are computed from."""

    def with_scales(self, scales: Scales) -> Runtime:
        """Return a runtime of the same network with other scales of its convolutions.

        Raises
        ------
        ForeignScalesError
            if the network does not have these convolutions
        """
