"""Augmentation: batches of clips as other microphones, rooms, noises and voices would give them.

Every function draws from the `torch.Generator` that it receives, so the same seed and step give the same batch. It runs
on the device of its input and generator. No shape depends on random numbers, so a GPU never waits for the CPU.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from ser.audio.features import FRAME_S, HOP_LENGTH, N_FRAMES, N_MELS, N_SAMPLES, TOP_DB
from ser.network.tensor_features import mel_db, standardise

TEMPO = (0.8, 1.25)  # range of the factor by which a clip becomes faster
SOURCE_SAMPLES = int(N_SAMPLES * TEMPO[1]) + HOP_LENGTH  # enough for a 3.0 s window at the fastest tempo
VOCAL_TRACT = (0.92, 1.08)  # range of the factor on the mel axis
EQUALISER_DB = 5.0  # standard deviation of the gain at each control point
EQUALISER_POINTS = 7
NOISE_SNR_DB = (10.0, 60.0)
NOISE_SHARE = 0.6  # of the clips get a noise floor
BABBLE_SNR_DB = (5.0, 30.0)
BABBLE_SHARE = 0.25
BABBLE_VOICES = 6
QUANTISER_BITS = (9.0, 15.0)
BAND_SHARE = 0.15  # of the microphones and lines pass only a band
MAX_BAND_START, MIN_BAND_END = 14, 70  # mel bands: 350 Hz and 2 kHz
BAND_SLOPE_DB = 4.0  # loss for each mel band outside
ROOM_SHARE = 0.15
ROOM_T60_S = (0.2, 1.0)
ROOM_DIRECT_DB = (0.0, 15.0)  # from the direct sound down to the start of the tail
ROOM_FRAMES = 64  # a second of tail
STYLE_SHARE = 0.5  # of the speakers take on part of another speaker's statistics
MIN_FLOOR_DEPTH_DB = 40.0  # below the maximum, in a poor room; TOP_DB in a good one
VOCODER_SHARE = 0.25
VOCODER_FFT = 2048
MAX_BAND_MASK, MAX_FRAME_MASK = 20, 32


def augmented_log_mel(
    waveforms: torch.Tensor, *, lengths: torch.Tensor, noise: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (batch, 1, 128, 188) log-mels of augmented clips, and the (batch,) number of frames that hold sound.

    Parameters
    ----------
    waveforms : (batch, SOURCE_SAMPLES) float32, zero after the end of each clip
    lengths : (batch,) samples before that end
    noise : (kinds, samples) noise of unit variance to draw from, see `noise_bank`
    """
    valid = valid_mask(lengths, waveforms.shape[1])
    waveforms = add_noise(waveforms, valid=valid, noise=noise, generator=generator)
    waveforms = requantise(waveforms, generator) * valid
    db = mel_db(waveforms)
    db = equalise(db, generator)
    db, frames = warp(db, frames=torch.ceil(lengths / HOP_LENGTH), generator=generator)
    features = standardise(db).unsqueeze(1)
    return mask(features, generator), frames


def valid_mask(lengths: torch.Tensor, samples: int) -> torch.Tensor:
    """Return a (batch, samples) mask, True before the end of each clip."""
    return torch.arange(samples, device=lengths.device) < lengths[:, None]


def _uniform(low: float, high: float, n: int, generator: torch.Generator) -> torch.Tensor:
    return low + (high - low) * rand(n, generator=generator)


def rand(*shape: int, generator: torch.Generator) -> torch.Tensor:
    """Return uniform numbers from 0 to 1 on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device)


def _randint(low: int, high: int, n: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(low, high, (n,), generator=generator, device=generator.device)


def draw_share(n: int, *, share: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a share of n items.

    Returns
    -------
    (m,) distinct positions, where m is n * share rounded up, and a (m,) mask of those that are drawn: n * share on
    average
    """
    m = math.ceil(n * share)
    positions = rand(n, generator=generator).argsort()[:m]
    return positions, rand(m, generator=generator) < n * share / max(m, 1)


def noise_bank(generator: torch.Generator, *, kinds: int = 12, n_samples: int = 320_000) -> torch.Tensor:
    """Return (kinds, n_samples) noise of unit variance; the spectra fall by 0 to 9 dB per octave."""
    spectrum = torch.fft.rfft(torch.randn(kinds, n_samples, generator=generator))
    slope = torch.linspace(0.0, 1.5, kinds)[:, None]  # amplitude ~ f ** -slope: 0 is white, 0.5 is pink
    frequency = torch.arange(spectrum.shape[1]).clamp_min(200)  # flat below 10 Hz: no drift
    noise = torch.fft.irfft(spectrum * frequency**-slope, n=n_samples)
    return noise / noise.std(dim=1, keepdim=True)


def babble_bank(
    voices: Sequence[torch.Tensor],
    *,
    generator: torch.Generator,
    kinds: int = 6,
    n_samples: int = 320_000,
) -> torch.Tensor:
    """Return (kinds, n_samples) babble of unit variance: six equally loud voices at once, one clip after another each.

    `voices` holds the (n,) samples of clips, of any scale.
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
    *,
    valid: torch.Tensor,
    noise: torch.Tensor,
    generator: torch.Generator,
    share: float = NOISE_SHARE,
    snr_db: tuple[float, float] = NOISE_SNR_DB,
) -> torch.Tensor:
    """Add noise from a bank to a share of the clips, at random signal-to-noise ratios in dB.

    Parameters
    ----------
    waveforms : (batch, samples)
    valid : (batch, samples) True before the end of each clip
    noise : (kinds, samples) bank of unit variance, see `noise_bank`
    share : share of the clips that get noise
    snr_db : lowest and highest ratio
    """
    n, samples = waveforms.shape
    kind = _randint(0, len(noise), n, generator)
    start = _randint(0, noise.shape[1] - samples, n, generator)
    stretch = noise.flatten().unfold(0, samples, 1)[kind * noise.shape[1] + start]
    power = (waveforms.square() * valid).sum(1) / valid.sum(1).clamp_min(1)
    amplitude = (power * 10 ** (-_uniform(*snr_db, n, generator) / 10)).sqrt()
    amplitude = amplitude * (rand(n, generator=generator) < share)
    return waveforms + amplitude[:, None] * stretch


def requantise(waveforms: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Round each clip to a random step with uniform dither, so that its bit depth reveals nothing."""
    step = 2.0 ** -_uniform(*QUANTISER_BITS, len(waveforms), generator)[:, None]
    step = step * waveforms.abs().amax(dim=1, keepdim=True).clamp_min(1e-4)
    dither = rand(*waveforms.shape, generator=generator) - 0.5
    return torch.round(waveforms / step + dither) * step


def equalise(db: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Add the colour of a microphone to each clip, and bring the maximum back to 0 dB."""
    db = db + colour(len(db), generator=generator)
    return (db - db.amax(dim=(1, 2), keepdim=True)).clamp_min(-TOP_DB)


def colour(n: int, *, generator: torch.Generator, deviation_db: float = EQUALISER_DB) -> torch.Tensor:
    """Return (n, 128, 1) random gains in dB that are smooth over the bands."""
    gain = deviation_db * torch.randn(n, 1, EQUALISER_POINTS, generator=generator, device=generator.device)
    return F.interpolate(gain, N_MELS, mode="linear", align_corners=True).transpose(1, 2)


def band_loss(n: int, generator: torch.Generator) -> torch.Tensor:
    """Return (n, 128, 1) losses in dB of lines and small microphones below and above their band; most have none."""
    limited = rand(n, generator=generator) < BAND_SHARE
    low = torch.where(limited, _randint(0, MAX_BAND_START, n, generator), 0)[:, None]
    high = torch.where(limited, _randint(MIN_BAND_END, N_MELS, n, generator), N_MELS)[:, None]
    band = torch.arange(N_MELS, device=low.device)
    outside = (low - band).clamp_min(0) + (band - high).clamp_min(0)
    return (BAND_SLOPE_DB * outside).clamp_max(60.0)[:, :, None]


def reverberate(db: torch.Tensor, *, groups: int, generator: torch.Generator) -> torch.Tensor:
    """Put some groups of consecutive clips into a room each: an exponential tail on the power of every band.

    Parameters
    ----------
    db : (batch, 128, frames) at most 0 dB; the maximum of each clip of the result is 0 dB again
    groups : number of groups, all of the same size
    """
    size = len(db) // groups
    inside, wet = draw_share(groups, share=ROOM_SHARE, generator=generator)
    decay_s = _uniform(*ROOM_T60_S, len(inside), generator)
    wet = wet * 10 ** (-_uniform(*ROOM_DIRECT_DB, len(inside), generator) / 10)
    time_s = torch.arange(ROOM_FRAMES, device=db.device) * FRAME_S
    tail = 0.3 * wet[:, None] * torch.exp(-13.8 * time_s / decay_s[:, None])  # 60 dB of power in `decay_s`
    tail[:, 0] = 1.0
    # Only the clips in rooms are convolved, because that takes as long as the rest of the features.
    rows = (inside[:, None] * size + torch.arange(size, device=db.device)).flatten()
    kernels = tail.repeat_interleave(size, 0).flip(1)[:, None]
    power = (10 ** (db[rows] / 10)).transpose(0, 1)
    power = F.conv1d(F.pad(power, (ROOM_FRAMES - 1, 0)), kernels, groups=len(rows)).transpose(0, 1)
    wet_db = 10 * torch.log10(power.clamp_min(1e-10))
    return db.index_copy(0, rows, wet_db - wet_db.amax((1, 2), keepdim=True))


def vocode(
    waveforms: torch.Tensor, *, lengths: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Change the tempo of a share of the clips with a phase vocoder, all at one rate; return clips and lengths.

    `warp` changes the tempo of a spectrogram. Programs that change the tempo of sound leave inconsistent phases, as do
    telephone lines and noise suppressors, and the network must ignore them.
    Source: Flanagan and Golden 1966; the same transform as `librosa.effects.time_stretch`.
    """
    chosen, is_stretched = draw_share(len(waveforms), share=VOCODER_SHARE, generator=generator)
    rate = _uniform(*TEMPO, 1, generator)
    stretched = _stretch(waveforms[chosen], rate, SOURCE_SAMPLES)
    length = (lengths[chosen] / rate).long().clamp(1, SOURCE_SAMPLES)
    stretched = torch.where(
        is_stretched[:, None], stretched * valid_mask(length, SOURCE_SAMPLES), waveforms[chosen]
    )
    length = torch.where(is_stretched, length, lengths[chosen])
    return waveforms.index_copy(0, chosen, stretched), lengths.index_copy(0, chosen, length)


def _stretch(waveforms: torch.Tensor, rate: torch.Tensor, samples: int) -> torch.Tensor:
    """Return the first (n, samples) of waveforms that are `rate` (1,) times as fast at the same pitch."""
    window = torch.hann_window(VOCODER_FFT, device=waveforms.device)
    hop = VOCODER_FFT // 4
    spectrum = torch.stft(
        waveforms, VOCODER_FFT, hop, window=window, pad_mode="constant", return_complex=True
    )
    magnitude, phase = (F.pad(part, (0, 2)) for part in (spectrum.abs(), spectrum.angle()))
    position = torch.arange(1 + samples // hop, device=waveforms.device) * rate
    first, part = position.long().clamp_max(spectrum.shape[2]), position - position.floor()
    expected = torch.linspace(0, torch.pi * hop, spectrum.shape[1], device=waveforms.device)[:, None]
    step = phase[..., first + 1] - phase[..., first] - expected
    step = expected + step - 2 * torch.pi * torch.round(step / (2 * torch.pi))
    phases = phase[..., :1] + F.pad(torch.cumsum(step, 2)[..., :-1], (1, 0))
    magnitude = (1 - part) * magnitude[..., first] + part * magnitude[..., first + 1]
    return _overlap_add(torch.polar(magnitude, phases), window, hop)[:, :samples]


def _overlap_add(spectrum: torch.Tensor, window: torch.Tensor, hop: int) -> torch.Tensor:
    """Invert a short-time Fourier transform (n, bins, frames), as `torch.istft` does, which waits for the GPU."""
    size, frames = len(window), spectrum.shape[2]
    pieces = torch.fft.irfft(spectrum, n=size, dim=1) * window[:, None]
    weights = window.square()[None, :, None].expand(1, size, frames)
    total = size + (frames - 1) * hop
    summed, weight = (F.fold(x, (1, total), (1, size), stride=(1, hop))[:, 0, 0] for x in (pieces, weights))
    middle = slice(size // 2, None)
    return summed[:, middle] / weight[:, middle].clamp_min(1e-6)


def mix_style(
    db: torch.Tensor, *, valid: torch.Tensor, groups: int, generator: torch.Generator
) -> torch.Tensor:
    """Shift the mean and deviation of every band in some groups of clips towards those of another group.

    That imitates another voice, room and microphone: Freq-MixStyle, Schmid et al. 2022, after Zhou et al. 2021.

    Parameters
    ----------
    db : (batch, 128, frames); the maximum of each clip of the result is 0 dB
    valid : (batch, frames) True where there is sound
    groups : number of groups of consecutive clips, all of the same size
    """
    size = len(db) // groups
    weight = valid[:, None, :].float()

    def total(x: torch.Tensor) -> torch.Tensor:
        return (x * weight).sum(2, keepdim=True).view(groups, size, N_MELS, 1).sum(1)

    count = weight.sum(2, keepdim=True).view(groups, size, 1, 1).sum(1).clamp_min(1)
    mean = total(db) / count
    deviation = (total((db - mean.repeat_interleave(size, 0)).square()) / count + 1.0).sqrt()
    other = rand(groups, generator=generator).argsort()
    part = rand(groups, generator=generator) * (rand(groups, generator=generator) < STYLE_SHARE)
    part = part[:, None, None]
    new_mean = mean + part * (mean[other] - mean)
    new_deviation = deviation + part * (deviation[other] - deviation)
    scale = new_deviation / deviation
    db = db * scale.repeat_interleave(size, 0) + (new_mean - mean * scale).repeat_interleave(size, 0)
    return (db - db.amax((1, 2), keepdim=True)).clamp_min(-TOP_DB)


def noise_floors(n: int, generator: torch.Generator) -> torch.Tensor:
    """Return (n,) noise floors in dB relative to the maximum, of rooms from poor to good."""
    return -_uniform(MIN_FLOOR_DEPTH_DB, TOP_DB, n, generator)


def warp(
    db: torch.Tensor, *, frames: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Imitate another voice for each clip: `resample` with a random tempo and vocal tract length.

    Parameters
    ----------
    db : (batch, 128, source frames)
    frames : (batch,) source frames that hold sound

    Returns
    -------
    (batch, 128, 188) log-mels, and the (batch,) number of their frames that hold sound
    """
    tempo, tract = (_uniform(*factors, len(db), generator) for factors in (TEMPO, VOCAL_TRACT))
    db, frames = resample(db[:, None], lengths=frames, tempo=tempo, tract=tract)
    return db[:, 0], frames


def resample(
    x: torch.Tensor, *, lengths: torch.Tensor, tempo: torch.Tensor, tract: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Resample the time axis and the band axis in one bilinear step; the edges are repeated outside.

    Source of vocal tract length perturbation: Jaitly and Hinton 2013.

    Parameters
    ----------
    x : (batch, 1, bands, source frames) log-mels
    lengths : (batch,) source frames that hold sound
    tempo, tract : (batch,) factors on the time axis, above 1 for faster clips, and on the band axis

    Returns
    -------
    (batch, 1, bands, 188) log-mels, and the (batch,) number of their frames that hold sound
    """
    n, _, bands, source = x.shape
    # grid_sample counts from -1 to 1
    across = torch.arange(N_FRAMES, device=x.device) * tempo[:, None] * 2 / (source - 1) - 1
    up = torch.arange(bands, device=x.device) * tract[:, None] * 2 / (bands - 1) - 1
    grid = torch.stack(
        [across[:, None, :].expand(n, bands, N_FRAMES), up[:, :, None].expand(n, bands, N_FRAMES)], dim=3
    )
    x = F.grid_sample(x, grid.to(x.dtype), padding_mode="border", align_corners=True)
    sound_frames = (
        torch.floor((lengths - 1) / tempo) + 1
    )  # the last one is not after the last source frame with sound
    return x, sound_frames.clamp(1, N_FRAMES).long()


def mask(features: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Zero two random ranges of bands and two of frames in each clip (SpecAugment, Park et al. 2019)."""
    for axis, size, max_width in ((2, N_MELS, MAX_BAND_MASK), (3, N_FRAMES, MAX_FRAME_MASK)) * 2:
        n = len(features)
        width = _randint(0, max_width + 1, n, generator)[:, None]
        start = (rand(n, 1, generator=generator) * (size - width)).long()
        steps = torch.arange(size, device=features.device)
        hidden = (steps >= start) & (steps < start + width)
        shape = (n, 1, size, 1) if axis == 2 else (n, 1, 1, size)
        features = features.masked_fill(hidden.view(shape), 0.0)
    return features


def mixup(
    features: torch.Tensor,
    *,
    lengths: torch.Tensor,
    targets: torch.Tensor,
    generator: torch.Generator,
    alpha: float = 0.2,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Blend each clip and its target with another one of the batch (Zhang et al. 2018).

    The weights are drawn from Beta(alpha, alpha) by Joehnk's method, which needs only uniform numbers.

    Parameters
    ----------
    features : (n, 1, bands, frames) log-mels
    lengths : (n,) frames that hold sound
    targets : (n, 6) shares of the emotions

    Returns
    -------
    features, lengths and targets of the same shapes; the length of a blend is that of the longer clip
    """
    n = len(features)
    u = torch.rand(2, n, 64, generator=generator, dtype=torch.float64) ** (1 / alpha)
    total = u.sum(0)
    first = (total <= 1).int().argmax(dim=1)  # the first accepted pair; 64 tries fail once in 1e9
    weight = (u[0] / total.clamp_min(1e-300)).gather(1, first[:, None])[:, 0].float()
    other = torch.randperm(n, generator=generator)
    lam = weight[:, None]
    mixed = weight.view(-1, 1, 1, 1) * features + (1 - weight).view(-1, 1, 1, 1) * features[other]
    return mixed, torch.maximum(lengths, lengths[other]), lam * targets + (1 - lam) * targets[other]
