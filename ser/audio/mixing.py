"""Mix channels to mono, unless they cancel each other."""

import numpy as np

CANCELLED = (
    0.1  # of the power that the mean of unrelated channels has; two channels then correlate below -0.9
)


class Mix:
    """Averages channels block by block, and notices channels of opposite phase, whose average is nearly silent.

    A cable or an interface that inverts one of two channels makes such recordings. One channel alone is then right.

    Parameters
    ----------
    chosen : the channel to take instead of the average, by number of channels
    """

    def __init__(self, chosen: dict[int, int] | None = None) -> None:
        self._chosen = chosen or {}
        self._moments: dict[int, np.ndarray] = {}  # by number of channels, see `_moments_of`

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Return a block of float32 (frames, channels) as (frames,)."""
        n_channels = block.shape[1]
        if n_channels == 1:
            return block[:, 0]
        if n_channels in self._chosen:
            return np.ascontiguousarray(block[:, self._chosen[n_channels]])
        # NumPy's mean over two columns takes six times as long.
        mono = (block[:, 0] + block[:, 1]) * np.float32(0.5) if n_channels == 2 else block.mean(axis=1)
        moments = _moments_of(np.column_stack([block, mono]))
        self._moments[n_channels] = self._moments.get(n_channels, 0) + moments
        return mono

    def running(self, block: np.ndarray) -> np.ndarray:
        """Return a block (frames, channels) as (frames,), with the loudest channel alone if they cancel so far.

        For sound that arrives piece by piece and cannot be read a second time.
        """
        mono = self(block)
        loudest = self.cancelled.get(block.shape[1]) if len(block) else None
        return mono if loudest is None else np.ascontiguousarray(block[:, loudest])

    @property
    def cancelled(self) -> dict[int, int]:
        """The loudest channel by number of channels, for the numbers of channels where they cancel each other."""
        return {
            n_channels: int(np.argmax(powers[:-1]))
            for n_channels, (n, sums, squares) in self._moments.items()
            if n.all()
            and (powers := squares / n - (sums / n) ** 2)[-1] < CANCELLED * powers[:-1].sum() / n_channels**2
        }


def _moments_of(columns: np.ndarray) -> np.ndarray:
    """Return how many values each column has, their sum and the sum of their squares: (3, columns) float64."""
    ones = np.ones(len(columns), np.float32)
    return np.array(
        [np.full(columns.shape[1], len(columns)), ones @ columns, np.einsum("ij,ij->j", columns, columns)]
    )
