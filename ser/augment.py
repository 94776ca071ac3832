"""What training does to a clip so that the network meets real microphones: batched tensor code.

Every function takes the `torch.Generator` it draws from, so that a seed and a step give the same batch.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from ser.audio import N_SAMPLES
from ser.features import FRAME_S, HOP_LENGTH, N_FRAMES, N_MELS, TOP_DB
from ser.tensor_features import mel_db, standardise

TEMPO = (0.8, 1.25)  # how much faster a clip may be spoken
SOURCE_SAMPLES = int(N_SAMPLES * TEMPO[1]) + HOP_LENGTH  # what the fastest 3.0 s window is cut from
VOCAL_TRACT = (0.92, 1.08)  # factor on the mel axis
EQUALISER_DB = 5.0  # deviation of the random gain at each control point
EQUALISER_POINTS = 7
NOISE_SNR_DB = (10.0, 60.0)
NOISE_SHARE = 0.6  # of the clips get a noise floor
BABBLE_SNR_DB = (5.0, 30.0)
BABBLE_SHARE = 0.25
BABBLE_VOICES = 6
QUANTISER_BITS = (9.0, 15.0)
BAND_SHARE = 0.15  # of the microphones and lines pass only a band
LOWEST_BANDS, HIGHEST_BANDS = 14, 70  # a band begins below the one and ends above the other: 350 Hz, 2 kHz
BAND_SLOPE_DB = 4.0  # a mel band, outside
ROOM_SHARE = 0.15
ROOM_T60_S = (0.2, 1.0)
ROOM_DIRECT_DB = (0.0, 15.0)  # how far the tail begins below the direct sound
ROOM_FRAMES = 64  # a second of tail
HIGHEST_FLOOR_DB = 40.0
VOCODER_SHARE = 0.25
VOCODER_FFT = 2048
MAX_BAND_MASK, MAX_FRAME_MASK = 20, 32


def augmented_log_mel(
    waveforms: torch.Tensor, lengths: torch.Tensor, noise: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (batch, 1, 128, 188) log-mels of distorted clips, and how many of their frames are sound.

    Parameters
    ----------
    waveforms : (batch, SOURCE_SAMPLES) float32, zero behind each clip's end
    lengths : (batch,) samples before that end
    noise : (kinds, samples) unit-variance noise to draw from, see `noise_bank`
    """
    valid = torch.arange(waveforms.shape[1]) < lengths[:, None]
    waveforms = add_noise(waveforms, valid, noise, generator)
    waveforms = requantise(waveforms, generator) * valid
    db = mel_db(waveforms)
    db = equalise(db, generator)
    db, frames = warp(db, torch.ceil(lengths / HOP_LENGTH), generator)
    features = standardise(db).unsqueeze(1)
    return mask(features, generator), frames


def _uniform(low: float, high: float, n: int, generator: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=generator)


def noise_bank(generator: torch.Generator, kinds: int = 12, n_samples: int = 320_000) -> torch.Tensor:
    """Return (kinds, n_samples) noises of unit variance whose spectra fall by 0 to 9 dB per octave."""
    spectrum = torch.fft.rfft(torch.randn(kinds, n_samples, generator=generator))
    slope = torch.linspace(0.0, 1.5, kinds)[:, None]  # amplitude ~ f ** -slope: 0 is white, 0.5 is pink
    frequency = torch.arange(spectrum.shape[1]).clamp_min(200)  # flat below 10 Hz: no drift
    noise = torch.fft.irfft(spectrum * frequency**-slope, n=n_samples)
    return noise / noise.std(dim=1, keepdim=True)


def babble_bank(
    voices: Sequence[torch.Tensor], generator: torch.Generator, kinds: int = 6, n_samples: int = 320_000
) -> torch.Tensor:
    """Return (kinds, n_samples) babbles of unit variance: six people at once, each saying clip after clip.

    `voices` holds the samples (n,) of clips, of any scale; all six are equally loud.
    """
    streams = torch.zeros(kinds, BABBLE_VOICES, n_samples)
    for stream in streams.view(-1, n_samples):
        filled = 0
        while filled < n_samples:
            clip = voices[int(torch.randint(len(voices), (), generator=generator))].float()[
                : n_samples - filled
            ]
            stream[filled : filled + len(clip)] = clip / clip.std(correction=0).clamp_min(1e-6)
            filled += len(clip)
    babble = streams.sum(1)
    return babble / babble.std(dim=1, keepdim=True)


def add_noise(
    waveforms: torch.Tensor,
    valid: torch.Tensor,
    noise: torch.Tensor,
    generator: torch.Generator,
    share: float = NOISE_SHARE,
    snr_db: tuple[float, float] = NOISE_SNR_DB,
) -> torch.Tensor:
    """Add a stretch of the noise bank at a random signal-to-noise ratio to a share of the clips."""
    n, samples = waveforms.shape
    kind = torch.randint(len(noise), (n,), generator=generator).tolist()
    start = torch.randint(noise.shape[1] - samples, (n,), generator=generator).tolist()
    stretch = torch.stack([noise[k, s : s + samples] for k, s in zip(kind, start, strict=True)])
    power = (waveforms.square() * valid).sum(1) / valid.sum(1).clamp_min(1)
    amplitude = (power * 10 ** (-_uniform(*snr_db, n, generator) / 10)).sqrt()
    amplitude = amplitude * (torch.rand(n, generator=generator) < share)
    return waveforms + amplitude[:, None] * stretch


def requantise(waveforms: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Round each clip to a random step under uniform dither: nothing can be read from its bit depth."""
    step = 2.0 ** -_uniform(*QUANTISER_BITS, len(waveforms), generator)[:, None]
    step = step * waveforms.abs().amax(dim=1, keepdim=True).clamp_min(1e-4)
    dither = torch.rand(waveforms.shape, generator=generator) - 0.5
    return torch.round(waveforms / step + dither) * step


def equalise(db: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Add a microphone's colour to each clip, and put the maximum back to 0 dB."""
    db = db + colour(len(db), generator)
    return (db - db.amax(dim=(1, 2), keepdim=True)).clamp_min(-TOP_DB)


def colour(n: int, generator: torch.Generator, deviation_db: float = EQUALISER_DB) -> torch.Tensor:
    """Return (n, 128, 1) smooth random gains over the bands, in dB."""
    gain = deviation_db * torch.randn(n, 1, EQUALISER_POINTS, generator=generator)
    return F.interpolate(gain, N_MELS, mode="linear", align_corners=True).transpose(1, 2)


def band_loss(n: int, generator: torch.Generator) -> torch.Tensor:
    """Return (n, 128, 1) dB that a line or a small microphone takes off below and above its band; most take none."""
    limited = torch.rand(n, generator=generator) < BAND_SHARE
    low = torch.where(limited, torch.randint(0, LOWEST_BANDS, (n,), generator=generator), 0)[:, None]
    high = torch.where(limited, torch.randint(HIGHEST_BANDS, N_MELS, (n,), generator=generator), N_MELS)[
        :, None
    ]
    band = torch.arange(N_MELS)
    outside = (low - band).clamp_min(0) + (band - high).clamp_min(0)
    return (BAND_SLOPE_DB * outside).clamp_max(60.0)[:, :, None]


def reverberate(db: torch.Tensor, groups: int, generator: torch.Generator) -> torch.Tensor:
    """Put some groups of clips in a row into a room each: an exponential tail on the power of every band.

    `db` (batch, 128, frames) at most 0; the maximum of the result is 0 dB again.
    """
    size = len(db) // groups
    inside = torch.rand(groups, generator=generator) < ROOM_SHARE
    decay_s = _uniform(*ROOM_T60_S, groups, generator)
    wet = 10 ** (-_uniform(*ROOM_DIRECT_DB, groups, generator) / 10)
    if not inside.any():
        return db
    time_s = torch.arange(ROOM_FRAMES) * FRAME_S
    tail = 0.3 * wet[:, None] * torch.exp(-13.8 * time_s / decay_s[:, None])  # 60 dB of power in `decay_s`
    tail[:, 0] = 1.0
    # Only the clips in rooms are convolved: it costs as much as the rest of the features.
    rows = inside.repeat_interleave(size).nonzero()[:, 0]
    kernels = tail.repeat_interleave(size, 0)[rows].flip(1)[:, None]
    power = (10 ** (db[rows] / 10)).transpose(0, 1)
    power = F.conv1d(F.pad(power, (ROOM_FRAMES - 1, 0)), kernels, groups=len(rows)).transpose(0, 1)
    wet_db = 10 * torch.log10(power.clamp_min(1e-10))
    return db.index_copy(0, rows, wet_db - wet_db.amax((1, 2), keepdim=True))


def vocode(
    waveforms: torch.Tensor, lengths: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Let a phase vocoder speak a share of the clips faster or slower, all at one rate; return clips and lengths.

    `warp` changes the tempo of a picture; programs that change it in a sound, telephone lines and noise
    suppressors too, leave phases that do not fit each other, and the network must not mind them.
    Source: Flanagan and Golden 1966; the transform of `librosa.effects.time_stretch`.
    """
    chosen = (torch.rand(len(waveforms), generator=generator) < VOCODER_SHARE).nonzero()[:, 0]
    rate = float(_uniform(*TEMPO, 1, generator))
    if not len(chosen):
        return waveforms, lengths
    stretched = _stretch(waveforms[chosen], rate)[:, :SOURCE_SAMPLES]
    stretched = F.pad(stretched, (0, SOURCE_SAMPLES - stretched.shape[1]))
    spoken = (lengths[chosen] / rate).long().clamp(1, SOURCE_SAMPLES)
    stretched *= torch.arange(SOURCE_SAMPLES) < spoken[:, None]
    return waveforms.index_copy(0, chosen, stretched), lengths.index_copy(0, chosen, spoken)


def _stretch(waveforms: torch.Tensor, rate: float) -> torch.Tensor:
    """Return (n, samples / rate) waveforms at the same pitch."""
    window = torch.hann_window(VOCODER_FFT)
    hop = VOCODER_FFT // 4
    spectrum = torch.stft(
        waveforms, VOCODER_FFT, hop, window=window, pad_mode="constant", return_complex=True
    )
    magnitude, phase = (F.pad(part, (0, 1)) for part in (spectrum.abs(), spectrum.angle()))
    at = torch.arange(0, spectrum.shape[2], rate)
    first, part = at.long(), at - at.floor()
    expected = torch.linspace(0, torch.pi * hop, spectrum.shape[1])[:, None]
    step = phase[..., first + 1] - phase[..., first] - expected
    step = expected + step - 2 * torch.pi * torch.round(step / (2 * torch.pi))
    phases = phase[..., :1] + F.pad(torch.cumsum(step, 2)[..., :-1], (1, 0))
    magnitude = (1 - part) * magnitude[..., first] + part * magnitude[..., first + 1]
    length = round(waveforms.shape[1] / rate)
    return torch.istft(torch.polar(magnitude, phases), VOCODER_FFT, hop, window=window, length=length)


def floors(n: int, generator: torch.Generator) -> torch.Tensor:
    """Return (n,) noise floors in dB below the maximum: of a good room, or of a poor one."""
    return -_uniform(HIGHEST_FLOOR_DB, TOP_DB, n, generator)


def warp(
    db: torch.Tensor, frames: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Let another voice say each clip: `resample` by a random tempo and vocal tract length.

    Parameters
    ----------
    db : (batch, 128, source frames)
    frames : (batch,) source frames that hold sound

    Returns
    -------
    (batch, 128, 188) and the (batch,) frames of it that hold sound
    """
    tempo, tract = (_uniform(*factors, len(db), generator) for factors in (TEMPO, VOCAL_TRACT))
    db, frames = resample(db[:, None], frames, tempo, tract)
    return db[:, 0], frames


def resample(
    x: torch.Tensor, lengths: torch.Tensor, tempo: torch.Tensor, tract: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Resample the time axis and the band axis in one bilinear step; behind the edges the edge goes on.

    Vocal tract length perturbation: Jaitly and Hinton 2013.

    Parameters
    ----------
    x : (batch, 1, bands, source frames) log-mels
    lengths : (batch,) source frames that hold sound
    tempo, tract : (batch,) how much faster, and the factor on the band axis

    Returns
    -------
    (batch, 1, bands, 188) and the (batch,) frames of it that hold sound
    """
    n, _, bands, source = x.shape
    # grid_sample counts from -1 to 1
    across = torch.arange(N_FRAMES, device=x.device) * tempo[:, None] * 2 / (source - 1) - 1
    up = torch.arange(bands, device=x.device) * tract[:, None] * 2 / (bands - 1) - 1
    grid = torch.stack(
        [across[:, None, :].expand(n, bands, N_FRAMES), up[:, :, None].expand(n, bands, N_FRAMES)], dim=3
    )
    x = F.grid_sample(x, grid.to(x.dtype), padding_mode="border", align_corners=True)
    spoken = torch.floor((lengths - 1) / tempo) + 1  # the last one lies not behind the last that holds sound
    return x, spoken.clamp(1, N_FRAMES).long()


def mask(features: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Zero two random stretches of bands and two of frames in each clip (SpecAugment, Park et al. 2019)."""
    for axis, size, widest in ((2, N_MELS, MAX_BAND_MASK), (3, N_FRAMES, MAX_FRAME_MASK)) * 2:
        n = len(features)
        width = torch.randint(widest + 1, (n, 1), generator=generator)
        start = (torch.rand(n, 1, generator=generator) * (size - width)).long()
        steps = torch.arange(size)
        hidden = (steps >= start) & (steps < start + width)
        shape = (n, 1, size, 1) if axis == 2 else (n, 1, 1, size)
        features = features.masked_fill(hidden.view(shape), 0.0)
    return features


def mixup(
    features: torch.Tensor,
    lengths: torch.Tensor,
    targets: torch.Tensor,
    generator: torch.Generator,
    alpha: float = 0.2,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Blend each clip and its target with another of the batch (Zhang et al. 2018).

    The weight is drawn from Beta(alpha, alpha), by Joehnk's method, which needs uniform numbers only.
    """
    n = len(features)
    u = torch.rand(2, n, 64, generator=generator, dtype=torch.float64) ** (1 / alpha)
    total = u.sum(0)
    first = (total <= 1).int().argmax(dim=1)  # the first accepted pair; 64 tries miss 1 time in 1e9
    weight = (u[0] / total.clamp_min(1e-300)).gather(1, first[:, None])[:, 0].float()
    other = torch.randperm(n, generator=generator)
    lam = weight[:, None]
    mixed = weight.view(-1, 1, 1, 1) * features + (1 - weight).view(-1, 1, 1, 1) * features[other]
    return mixed, torch.maximum(lengths, lengths[other]), lam * targets + (1 - lam) * targets[other]
