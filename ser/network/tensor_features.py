"""The log-mel spectrogram of `ser.audio.features` in batched PyTorch code, on any device, for training."""

import functools

import torch

from ser.audio import features
from ser.audio.features import HOP_LENGTH, N_FFT, POWER_FLOOR, STD_EPSILON, TOP_DB


@functools.cache
def _mel_filterbank(device: torch.device) -> torch.Tensor:
    return torch.from_numpy(features.mel_filterbank()).to(device)


@functools.cache
def _window(device: torch.device) -> torch.Tensor:
    return torch.hann_window(N_FFT, device=device)


def mel_db(waveforms: torch.Tensor, *, top_db: float = TOP_DB) -> torch.Tensor:
    """Return the mel spectrogram of each waveform in dB below its own maximum.

    Parameters
    ----------
    waveforms : (batch, samples) float32, mono, 16 kHz
    top_db : the floor, in dB below the maximum

    Returns
    -------
    (batch, 128, 1 + samples // 256) float32, from -top_db (the floor) to 0 (the clip's maximum)
    """
    window = _window(waveforms.device)
    spectrum = torch.stft(
        waveforms, N_FFT, HOP_LENGTH, window=window, pad_mode="constant", return_complex=True
    )
    power = spectrum.real.square() + spectrum.imag.square()  # 3 times as fast as abs().square()
    mel = torch.matmul(_mel_filterbank(waveforms.device), power)
    db = 10.0 * torch.log10(mel.clamp_min(POWER_FLOOR))
    return (db - db.amax(dim=(1, 2), keepdim=True)).clamp_min(-top_db)


def standardise(db: torch.Tensor) -> torch.Tensor:
    """Return (batch, bands, frames) with mean 0 and deviation 1 in each clip; a constant clip becomes zeros."""
    centred = db - db.mean(dim=(1, 2), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return centred / (deviation + STD_EPSILON)


def log_mel_batch(waveforms: torch.Tensor, *, top_db: float = TOP_DB) -> torch.Tensor:
    """Return the standardised log-mel spectrograms of a batch of waveforms of one length.

    Equal to librosa's `melspectrogram` and `power_to_db(ref=np.max)`, then (x - mean) / (std + 1e-6) per
    clip, as in the published notebook.

    Parameters
    ----------
    waveforms : (batch, samples) float32, mono, 16 kHz
    top_db : the floor, in dB below the maximum; the notebook's by default

    Returns
    -------
    (batch, 1, 128, 1 + samples // 256) float32
    """
    return standardise(mel_db(waveforms, top_db=top_db)).unsqueeze(1)
