"""Sound files of every format, written at test time."""

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


def encode(path: Path, codec: str, sound: np.ndarray, rate: int = 48_000, **options: str) -> Path:
    """Write mono 16 kHz sound with PyAV, as a phone or a browser would."""
    frame = av.AudioFrame.from_ndarray(soxr.resample(sound, SAMPLE_RATE, rate)[None], "fltp", "mono")
    frame.sample_rate = rate
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        size = stream.codec_context.frame_size or 1024
        convert = av.AudioResampler(stream.codec_context.format, "mono", rate, frame_size=size)
        for piece in [*convert.resample(frame), *convert.resample(None), None]:
            container.mux(stream.encode(piece))
    return path


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
