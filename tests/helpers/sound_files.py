"""Sound files of every format, written at test time."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from ser.audio.reading import SAMPLE_RATE


def chirp(duration_s: float = 2.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Return a sweep from 200 to 3000 Hz, whose autocorrelation shows any shift in time."""
    t = np.arange(int(duration_s * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * t + 1400 / duration_s * t**2))).astype(np.float32)


def click(at_s: float = 1.0, duration_s: float = 3.0, rate: int = 48_000) -> np.ndarray:
    """Return faint noise with one loud click whose middle is at a known time."""
    sound = np.random.default_rng(0).normal(0, 0.001, round(duration_s * rate))
    t = np.arange(round(0.004 * rate)) / rate
    start = round(at_s * rate) - len(t) // 2
    sound[start : start + len(t)] += 0.8 * np.cos(2 * np.pi * 2000 * (t - 0.002)) * np.hanning(len(t))
    return sound.astype(np.float32)


def clicks_s(samples: np.ndarray, rate: int = SAMPLE_RATE) -> list[float]:
    """Return the times of the clicks in sound, to a millisecond."""
    loud = np.flatnonzero(np.abs(samples) > 0.2)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > rate // 20) + 1)
    return [round(float(group[np.abs(samples[group]).argmax()] / rate), 3) for group in groups if len(group)]


def encode(
    path: Path, codec: str, sound: np.ndarray, rate: int = 48_000, *, source_rate: int = SAMPLE_RATE,
    codec_options: dict[str, str] | None = None, **options: str,
) -> Path:  # fmt: skip
    """Write sound (n,) or (n, channels), by default at 16 kHz, with PyAV, as a phone or a browser would."""
    channels = np.atleast_2d(soxr.resample(sound, source_rate, rate).T)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), "fltp", layout)
    frame.sample_rate, frame.pts = rate, 0
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, options=codec_options or {})
        size = stream.codec_context.frame_size or 1024
        convert = av.AudioResampler(stream.codec_context.format, layout, rate, frame_size=size)
        for piece in [*convert.resample(frame), *convert.resample(None), None]:
            container.mux(stream.encode(piece))
    return path


def remux(
    source: Path,
    target: Path,
    *,
    shift_s: Callable[[float], float | None],
    order_too: bool = True,
    **options: str,
) -> Path:
    """Copy the packets of a sound file with other time stamps.

    Each becomes `shift_s(time)` later, or is left out where that is None. `order_too` says whether the stamps for
    decoding follow.
    """
    with av.open(str(source)) as read, av.open(str(target), "w", options=options) as written:
        stream = written.add_stream_from_template(read.streams.audio[0])
        for packet in read.demux(read.streams.audio[0]):
            if packet.dts is None:
                continue
            later_s = shift_s(float(packet.pts * packet.time_base))
            if later_s is not None:
                packet.pts += round(later_s / packet.time_base)
                packet.dts = packet.pts if order_too else packet.dts
                packet.stream = stream
                written.mux(packet)
    return target


def write(path: Path, sound: np.ndarray) -> Path:
    """Write samples in the format of the file name's extension."""
    fast_start = {"movflags": "faststart"}  # the index first, as in files made for the web
    if path.suffix == ".webm":
        return encode(path, "libopus", sound)
    if path.suffix in (".m4a", ".mp4"):
        return encode(path, "aac", sound, 32_000, **fast_start)
    if path.suffix == ".aac":
        return encode(path, "aac", sound, 32_000)
    kinds = {".rf64": "RF64", ".opus": "OGG", ".aifc": "AIFF"}
    soundfile.write(
        path,
        sound,
        SAMPLE_RATE,
        format=kinds.get(path.suffix),
        subtype="OPUS" if path.suffix == ".opus" else None,
    )
    return path
