"""Draw a log-mel spectrogram as a PNG file."""

import functools
import os
import struct
import zlib

import numpy as np

from ser.util.files import write_atomically

PNG_SIZE = 600  # pixels, both ways: the notebook's figure of 6 x 6 inches at 100 dpi
PNG_COMPRESS_LEVEL = 1  # 34 kB, as at 6, in half the time
PALETTE_COLOURS, FILTER_UP = 3, 2  # the standard's numbers of the two


def render_png(log_mel: np.ndarray, cmap: str = "magma") -> bytes:
    """Return the picture of a log-mel as the bytes of a 600 x 600 PNG, low frequencies at the bottom.

    The picture that `librosa.display.specshow` fills a figure with: a rectangle of one colour for each
    band and frame, the clip's minimum and maximum at the ends of the colour map; no axes, no border.

    Parameters
    ----------
    log_mel : (1, 128, frames) or (128, frames)
    cmap : name of a matplotlib colour map; specshow's own choice for standardised data is "coolwarm"

    Raises
    ------
    ValueError : for a colour map that matplotlib does not know
    """
    cells = log_mel.reshape(log_mel.shape[-2:])
    low, high = float(cells.min()), float(cells.max())
    # 256 steps of equal width, as matplotlib divides them; a constant clip takes the lowest colour.
    steps = (cells - low) * (256 / (high - low) if high > low else 0.0)
    levels = steps.astype(np.int32).clip(0, 255).astype(np.uint8)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", PNG_SIZE, PNG_SIZE, 8, PALETTE_COLOURS, 0, 0, 0)),
        (b"PLTE", _palette(cmap)),
        (b"IDAT", zlib.compress(_scan_lines(levels), PNG_COMPRESS_LEVEL)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def save_png(log_mel: np.ndarray, *, path: str | os.PathLike, cmap: str = "magma") -> None:
    """Write the picture that `render_png` draws; the file is there whole or not at all."""
    picture = render_png(log_mel, cmap)
    with write_atomically(path) as file:
        file.write(picture)


def _scan_lines(levels: np.ndarray) -> bytes:
    """Return the rows of pixels, lowest band last, each behind the number of its filter (PNG, section 9).

    Every band is four or five rows high. Filter "up" makes of a row that repeats the one above nothing but
    zeros, so that there is a quarter to compress, and in half the time that an imaging library takes.
    """
    rows, columns = _cell_of_pixel(levels.shape[0])[::-1], _cell_of_pixel(levels.shape[1])
    new = np.append(True, rows[1:] != rows[:-1])
    lines = np.zeros((PNG_SIZE, 1 + PNG_SIZE), np.uint8)
    lines[~new, 0] = FILTER_UP
    lines[new, 1:] = levels[rows[new]][:, columns]
    return lines.tobytes()


def _cell_of_pixel(cells: int) -> np.ndarray:
    """Return, for each of the 600 pixels along an axis, the cell that covers its centre."""
    return ((np.arange(PNG_SIZE) + 0.5) * cells / PNG_SIZE).astype(np.intp)


@functools.cache
def _palette(cmap: str) -> bytes:
    """Return the 256 colours of a matplotlib colour map as R, G, B bytes."""
    from matplotlib import colormaps  # a few tenths of a second that scoring need not pay

    if cmap not in colormaps:
        raise ValueError(f"there is no colour map {cmap!r}: use magma, coolwarm or another one of matplotlib")
    return colormaps[cmap](np.arange(256), bytes=True)[:, :3].tobytes()
