"""Augmentations keep shapes, do not touch padding, differ between clips and repeat with their seed."""

import numpy as np
import pytest
import torch

from ser.audio.features import TOP_DB
from ser.network.tensor_features import mel_db
from ser.training import augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    return augment.noise_bank(generator(7), kinds=4, n_samples=80_000)


@pytest.fixture
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """Four tones of 0.5 to 3.4 s, zero after their ends."""
    lengths = torch.tensor([8_000, 24_000, 48_000, augment.SOURCE_SAMPLES])
    time = torch.arange(augment.SOURCE_SAMPLES) / 16_000
    tones = torch.stack([0.3 * torch.sin(2 * np.pi * f * time) for f in (220.0, 440.0, 880.0, 1760.0)])
    return tones * (torch.arange(augment.SOURCE_SAMPLES) < lengths[:, None]), lengths


def test_batch_has_the_networks_shape_and_repeats_with_its_seed(clips, noise):
    first = augment.augmented_log_mel(clips[0], lengths=clips[1], noise=noise, generator=generator(3))
    again = augment.augmented_log_mel(clips[0], lengths=clips[1], noise=noise, generator=generator(3))
    other = augment.augmented_log_mel(clips[0], lengths=clips[1], noise=noise, generator=generator(4))
    assert first[0].shape == (4, 1, 128, 188)
    assert torch.isfinite(first[0]).all()
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_frames_follow_length_and_tempo(clips, noise):
    _, frames = augment.augmented_log_mel(clips[0], lengths=clips[1], noise=noise, generator=generator())
    slow, fast = augment.TEMPO
    for length, frame in zip(clips[1].tolist(), frames.tolist(), strict=True):
        assert min(188, length / 256 / fast - 1) <= frame <= min(188, length / 256 / slow + 2)


def test_silent_clips_stay_finite(noise):
    silence = torch.zeros(2, augment.SOURCE_SAMPLES)
    features, _ = augment.augmented_log_mel(
        silence, lengths=torch.tensor([48_000, 100]), noise=noise, generator=generator()
    )
    assert torch.isfinite(features).all()


def test_noise_has_the_signal_to_noise_ratio_it_was_drawn_with(clips, noise):
    waveforms, lengths = clips
    valid = torch.arange(waveforms.shape[1]) < lengths[:, None]
    noisy = augment.add_noise(
        waveforms, valid=valid, noise=noise[:1], generator=generator(), share=1.0, snr_db=(20.0, 20.0)
    )
    power = (waveforms.square() * valid).sum(1) / valid.sum(1)
    added = ((noisy - waveforms).square() * valid).sum(1) / valid.sum(1)
    assert torch.allclose(10 * torch.log10(power / added), torch.full((4,), 20.0), atol=0.5)


def test_noise_bank_goes_from_white_to_brown():
    bank = augment.noise_bank(generator(), kinds=3, n_samples=32_000)
    spectrum = torch.fft.rfft(bank).abs().square()
    low, high = spectrum[:, 1_000:2_000].mean(1), spectrum[:, 14_000:15_000].mean(1)
    drop = 10 * torch.log10(low / high)
    assert abs(drop[0]) < 1
    assert drop[1] > 10
    assert drop[2] > drop[1] + 8
    assert torch.allclose(bank.std(1), torch.ones(3), atol=1e-3)


def test_babble_is_many_voices_of_one_loudness():
    voices = [scale * torch.sin(torch.arange(900 * k) * 0.1 * k) for k, scale in ((1, 1), (2, 5000), (3, 20))]
    babble = augment.babble_bank(voices, generator=generator(), kinds=2, n_samples=20_000)
    assert babble.shape == (2, 20_000)
    assert torch.allclose(babble.std(1), torch.ones(2), atol=1e-3)
    power = torch.fft.rfft(babble).abs().square().mean(0)
    powers = [
        power[round(0.1 * k / (2 * torch.pi) * 20_000) + torch.arange(-40, 41)].sum() for k in (1, 2, 3)
    ]
    assert max(powers) < 10 * min(powers)  # whatever the scale of their samples
    assert sum(powers) > 0.9 * power.sum()


def test_requantised_clips_lie_on_a_grid_of_their_own(clips, monkeypatch):
    monkeypatch.setattr(augment, "QUANTISER_BITS", (4.0, 7.0))  # coarse: float32 resolves the grid
    rounded = augment.requantise(clips[0], generator())
    steps = [torch.unique(row).diff().min() for row in rounded]
    for row, step in zip(rounded, steps, strict=True):
        grid = row / step
        assert (grid - grid.round()).abs().max() < 1e-2
    assert len({round(float(s), 9) for s in steps}) == 4


def test_equaliser_is_smooth_and_keeps_the_maximum_at_zero(clips):
    db = mel_db(torch.randn(6, 48_000, generator=generator(1)))
    coloured = augment.equalise(db, generator())
    assert torch.allclose(coloured.amax((1, 2)), torch.zeros(6), atol=1e-5)
    assert coloured.min() >= -TOP_DB
    gain = (coloured - db).median(dim=2).values
    assert gain.diff(dim=1).abs().max() < 3  # dB from band to band
    assert gain.std(dim=1).min() > 0.5  # but every clip is coloured


def test_warp_without_change_is_the_identity(monkeypatch):
    monkeypatch.setattr(augment, "TEMPO", (1.0, 1.0))
    monkeypatch.setattr(augment, "VOCAL_TRACT", (1.0, 1.0))
    db = -40 * torch.rand(2, 128, 216, generator=generator())
    warped, frames = augment.warp(db, frames=torch.tensor([216.0, 90.0]), generator=generator())
    assert torch.allclose(warped, db[..., :188], atol=1e-2)
    assert frames.tolist() == [188, 90]


def test_faster_tempo_brings_later_sound_forward(monkeypatch):
    monkeypatch.setattr(augment, "TEMPO", (1.1, 1.1))
    monkeypatch.setattr(augment, "VOCAL_TRACT", (1.0, 1.0))
    db = torch.full((1, 128, 216), -80.0)
    db[..., 110] = 0.0
    warped, _ = augment.warp(db, frames=torch.tensor([216.0]), generator=generator())
    assert warped[0, 64].argmax() == 100


def test_masks_hide_bands_and_frames_within_their_widths():
    masked = augment.mask(torch.ones(200, 1, 128, 188), generator())
    bands = (masked[:, 0].sum(2) == 0).sum(1)
    frames = (masked[:, 0].sum(1) == 0).sum(1)
    assert bands.max() <= 2 * augment.MAX_BAND_MASK
    assert frames.max() <= 2 * augment.MAX_FRAME_MASK
    assert bands.float().mean() > 10
    assert frames.float().mean() > 20


def test_mixup_blends_features_and_targets_alike():
    n = 512
    targets = torch.eye(6)[torch.arange(n) % 6]
    features = targets[:, None, :, None].expand(n, 1, 6, 4).clone()  # each feature is its own target
    lengths = torch.arange(n) % 188 + 1
    mixed, mixed_lengths, mixed_targets = augment.mixup(
        features, lengths=lengths, targets=targets, generator=generator()
    )
    assert torch.allclose(mixed[:, 0, :, 0], mixed_targets, atol=1e-6)
    assert torch.allclose(mixed_targets.sum(1), torch.ones(n), atol=1e-5)
    assert (mixed_lengths >= lengths).all()
    largest = mixed_targets.max(1).values  # Beta(0.2, 0.2): mostly near one of the two clips
    assert 0.6 < (largest > 0.9).float().mean() < 0.95


@pytest.mark.parametrize("rate", [0.8, 1.0, 1.25])
def test_the_vocoder_is_librosas(clips, rate):
    from librosa.effects import time_stretch

    waveforms = clips[0][2:] + 0.01 * torch.randn(2, augment.SOURCE_SAMPLES, generator=generator())
    theirs = time_stretch(waveforms.numpy(), rate=rate)
    ours = augment._stretch(waveforms, torch.tensor([rate]), theirs.shape[1]).numpy()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 0.01 * np.abs(theirs).max()


def test_a_share_of_the_clips_is_vocoded_and_the_rest_is_as_it_was(clips):
    waveforms, lengths = (part.repeat(16, *[1] * (part.ndim - 1)) for part in clips)
    spoken, after = augment.vocode(waveforms, lengths=lengths, generator=generator(1))
    changed = (spoken != waveforms).any(1)
    assert changed.sum() == 16
    assert torch.equal(lengths[~changed], after[~changed])
    rates = (lengths[changed] / after[changed])[after[changed] < augment.SOURCE_SAMPLES]
    assert (rates.max() - rates.min()).abs() < 0.01
    assert 0.8 <= rates.mean() <= 1.25
    assert not (spoken * (torch.arange(augment.SOURCE_SAMPLES) >= after[:, None])).any()


def test_bands_of_another_speaker_keep_groups_together_and_the_maximum_at_zero(monkeypatch):
    monkeypatch.setattr(augment, "STYLE_SHARE", 1.0)
    db = -10 - 30 * torch.rand(6, 128, 90, generator=generator())
    db[3:] -= torch.linspace(0, 30, 128)[:, None]  # a dull microphone
    db = db - db.amax((1, 2), keepdim=True)
    valid = torch.ones(6, 90, dtype=torch.bool)
    changed = [augment.mix_style(db, valid=valid, groups=2, generator=generator(seed)) for seed in range(8)]
    assert all(torch.allclose(one.amax((1, 2)), torch.zeros(6), atol=1e-4) for one in changed)

    def slope(x: torch.Tensor) -> torch.Tensor:
        return x[:, :20].mean((1, 2)) - x[:, -20:].mean((1, 2))

    tilts = torch.stack([slope(one) for one in changed])
    assert (tilts.view(8, 2, 3).std(2) < 2).all()  # the clips of a speaker share one microphone
    assert tilts[:, :3].max() > 8  # which may be that of the other speaker
    assert tilts[:, 3:].min() < 15
    monkeypatch.setattr(augment, "STYLE_SHARE", 0.0)
    assert torch.allclose(augment.mix_style(db, valid=valid, groups=2, generator=generator()), db, atol=1e-4)
