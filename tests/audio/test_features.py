"""Features equal those of the published recipe, and their picture equals librosa's."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from ser.audio.features import N_SAMPLES, Windows, fix_length, log_mel, mel_db
from ser.audio.png import render_png, save_png
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.network.tensor_features import log_mel_batch

CLIPS_COMPARED = 60
EXAMPLE_CLIPS = sorted((Path(__file__).parents[2] / "ser" / "assets" / "examples").glob("*.flac"))


def published_recipe(samples: np.ndarray) -> np.ndarray:
    """Return the features (1, 128, 188) of the notebook, computed by librosa."""
    import librosa

    mel = librosa.feature.melspectrogram(
        y=fix_length(samples), sr=SAMPLE_RATE, n_fft=1024, hop_length=256, n_mels=128
    )
    db = librosa.power_to_db(mel, ref=np.max)
    return ((db - db.mean()) / (db.std() + 1e-6))[None]


def noise(peak: float, n: int = N_SAMPLES) -> np.ndarray:
    return np.random.default_rng(0).uniform(-peak, peak, n).astype(np.float32)


def click() -> np.ndarray:
    samples = np.zeros(N_SAMPLES, np.float32)
    samples[20_000] = 1.0
    return samples


def tone(peak: float = 0.5) -> np.ndarray:
    return (peak * np.sin(2 * np.pi * 440 * np.arange(N_SAMPLES) / SAMPLE_RATE)).astype(np.float32)


SYNTHETIC = {
    "silence": np.zeros(N_SAMPLES, np.float32),
    "a constant": np.full(N_SAMPLES, 0.3, np.float32),
    "a click": click(),
    "full-scale noise": noise(1.0),
    "a short burst": noise(1.0, 4000),
    "a tone": tone(),
    "a clipped tone": np.sign(tone()),
    "a very quiet tone": tone(1e-5),
    "the last bit of 16": np.round(noise(1.0)) / 32_768,
}


@pytest.mark.parametrize("name", SYNTHETIC)
def test_equal_to_the_published_recipe_on_synthetic_sound(name):
    features = log_mel(SYNTHETIC[name])
    assert features.shape == (1, 128, 188)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, published_recipe(SYNTHETIC[name]), atol=1e-3)


def real_clips(crema_d, count: int) -> list[np.ndarray]:
    paths = sorted((crema_d / "AudioWAV").glob("*.wav"))
    chosen = paths[:: len(paths) // count][:count]
    chosen.append(crema_d / "AudioWAV" / "1076_MTI_SAD_XX.wav")  # silent
    return [load_audio(path) for path in chosen]


def test_equal_to_the_published_recipe_on_real_clips(crema_d):
    clips = real_clips(crema_d, CLIPS_COMPARED)
    assert len(clips) > CLIPS_COMPARED
    assert len({len(clip) for clip in clips}) > 10  # shorter and longer than three seconds
    for clip in clips:
        np.testing.assert_allclose(log_mel(clip), published_recipe(clip), atol=1e-3)


def test_a_batch_equals_single_clips(crema_d):
    clips = np.stack([fix_length(clip) for clip in real_clips(crema_d, 7)])
    singles = np.stack([log_mel(clip) for clip in clips])
    np.testing.assert_allclose(log_mel(clips), singles, atol=1e-5)
    # Training and scoring compute their features in different code.
    batch = log_mel_batch(torch.from_numpy(clips))
    assert batch.shape == (len(clips), 1, 128, 188)
    np.testing.assert_allclose(batch.numpy(), singles, atol=1e-4)


def test_a_batch_may_have_any_length():
    assert log_mel_batch(torch.zeros(2, 16_000)).shape == (2, 1, 128, 63)


def test_only_the_first_three_seconds_count():
    np.testing.assert_array_equal(log_mel(noise(0.5, 70_000)), log_mel(noise(0.5, 70_000)[:N_SAMPLES]))


@settings(deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.integers(0, 4000),
        elements=st.floats(-(2.0**31), 2.0**31, width=32),  # the largest value accepted in a sound file
    )
)
def test_never_nan(samples):
    features = log_mel(samples)
    assert features.shape == (1, 128, 188)
    assert np.isfinite(features).all()


def test_the_shipped_filterbank_is_librosas():
    import librosa

    from ser.audio.features import mel_filterbank

    expected = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=128)
    np.testing.assert_allclose(mel_filterbank(), expected, rtol=0, atol=1e-9)


def test_needs_none_of_the_slow_imports():
    code = (
        "import sys, numpy\n"
        "from ser.audio.features import log_mel; from ser.audio.png import render_png\n"
        "render_png(log_mel(numpy.zeros(9)))\n"
        "print([m for m in ('torch', 'librosa', 'numba', 'sklearn', 'matplotlib.pyplot') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the picture ------------------------------------------------------------------------------------


def librosa_picture(features: np.ndarray, cmap: str | None) -> np.ndarray:
    """Return what specshow draws over a whole figure of 600 x 600 pixels as RGB; `None` stands for its own colour map."""
    import librosa.display
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    librosa.display.specshow(features[0], ax=axes, **({"cmap": cmap} if cmap else {}))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def decode(picture: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    assert image.size == (600, 600)
    return np.asarray(image.convert("RGB")).astype(int)


def assert_same_picture(features: np.ndarray, cmap: str) -> None:
    difference = np.abs(decode(render_png(features, cmap)) - librosa_picture(features, cmap))
    assert difference.mean() <= 1


@pytest.mark.parametrize("cmap", ["magma", "coolwarm"])
@pytest.mark.parametrize("name", SYNTHETIC)
def test_the_picture_is_specshows_on_synthetic_sound(name, cmap):
    assert_same_picture(log_mel(SYNTHETIC[name]), cmap)


@pytest.mark.parametrize("cmap", ["magma", "coolwarm"])
def test_the_picture_is_specshows_on_real_clips(crema_d, cmap):
    for clip in real_clips(crema_d, 8):
        assert_same_picture(log_mel(clip), cmap)


def test_coolwarm_is_specshows_own_choice():
    features = log_mel(noise(0.5))
    difference = decode(render_png(features, "coolwarm")) - librosa_picture(features, None)
    assert np.abs(difference).mean() <= 1


def test_low_frequencies_are_at_the_bottom_and_time_runs_to_the_right():
    samples = tone()
    samples[: N_SAMPLES // 2] = 0  # a low tone in the second half
    picture = decode(render_png(log_mel(samples))).sum(axis=2)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert row > 400
    assert column > 300
    assert picture[:, 560].argmax() > 400


def test_any_shape_of_features_fills_the_picture():
    assert decode(render_png(np.random.default_rng(0).normal(size=(128, 701)))).std() > 10


def test_an_unknown_colour_map_is_named():
    with pytest.raises(ValueError, match=r"'rainbows'.*magma"):
        render_png(log_mel(tone()), "rainbows")


def test_save_png_writes_the_picture_or_nothing(tmp_path):
    features = log_mel(tone())
    save_png(features, path=tmp_path / "clip.png")
    assert (tmp_path / "clip.png").read_bytes() == render_png(features)
    with pytest.raises(ValueError, match="colour map"):
        save_png(features, path=tmp_path / "other.png", cmap="rainbows")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.png"]


def test_windows_of_one_recording_have_the_features_of_each():
    samples = np.concatenate([load_audio(example) for example in EXAMPLE_CLIPS] * 2)
    samples[30_000:90_000] = 0
    starts = [0, 8_000, 16_000, 24_000, 32_000, 64_000, 77, 77 + 256, len(samples) - N_SAMPLES]
    windows = Windows(samples, starts)
    np.testing.assert_allclose(
        windows.mel_db(), [mel_db(samples[start : start + N_SAMPLES]) for start in starts], atol=1e-3
    )
    np.testing.assert_array_equal(windows[2:4][1], windows[3])
    short = Windows(samples[:20_000], [0])  # as of a clip
    np.testing.assert_array_equal(short.mel_db()[0], mel_db(fix_length(samples[:20_000])))
