"""Waveform -> log-mel spectrogram, the one that training, the command line and the browser all share."""

import functools
from importlib import resources

import numpy as np
import torch

from ser.audio import N_SAMPLES, SAMPLE_RATE, fix_length

N_FFT = 1024  # samples: 64 ms
HOP_LENGTH = 256  # samples: 16 ms between frames
N_MELS = 128
N_FRAMES = 1 + N_SAMPLES // HOP_LENGTH  # 188 frames in a 3.0 s window, because frames are centred
FRAME_S = HOP_LENGTH / SAMPLE_RATE  # 0.016 s
TOP_DB = 80.0  # the floor, in dB below the clip's maximum
STD_EPSILON = 1e-6
POWER_FLOOR = 1e-10  # librosa's `amin`: keeps the logarithm of silence finite


@functools.cache
def _mel_filterbank() -> torch.Tensor:
    """Return the (128, 513) Slaney filterbank of `librosa.filters.mel(sr=16000, n_fft=1024, n_mels=128)`.

    It is shipped as a file because importing `librosa.filters` imports numba, which costs seconds.
    """
    with resources.files("ser").joinpath("assets/mel_filterbank.npz").open("rb") as file:
        return torch.from_numpy(np.load(file)["mel_16000_1024_128"])


@functools.cache
def _window() -> torch.Tensor:
    return torch.hann_window(N_FFT)


def mel_db(waveforms: torch.Tensor) -> torch.Tensor:
    """Return the mel spectrogram of each waveform in dB below its own maximum.

    Parameters
    ----------
    waveforms : (batch, samples) float32, mono, 16 kHz

    Returns
    -------
    (batch, 128, 1 + samples // 256) float32, from -80 (the floor) to 0 (the clip's maximum)
    """
    device = waveforms.device
    spectrum = torch.stft(
        waveforms, N_FFT, HOP_LENGTH, window=_window().to(device), pad_mode="constant", return_complex=True
    )
    power = torch.view_as_real(spectrum).square().sum(-1)
    mel = torch.matmul(_mel_filterbank().to(device), power)
    db = 10.0 * torch.log10(mel.clamp_min(POWER_FLOOR))
    return (db - db.amax(dim=(1, 2), keepdim=True)).clamp_min(-TOP_DB)


def standardise(db: torch.Tensor) -> torch.Tensor:
    """Return (batch, bands, frames) with mean 0 and deviation 1 per clip; a constant clip becomes zeros."""
    centred = db - db.mean(dim=(1, 2), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return centred / (deviation + STD_EPSILON)


def log_mel_batch(waveforms: torch.Tensor) -> torch.Tensor:
    """Return the standardised log-mel spectrograms of a batch of waveforms of one length.

    Equal to librosa's `melspectrogram` and `power_to_db(ref=np.max)`, then (x - mean) / (std + 1e-6) per
    clip: the recipe of the published notebook.

    Parameters
    ----------
    waveforms : (batch, samples) float32, mono, 16 kHz

    Returns
    -------
    (batch, 1, 128, 1 + samples // 256) float32
    """
    return standardise(mel_db(waveforms)).unsqueeze(1)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the (1, 128, 188) float32 log-mel of a recording: its first 3.0 s, or zero-padded to 3.0 s.

    Parameters
    ----------
    samples : (n,) float32, mono, 16 kHz; or (batch, n), which gives (batch, 1, 128, 188)
    """
    waveforms = torch.from_numpy(np.ascontiguousarray(fix_length(samples), dtype=np.float32))
    with torch.inference_mode():
        features = log_mel_batch(torch.atleast_2d(waveforms)).numpy()
    return features if waveforms.ndim == 2 else features[0]


def valid_frames(n_samples: int) -> int:
    """Return how many of a window's 188 frames are centred on one of its first `n_samples` samples."""
    return min(-(-n_samples // HOP_LENGTH), N_FRAMES)
