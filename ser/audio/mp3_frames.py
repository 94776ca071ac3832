"""Read the header of an MP3's frame, as ISO/IEC 11172-3 and 13818-3 lay it out."""

from typing import NamedTuple

RATES = (44_100, 48_000, 32_000)  # Hz, of MPEG-1; 2 has a half of them, 2.5 a quarter
RATE_SHIFTS = {3: 0, 2: 1, 0: 2}  # by the number that stands for MPEG-1, 2 and 2.5


class Mp3Frame(NamedTuple):
    """A frame of MPEG audio, layer III.

    Attributes
    ----------
    rate : sample rate in Hz
    samples : number of its samples
    tag : what stands where the header of Xing or LAME would; see `has_xing`
    """

    rate: int
    samples: int
    tag: bytes

    @property
    def has_xing(self) -> bool:
        """Whether the frame holds such a header, and so no sound of its own."""
        return self.tag.startswith((b"Xing", b"Info"))


def read_frame(data: bytes) -> Mp3Frame | None:
    """Return the frame that begins here; None if none does."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return None
    version, is_mono = data[1] >> 3 & 3, data[3] >> 6 == 3
    rate_index, bit_rate_index = data[2] >> 2 & 3, data[2] >> 4
    if version not in RATE_SHIFTS or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    is_mpeg_1 = version == 3
    side_bytes = (17 if is_mono else 32) if is_mpeg_1 else (9 if is_mono else 17)
    rate = RATES[rate_index] >> RATE_SHIFTS[version]
    return Mp3Frame(rate, 1152 if is_mpeg_1 else 576, data[4 + side_bytes :])
