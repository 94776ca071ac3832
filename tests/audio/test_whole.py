"""All of a recording is read: to its real end, and every part of a file into which several were joined."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.reading import SAMPLE_RATE, AudioError, read_audio
from tests.helpers.sound_files import click, clicks_s, encode

NO_HEADER = {"write_xing": "0", "id3v2_version": "0"}
VBR = {"flags": "+qscale", "global_quality": "472"}  # -q:a 4


def quiet_then_loud(duration_s: float) -> np.ndarray:
    """Return sound whose bit rate rises, so that its beginning tells little of its length."""
    n = round(duration_s * SAMPLE_RATE)
    noise = np.random.default_rng(0).normal(0, 0.1, n)
    return (noise * (np.arange(n) > n / 3)).astype(np.float32)


def mp3(path: Path, sound: np.ndarray, codec_options: dict, **options: str) -> Path:
    return encode(path, "libmp3lame", sound, 44_100, codec_options=codec_options, **options)


# --- the real end


@pytest.mark.parametrize(
    ("codec_options", "duration_s"), [(VBR, 30), ({"b": "128000"}, 95)], ids=["VBR", "CBR"]
)
def test_an_mp3_without_header_is_read_to_its_end(tmp_path, codec_options, duration_s):
    recording = read_audio(mp3(tmp_path / "a.mp3", quiet_then_loud(duration_s), codec_options, **NO_HEADER))
    assert recording.duration_s == pytest.approx(duration_s, abs=0.1)
    assert recording.warnings == ()
    assert np.abs(recording.samples[-SAMPLE_RATE:]).max() > 0.1


@pytest.mark.parametrize("header", [{}, NO_HEADER], ids=["header", "no header"])
def test_a_picture_in_an_mp3_is_no_missing_sound(tmp_path, header):
    path = mp3(tmp_path / "a.mp3", click(), {"b": "128000"}, **(header | {"id3v2_version": "0"}))
    length_s = read_audio(path).duration_s
    (tmp_path / "b.mp3").write_bytes(id3_with_picture(600_000) + path.read_bytes())
    recording = read_audio(tmp_path / "b.mp3")
    assert recording.duration_s == length_s
    assert recording.warnings == ()


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_an_mp3_with_a_header_that_was_cut_off_says_so(tmp_path, kept):
    path = mp3(tmp_path / "a.mp3", quiet_then_loud(20), VBR)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    (warning,) = read_audio(path).warnings
    assert "cut off" in warning


def id3_with_picture(size: int) -> bytes:
    """Return an ID3 tag with a cover of random bytes."""
    picture = b"\0image/png\0\3\0\x89PNG\r\n\x1a\n" + np.random.default_rng(0).bytes(size)
    frame = b"APIC" + _seven_bits(len(picture)) + b"\0\0" + picture
    return b"ID3\4\0\0" + _seven_bits(len(frame)) + frame


def _seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


@pytest.mark.parametrize("ending", ["mp3", "aac", "flac"])
def test_a_cover_of_18_mb(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    if ending == "flac":
        soundfile.write(path, click(), 48_000)
    else:
        encode(path, {"mp3": "libmp3lame", "aac": "aac"}[ending], click(), source_rate=48_000)
    path.write_bytes(id3_with_picture(18_000_000) + path.read_bytes())
    assert clicks_s(read_audio(path).samples) == [pytest.approx(1.0, abs=0.03)]


def test_a_cover_of_18_mb_in_matroska(tmp_path):
    path = encode(tmp_path / "a.mka", "libopus", click(), source_rate=48_000)
    data = path.read_bytes()
    cluster = data.index(b"\x1f\x43\xb6\x75")
    void = b"\xec" + (1 << 56 | 18_000_000).to_bytes(8, "big") + bytes(18_000_000)
    path.write_bytes(data[:cluster] + void + data[cluster:])
    assert clicks_s(read_audio(path).samples)[:1] == [pytest.approx(1.0, abs=0.03)]


# --- joined files


def stereo(sound: np.ndarray) -> np.ndarray:
    return np.repeat(sound[:, None], 2, axis=1)


def part(path: Path, rate: int = 48_000, channels: int = 1) -> Path:
    """Write 2 s with a click at 1 s."""
    sound = click(1.0, 2.0, rate)
    sound = stereo(sound) if channels == 2 else sound
    if path.suffix in (".wav", ".flac"):
        soundfile.write(path, sound, rate)
    elif path.suffix in (".ogg", ".opus"):
        subtype = {".ogg": "VORBIS", ".opus": "OPUS"}[path.suffix]
        soundfile.write(path, sound, rate, format="OGG", subtype=subtype)
    else:
        codec = {".mp3": "libmp3lame", ".aac": "aac"}[path.suffix]
        encode(path, codec, sound, rate, source_rate=rate)
    return path


def join(target: Path, *parts: Path) -> Path:
    target.write_bytes(b"".join(path.read_bytes() for path in parts))
    return target


@pytest.mark.parametrize("ending", ["ogg", "opus", "flac", "mp3", "aac", "wav"])
@pytest.mark.parametrize("second", [(48_000, 1), (48_000, 2), (24_000, 1)], ids=["alike", "stereo", "rate"])
def test_both_parts_of_a_joined_file(tmp_path, ending, second):
    first, other = part(tmp_path / f"1.{ending}"), part(tmp_path / f"2.{ending}", *second)
    recording = read_audio(join(tmp_path / f"both.{ending}", first, other))
    assert clicks_s(recording.samples) == pytest.approx([1.0, 3.0], abs=0.09)  # codecs delay and pad
    assert recording.warnings == ()


def test_links_of_an_ogg_chain_follow_without_a_gap(tmp_path):
    links = [part(tmp_path / f"{i}.{kind}") for i, kind in enumerate(("ogg", "opus", "ogg"))]
    recording = read_audio(join(tmp_path / "chain.ogg", *links))
    assert clicks_s(recording.samples) == pytest.approx([1.0, 3.0, 5.0], abs=0.001)
    assert recording.duration_s == pytest.approx(6.0, abs=0.001)


def test_three_flacs_of_which_the_first_does_not_know_its_length(tmp_path):
    parts = [part(tmp_path / f"{i}.flac") for i in range(3)]
    data = bytearray(parts[0].read_bytes())
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])  # "unknown"
    parts[0].write_bytes(data)
    recording = read_audio(join(tmp_path / "all.flac", *parts))
    assert clicks_s(recording.samples) == pytest.approx([1.0, 3.0, 5.0], abs=0.001)
    assert recording.warnings == ()


def test_tags_between_mp3s(tmp_path):
    first = part(tmp_path / "1.mp3")
    old_tag = tmp_path / "tag"
    old_tag.write_bytes(b"TAG" + bytes(125))
    new_tag = tmp_path / "cover"
    new_tag.write_bytes(id3_with_picture(50_000))
    recording = read_audio(join(tmp_path / "both.mp3", first, old_tag, new_tag, first))
    assert clicks_s(recording.samples) == pytest.approx([1.0, 3.0], abs=0.15)
    assert recording.warnings == ()


def test_the_limit_holds_for_all_parts_together(tmp_path):
    parts = [part(tmp_path / f"{i}.flac") for i in range(3)]
    path = join(tmp_path / "all.flac", *parts)
    with pytest.raises(AudioError, match="longer than 5 s"):
        read_audio(path, max_s=5)
    assert read_audio(path, max_s=6).duration_s == 6


def test_a_last_part_that_is_cut_off(tmp_path):
    for ending in ("wav", "ogg", "flac"):
        parts = [part(tmp_path / f"{i}.{ending}") for i in range(2)]
        path = join(tmp_path / f"all.{ending}", *parts)
        path.write_bytes(path.read_bytes()[: -parts[1].stat().st_size // 3])
        recording = read_audio(path)
        assert 2 < recording.duration_s < 4
        assert "cut off" in recording.warnings[0]


def test_bytes_that_look_like_another_part_are_none(tmp_path):
    for ending, mark in {"flac": b"fLaC\x80\0\0\x22", "ogg": b"OggS\0\2", "wav": b"RIFF\0\0\0\0WAVE"}.items():
        path = part(tmp_path / f"a.{ending}")
        path.write_bytes(path.read_bytes() + mark)
        assert clicks_s(read_audio(path).samples) == pytest.approx([1.0], abs=0.001)
