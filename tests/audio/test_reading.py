"""Reading sound files of every format and with every defect."""

import shutil
import struct
import warnings
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ser.audio.features import N_SAMPLES, fix_length
from ser.audio.quality import describe_problem
from ser.audio.reading import MAX_S, SAMPLE_RATE, AudioError, AudioWarning, load_audio, read_audio
from tests.helpers.sound_files import chirp, write

DEPTHS = {"PCM_U8": 2e-2, "ULAW": 5e-2, "PCM_16": 1e-3, "PCM_24": 1e-3, "FLOAT": 1e-3, "DOUBLE": 1e-3}
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def cut(path: Path, fraction: float) -> Path:
    """Keep only the first part of the file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return the highest correlation over shifts of up to 60 ms, as codecs delay the sound."""
    n = min(len(a), len(b)) - 1000
    later = [np.corrcoef(a[shift : shift + n], b[:n])[0, 1] for shift in range(960)]
    earlier = [np.corrcoef(a[:n], b[shift : shift + n])[0, 1] for shift in range(960)]
    return max(later + earlier)


# --- readable files ---------------------------------------------------------------------------------


@SLOW
@given(
    rate=st.sampled_from([8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]) | st.integers(7000, 200_000),
    depth=st.sampled_from(sorted(DEPTHS)),
    gains=st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=4),
)
def test_any_rate_depth_and_channel_count(tmp_path, rate, depth, gains):
    n = rate  # one second
    tone = np.sin(2 * np.pi * 440 * np.arange(n) / rate)
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone[:, None] * gains, rate, subtype=depth)
    recording = read_audio(path)
    assert recording.samples.dtype == np.float32
    assert recording.samples.shape == (SAMPLE_RATE,)
    is_opposite = np.mean(gains) ** 2 < 0.1 * np.sum(np.square(gains)) / len(gains) ** 2
    assume(
        abs(np.mean(gains) ** 2 - 0.1 * np.sum(np.square(gains)) / len(gains) ** 2) > 0.001 or not any(gains)
    )
    assert bool(recording.warnings) == is_opposite
    gain = max(gains, key=abs) if is_opposite else np.mean(gains)
    expected = gain * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    middle = slice(800, -800)  # a resampler rings at the ends
    assert np.abs(recording.samples - expected)[middle].max() < DEPTHS[depth]


@pytest.mark.parametrize(
    "ending",
    [
        "wav",
        "flac",
        "mp3",
        "ogg",
        "opus",
        "aiff",
        "aifc",
        "rf64",
        "au",
        "w64",
        "caf",
        "webm",
        "m4a",
        "mp4",
        "aac",
    ],
)
def test_every_kind_of_file(tmp_path, ending):
    path = write(tmp_path / f"sweep.{ending}", chirp())
    recording = read_audio(path)
    assert recording.warnings == ()
    assert recording.duration_s == pytest.approx(2.0, abs=0.08)
    assert correlation(recording.samples, chirp()) > 0.98


def test_the_name_need_not_tell_the_kind(tmp_path):
    for wrong in ("a.mp3", "a.raw", "a", "a.webm", "Äpfel 1.wav"):
        shutil.copy(write(tmp_path / "sweep.flac", chirp()), tmp_path / wrong)
        assert len(load_audio(tmp_path / wrong)) == 32_000


def test_real_clips_are_read_unchanged(crema_d):
    for path in sorted((crema_d / "AudioWAV").glob("*.wav"))[::150]:
        expected, rate = soundfile.read(path, dtype="float32")
        assert rate == SAMPLE_RATE
        np.testing.assert_array_equal(load_audio(str(path)), expected)


def test_a_real_clip_survives_a_phone_and_a_browser(crema_d, tmp_path):
    voice = load_audio(crema_d / "AudioWAV" / "1001_DFA_ANG_XX.wav")
    for name in ("phone.m4a", "browser.webm"):
        assert correlation(load_audio(write(tmp_path / name, voice)), voice) > 0.96


# --- unreadable files: one sentence with the name, the problem and the cure ----------------------------


def assert_sentence(error: pytest.ExceptionInfo, name: str, *words: str) -> None:
    text = str(error.value)
    assert text.startswith(name)
    assert text.endswith(".")
    assert "\n" not in text
    assert "/" not in text  # the folder stays private
    assert ":" in text  # the problem: the cure
    for word in words:
        assert word in text


def test_missing(tmp_path):
    with pytest.raises(AudioError) as error:
        read_audio(tmp_path / "gone.wav")
    assert_sentence(error, "gone.wav", "not found")


def test_folder(tmp_path):
    (tmp_path / "clips").mkdir()
    with pytest.raises(AudioError) as error:
        read_audio(tmp_path / "clips")
    assert_sentence(error, "clips", "folder")


@pytest.mark.parametrize(
    "text", ["hello\n" * 100, "#EXTM3U\n#EXTINF:1,\nsweep.wav\n", "ffconcat version 1.0\nfile sweep.wav\n"]
)
def test_text_and_playlists_are_no_sound(tmp_path, text):
    write(tmp_path / "sweep.wav", chirp())
    for name in ("list.wav", "list.m3u8", "list.ffconcat"):
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioError) as error:
            read_audio(tmp_path / name)
        assert_sentence(error, name, "not a sound file", "WAV")


def test_empty(tmp_path):
    (tmp_path / "nothing.wav").touch()
    with pytest.raises(AudioError) as error:
        read_audio(tmp_path / "nothing.wav")
    assert_sentence(error, "nothing.wav", "empty")


@pytest.mark.parametrize("ending", ["wav", "rf64", "aiff", "au"])
def test_header_only(tmp_path, ending):
    path = write(tmp_path / f"bare.{ending}", np.zeros(0, np.float32))
    with pytest.raises(AudioError) as error:
        read_audio(path)
    assert_sentence(error, path.name, "no sound", "header")


def test_pictures_without_sound(tmp_path):
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(AudioError) as error:
        read_audio(path)
    assert_sentence(error, "mute.mp4", "no sound track")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100])
def test_samples_that_are_no_numbers(tmp_path, bad, rate):
    sound = np.stack([chirp(), chirp()], axis=1)
    sound[-1, 1] = bad
    soundfile.write(tmp_path / "odd.wav", sound, rate, subtype="FLOAT")
    with pytest.raises(AudioError) as error:
        read_audio(tmp_path / "odd.wav")
    assert_sentence(error, "odd.wav", "NaN or infinity")


def test_float_files_beyond_full_scale_are_sound(tmp_path):
    soundfile.write(tmp_path / "loud.wav", chirp() * 32_768, SAMPLE_RATE, subtype="FLOAT")
    assert load_audio(tmp_path / "loud.wav").max() > 10_000


@SLOW
@given(data=st.binary(min_size=1, max_size=400))
def test_any_bytes_give_sound_or_an_audio_error(tmp_path, data):
    (tmp_path / "bytes.wav").write_bytes(data)
    with pytest.raises(AudioError):
        read_audio(tmp_path / "bytes.wav")


@SLOW
@given(
    ending=st.sampled_from(["wav", "aiff", "flac", "ogg", "au", "m4a", "webm"]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_damaged_header_gives_sound_or_an_audio_error(damaged_sources, tmp_path, ending, changes):
    data = bytearray(damaged_sources[ending])
    for position, value in changes:
        data[position] = value
    path = tmp_path / f"damaged.{ending}"
    path.write_bytes(data)
    try:
        recording = read_audio(path)
    except AudioError:
        return
    assert 0 < recording.duration_s <= MAX_S + 1
    assert np.isfinite(recording.samples).all()


@pytest.fixture(scope="module")
def damaged_sources(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sources")
    kinds = ["wav", "aiff", "flac", "ogg", "au", "m4a", "webm"]
    return {kind: write(folder / f"a.{kind}", chirp(0.5)).read_bytes() for kind in kinds}


# --- too long ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "m4a", "webm", "aac"])
def test_the_limit(tmp_path, ending):
    path = write(tmp_path / f"long.{ending}", chirp())
    with pytest.raises(AudioError) as error:
        read_audio(path, max_s=1.5)
    assert_sentence(error, path.name, "longer than 1.5 s")
    assert read_audio(path, max_s=2.2).duration_s > 1.9


def test_exactly_the_limit_is_allowed(tmp_path):
    assert read_audio(write(tmp_path / "a.wav", chirp()), max_s=2.0).duration_s == 2.0


def flac_that_claims(path: Path, frames: int) -> Path:
    """Write a FLAC of two seconds whose header declares another number of frames (36 bits at byte 21)."""
    data = bytearray(write(path, chirp()).read_bytes())
    data[21] = data[21] & 0xF0 | frames >> 32
    data[22:26] = struct.pack(">I", frames & 0xFFFF_FFFF)
    path.write_bytes(data)
    return path


def test_the_limit_is_checked_before_decoding(tmp_path):
    path = flac_that_claims(tmp_path / "claims.flac", 601 * SAMPLE_RATE)
    with pytest.raises(AudioError) as error:
        read_audio(path)
    assert_sentence(error, "claims.flac", "longer than 600 s")


def test_the_limit_holds_where_the_header_does_not_tell(tmp_path):
    path = flac_that_claims(tmp_path / "stream.flac", 0)  # means "unknown" in FLAC
    with pytest.raises(AudioError, match="longer than 1 s"):
        read_audio(path, max_s=1)
    recording = read_audio(path, max_s=3)
    assert recording.warnings == ()
    np.testing.assert_allclose(recording.samples, chirp(), atol=1e-4)


# --- cut off in the middle --------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", [0.9, 0.6])
@pytest.mark.parametrize(
    "ending", ["wav", "rf64", "aiff", "aifc", "au", "flac", "mp3", "ogg", "opus", "m4a", "mp4", "webm"]
)
def test_what_is_there_of_a_cut_file_is_used(tmp_path, ending, fraction):
    sound = chirp(9.0) + np.random.default_rng(0).normal(0, 0.02, 9 * SAMPLE_RATE).astype(np.float32)
    recording = read_audio(cut(write(tmp_path / f"a.{ending}", sound), fraction))
    assert 0.5 < recording.duration_s < 8.9
    assert len(recording.warnings) == 1
    assert recording.warnings[0].startswith(f"a.{ending} is cut off")
    assert "/" not in recording.warnings[0]
    n = min(len(recording.samples), 16_000)
    assert correlation(recording.samples[:n], sound[: n + 1000]) > 0.95


def test_load_audio_gives_the_warning_too(tmp_path):
    path = cut(write(tmp_path / "a.wav", chirp()), 0.5)
    with pytest.warns(AudioWarning, match=r"a\.wav is cut off"):
        assert len(load_audio(path)) == pytest.approx(16_000, abs=50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_audio(write(tmp_path / "b.wav", chirp()))


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0x8000_0000, 0xFFFF_FFFF])
def test_sizes_of_streaming_writers_are_no_truncation(tmp_path, size):
    data = bytearray(write(tmp_path / "a.wav", chirp()).read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(data)
    recording = read_audio(tmp_path / "a.wav")
    assert recording.warnings == ()
    np.testing.assert_allclose(recording.samples, chirp(), atol=1e-4)


def test_chunks_after_the_sound_are_no_truncation(tmp_path):
    data = bytearray(write(tmp_path / "a.wav", chirp()).read_bytes())
    data += b"LIST" + struct.pack("<I", 4) + b"INFO"
    data[4:8] = struct.pack("<I", len(data) - 8)
    (tmp_path / "a.wav").write_bytes(data)
    assert read_audio(tmp_path / "a.wav").warnings == ()


def test_ogg_without_its_last_page(tmp_path):
    path = write(tmp_path / "a.opus", chirp(4.0))
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    assert len(read_audio(path).warnings) == 1


# --- recordings of the length of a window ----------------------------------------------------------------


@given(n=st.integers(0, 400), length=st.integers(1, 400), rows=st.integers(0, 3))
def test_fix_length(n, length, rows):
    samples = np.ones((rows, n) if rows else n, np.float32)
    fixed = fix_length(samples, length)
    assert fixed.shape == (*samples.shape[:-1], length)
    assert fixed.dtype == np.float32
    assert (fixed[..., :n] == 1).all()
    assert (fixed[..., n:] == 0).all()


def test_fix_length_is_three_seconds_unless_told():
    assert fix_length(chirp(1.0)).shape == fix_length(chirp(5.0)).shape == (N_SAMPLES,)


def test_describe_problem():
    assert describe_problem(chirp(1.0)) is None
    assert describe_problem(chirp(1.0) * 0.01) is None
    assert "too short (0.10 s)" in describe_problem(chirp(0.1))
    assert "too short" in describe_problem(np.zeros(0, np.float32))
    for silence in (np.zeros(16_000), np.full(16_000, 0.2), 1e-5 * chirp(1.0)):
        assert "silent" in describe_problem(silence.astype(np.float32))


def test_only_the_known_silent_clip_is_silent(crema_d):
    paths = sorted((crema_d / "AudioWAV").glob("1076_*.wav"))
    silent = [path.stem for path in paths if describe_problem(load_audio(path))]
    assert silent == ["1076_MTI_SAD_XX"]
