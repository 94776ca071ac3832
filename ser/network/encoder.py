"""The encoder that the wide network listens with: a speech model of others, of which each layer's output is used.

It is the encoder of Whisper's smallest model, trained further to hear when a speaker has finished. It belongs to its
makers and is not part of this project: `ser.network.encoder_files` fetches it and cuts out what is needed.

It reads the last 8 s before now, and had silence in front of whatever was shorter. Computing that silence takes three
times as long as the 3.0 s of a window and tells nothing, so it is left out: the positions are counted from the end, and the
samples get the level that the silence would have given them.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np

from ser.audio.fourier import rfft
from ser.audio.reading import SAMPLE_RATE
from ser.network.session import open_session

N_FFT = 400  # samples, 25 ms
HOP_LENGTH = 160  # samples between frames, 10 ms
N_MELS = 80
STEP = 2 * HOP_LENGTH  # samples, 20 ms: two frames
CONTEXT = 8 * SAMPLE_RATE  # samples that it was trained on at a time
MIN_SAMPLES = 6_400  # 0.4 s: shorter sound gets silence in front
POWER_FLOOR = 1e-10  # keeps the logarithm of silence finite
VARIANCE_FLOOR = 1e-7
RANGE = 8.0  # powers of ten from the loudest cell down to the floor


def encoder_log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the log-mel spectrogram that the encoder reads.

    That of Whisper (Radford et al. 2022), as for samples of deviation 1 that are zero-padded to 8 s at the start.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz, up to 8 s

    Returns
    -------
    (80, 2 * (n // 320)) float32, 40 frames or more: they end with the samples
    """
    n = max(len(samples) // STEP * STEP, MIN_SAMPLES)
    x = samples[len(samples) - n :] if len(samples) >= n else np.pad(samples, (n - len(samples), 0))
    x = x.astype(np.float32, copy=False) - x.mean()
    x = x * np.float32(np.sqrt(max(CONTEXT / n, 1.0) / (np.square(x).mean() + VARIANCE_FLOOR)))
    padded = np.pad(x, N_FFT // 2, mode="reflect")
    # The frame centred on the end of the sound is left out, as in Whisper.
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[:-1:HOP_LENGTH]  # (n // 160, 400)
    spectrum = rfft(frames * _hann_window())
    power = np.square(spectrum.real) + np.square(spectrum.imag)  # (n // 160, 201)
    mel = np.log10(np.maximum(power @ _mel_weights(), np.float32(POWER_FLOOR)))  # (n // 160, 80)
    mel = np.maximum(mel, mel.max() - np.float32(RANGE))
    return np.ascontiguousarray((mel.T + 4) / 4, np.float32)


@functools.cache
def _hann_window() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


@functools.cache
def _mel_weights() -> np.ndarray:
    """Return the (201, 80) float32 weights of Slaney's filterbank: triangles of equal area up to 8 kHz."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(SAMPLE_RATE / 2), N_MELS + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    hz = np.linspace(0, SAMPLE_RATE / 2, 1 + N_FFT // 2)[:, None]
    rising, falling = (hz - low) / (centre - low), (high - hz) / (high - centre)
    return (np.minimum(rising, falling).clip(0) * 2 / (high - low)).astype(np.float32)


# Slaney's scale: 3 mel are 200 Hz up to 1 kHz, from where 27 mel are a factor of 6.4.
KNEE_HZ, KNEE_MEL, MEL_PER_HZ, MEL_PER_E = 1000.0, 15.0, 3 / 200, 27 / np.log(6.4)


def _hz_to_mel(hz: float) -> float:
    return hz * MEL_PER_HZ if hz < KNEE_HZ else KNEE_MEL + MEL_PER_E * np.log(hz / KNEE_HZ)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < KNEE_MEL, mel / MEL_PER_HZ, KNEE_HZ * np.exp((mel - KNEE_MEL) / MEL_PER_E))


class Encoder:
    """The encoder in ONNX Runtime, on one CPU thread. Threads may share it.

    Attributes
    ----------
    layers : number of its layers
    width : numbers that each of them gives for a step

    Raises
    ------
    ForeignError
        if ONNX Runtime cannot read the file, which `ser.network.encoder_files` wrote
    """

    def __init__(self, file: str | os.PathLike):
        self._session = open_session(Path(file))
        self._name = self._session.get_inputs()[0].name
        self.layers = len(self._session.get_outputs())
        self.width = int(self._session.get_outputs()[0].shape[-1])

    def __call__(self, log_mel: np.ndarray) -> np.ndarray:
        """Return the outputs of the layers: (layers, steps, width) float32 of an `encoder_log_mel` (80, 2 * steps)."""
        return np.concatenate(self._session.run(None, {self._name: log_mel[None]}))
