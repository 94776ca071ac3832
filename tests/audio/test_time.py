"""Sound stands at its time: holes between time stamps, late starts, tracks, tags, channels."""

import re
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from ser.audio.reading import SAMPLE_RATE, AudioError, read_audio
from tests.helpers.sound_files import click, clicks_s, encode, remux

CODECS = {
    "webm": "libopus",
    "mkv": "aac",
    "m4a": "aac",
    "mov": "aac",
    "mp4": "libopus",
    "ogg": "libopus",
    "flv": "aac",
}


def source(tmp_path: Path, codec: str, at_s: float = 2.0) -> Path:
    """Return a file with 3 s of sound and a click."""
    ending = {"aac": "m4a", "libopus": "ogg"}[codec]
    return encode(tmp_path / f"source.{ending}", codec, click(at_s), source_rate=48_000)


# --- holes


@pytest.mark.parametrize("ending", [*CODECS, "ts"])
def test_a_pause_is_silent_and_what_follows_stands_at_its_time(tmp_path, ending):
    whole = source(tmp_path, CODECS.get(ending, "aac"))
    path = remux(whole, tmp_path / f"a.{ending}", shift_s=lambda time_s: 0.0 if time_s < 1.0 else 2.0)
    recording = read_audio(path)
    assert clicks_s(recording.samples) == [pytest.approx(4.0, abs=0.03)]
    assert recording.duration_s == pytest.approx(5.0, abs=0.04)
    assert recording.warnings == ()


@pytest.mark.parametrize("ending", ["webm", "m4a", "mkv"])
def test_lost_packets_leave_a_hole(tmp_path, ending):
    whole = source(tmp_path, CODECS[ending])
    path = remux(whole, tmp_path / f"a.{ending}", shift_s=lambda time_s: None if 0.4 < time_s < 0.7 else 0.0)
    recording = read_audio(path)
    assert clicks_s(recording.samples) == [pytest.approx(2.0, abs=0.03)]
    assert recording.warnings == ()


def test_stamps_that_are_a_little_early_or_late_are_no_holes(tmp_path):
    whole = source(tmp_path, "libopus")
    jitter = np.random.default_rng(0).uniform(-0.009, 0.009, 1000)
    path = remux(whole, tmp_path / "a.mkv", shift_s=lambda time_s: jitter[int(time_s * 50)])
    np.testing.assert_array_equal(read_audio(path).samples, read_audio(whole).samples)


def test_one_wrong_stamp_is_no_hole(tmp_path):
    whole = source(tmp_path, "libopus")
    path = remux(
        whole, tmp_path / "a.mkv", shift_s=lambda time_s: 0.2 * (1.0 <= time_s < 1.015), order_too=False
    )
    assert clicks_s(read_audio(path).samples) == [pytest.approx(2.0, abs=0.005)]


def test_the_limit_counts_holes(tmp_path):
    whole = source(tmp_path, "libopus")
    path = remux(whole, tmp_path / "a.webm", shift_s=lambda time_s: 0.0 if time_s < 1.0 else 3600.0)
    with pytest.raises(AudioError, match="longer than 600 s"):
        read_audio(path)


def test_stamps_that_start_again_do_not_hide_a_hole(tmp_path):
    whole = source(tmp_path, "libopus", at_s=1.0)
    path = remux(whole, tmp_path / "a.webm", shift_s=lambda time_s: 0.0 if time_s < 0.5 else 1.0)
    twice = tmp_path / "twice.webm"
    twice.write_bytes(2 * path.read_bytes())
    assert clicks_s(read_audio(twice).samples) == pytest.approx([2.0, 6.0], abs=0.03)


# --- films


def film(path: Path, sound_later_s: float, codec: str = "aac") -> Path:
    """Write 3.5 s of pictures and, some time later, 3 s of sound with a click at 1 s."""
    sound = click()
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4" if path.suffix != ".webm" else "libvpx", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        track = container.add_stream(codec, rate=48_000, layout="mono")
        size = track.codec_context.frame_size or 960
        format = "fltp" if codec == "aac" else "flt"
        packets = []
        for i in range(35):
            picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 7 * i, np.uint8))
            picture.pts = i
            packets += pictures.encode(picture)
        packets += pictures.encode(None)
        for first in range(0, len(sound), size):
            frame = av.AudioFrame.from_ndarray(sound[None, first : first + size], format, "mono")
            frame.sample_rate, frame.pts = 48_000, first + round(sound_later_s * 48_000)
            packets += track.encode(frame)
        packets += track.encode(None)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


@pytest.mark.parametrize("later_s", [0.0, 0.5])
@pytest.mark.parametrize(
    ("ending", "codec"), [("mp4", "aac"), ("mkv", "aac"), ("webm", "libopus"), ("ts", "aac")]
)
def test_sound_that_starts_after_the_picture(tmp_path, ending, codec, later_s):
    recording = read_audio(film(tmp_path / f"a.{ending}", later_s, codec))
    assert clicks_s(recording.samples) == [pytest.approx(1.0 + later_s, abs=0.03)]
    assert recording.warnings == ()


def test_a_cover_is_no_film(tmp_path):
    path = film(tmp_path / "a.mp4", 0.5)
    data = path.read_bytes()
    assert clicks_s(read_audio(path).samples)[0] > 1.4
    only_sound = tmp_path / "a.m4a"
    with av.open(str(path)) as read, av.open(str(only_sound), "w") as written:
        stream = written.add_stream_from_template(read.streams.audio[0])
        for packet in read.demux(read.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)
    assert data != only_sound.read_bytes()
    assert clicks_s(read_audio(only_sound).samples)[0] < 1.1


# --- tags


@pytest.mark.parametrize(
    ("ending", "codec"),
    [("m4a", "aac"), ("mp4", "aac"), ("mkv", "aac"), ("webm", "libopus"), ("avi", "aac"), ("flv", "aac"), ("wv", "wavpack"),
     ("mka", "pcm_s16le"), ("caf", "alac"), ("mov", "alac"), ("wav", "pcm_s16le"), ("aiff", "pcm_s16be"), ("mp3", "libmp3lame")],
)  # fmt: skip
def test_names_in_any_encoding(tmp_path, ending, codec):
    path = tmp_path / f"a.{ending}"
    sound = click()
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Interview xx"
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        stream.metadata["handler_name"] = "Interview xx"
        frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
        frame.sample_rate = 48_000
        convert = av.AudioResampler(
            stream.codec_context.format, "mono", 48_000, stream.codec_context.frame_size or 4096
        )
        for piece in [*convert.resample(frame), *convert.resample(None), None]:
            container.mux(stream.encode(piece))
    data = path.read_bytes()
    assert b"Interview xx" in data or ending in ("mp3", "aiff")
    for tag in (
        "Gespräch müd".encode("latin-1"),
        "怒りの声です".encode("shift-jis"),
        b"\xff\xfe\x80\xc3" * 3,
    ):
        path.write_bytes(data.replace(b"Interview xx", tag))
        assert clicks_s(read_audio(path).samples) == [pytest.approx(1.0, abs=0.03)]


# --- tracks


def two_tracks(path: Path, first_codec: str) -> Path:
    """Write two tracks of sound, with clicks at 1 s and at 2 s."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream(codec, rate=48_000, layout="mono") for codec in (first_codec, "aac")]
        for stream, at_s in zip(streams, (1.0, 2.0), strict=True):
            frame = av.AudioFrame.from_ndarray(click(at_s)[None], "fltp", "mono")
            frame.sample_rate = 48_000
            size = stream.codec_context.frame_size or 4096
            convert = av.AudioResampler(stream.codec_context.format, "mono", 48_000, size)
            for piece in [*convert.resample(frame), *convert.resample(None), None]:
                container.mux(stream.encode(piece))
    return path


def test_the_first_of_two_good_tracks_is_taken(tmp_path):
    recording = read_audio(two_tracks(tmp_path / "a.mkv", "pcm_s16le"))
    assert clicks_s(recording.samples) == [pytest.approx(1.0, abs=0.03)]
    assert recording.warnings == ()


PCM = b"A_PCM/INT/LIT"
FOREIGN = {"unknown": b"A_XYZ".ljust(len(PCM), b"\0"), "not decoded here": b"A_DTS".ljust(len(PCM), b"\0")}


@pytest.mark.parametrize("kind", FOREIGN)
def test_the_first_track_that_decodes_is_taken(tmp_path, kind):
    path = two_tracks(tmp_path / "a.mkv", "pcm_s16le")
    path.write_bytes(path.read_bytes().replace(PCM, FOREIGN[kind]))
    recording = read_audio(path)
    assert clicks_s(recording.samples) == [pytest.approx(2.0, abs=0.03)]
    assert recording.warnings == ("The first sound track of a.mkv cannot be decoded, so track 2 was used.",)


def test_an_unknown_track_of_an_mp4(tmp_path):
    path = two_tracks(tmp_path / "a.mp4", "alac")
    path.write_bytes(path.read_bytes().replace(b"alac", b"xyzw"))
    assert clicks_s(read_audio(path).samples) == [pytest.approx(2.0, abs=0.03)]


@pytest.mark.parametrize("kind", FOREIGN)
def test_only_tracks_that_do_not_decode(tmp_path, kind):
    path = encode(tmp_path / "a.mkv", "pcm_s16le", click(), source_rate=48_000)
    path.write_bytes(path.read_bytes().replace(PCM, FOREIGN[kind]))
    with pytest.raises(AudioError, match=r"a\.mkv has no sound track that can be decoded: save it as"):
        read_audio(path)


# --- damage within


def test_packets_that_cannot_be_decoded_are_told_and_the_rest_stays_at_its_time(tmp_path):
    whole = source(tmp_path, "aac")
    damaged = tmp_path / "a.mkv"
    with av.open(str(whole)) as read, av.open(str(damaged), "w") as written:
        stream = written.add_stream_from_template(read.streams.audio[0])
        for packet in read.demux(read.streams.audio[0]):
            if packet.dts is None:
                continue
            time_s = float(packet.pts * packet.time_base)
            if 0.5 < time_s < 1.0:
                broken = av.Packet(b"\xff" * packet.size)
                broken.pts, broken.dts, broken.time_base, broken.duration = (
                    packet.pts,
                    packet.dts,
                    packet.time_base,
                    packet.duration,
                )
                packet = broken
            packet.stream = stream
            written.mux(packet)
    recording = read_audio(damaged)
    assert clicks_s(recording.samples) == [pytest.approx(2.0, abs=0.03)]
    (warning,) = recording.warnings
    assert re.fullmatch(
        r"a\.mkv is damaged, and 0\.\d s of its sound were left out: record or copy it again\.", warning
    )


# --- channels


def test_opposite_channels(tmp_path):
    for gain in (1.0, 0.7):
        sound = np.stack([gain * click(), -click()], axis=1)
        soundfile.write(tmp_path / "a.wav", sound, 48_000)
        recording = read_audio(tmp_path / "a.wav")
        assert np.abs(recording.samples).max() > 0.7
        assert "opposite phase" in recording.warnings[0]


def test_opposite_channels_of_a_film_and_of_a_float_file(tmp_path):
    sound = np.stack([click(), -click()], axis=1)
    for path in (
        encode(tmp_path / "a.m4a", "aac", sound, source_rate=48_000),
        encode(tmp_path / "a.mka", "pcm_s16le", sound, source_rate=48_000),
    ):
        recording = read_audio(path)
        assert np.abs(recording.samples).max() > 0.5
        assert "opposite phase" in recording.warnings[0]


@pytest.mark.parametrize(
    "kind", ["alike", "one silent", "unrelated", "half opposite", "offset", "both silent"]
)
def test_other_channels_are_averaged(tmp_path, kind):
    rng = np.random.default_rng(1)
    one, other = rng.normal(0, 0.1, (2, 48_000))
    two = {
        "alike": one, "one silent": 0 * one, "unrelated": other, "half opposite": -one / 3 + other, "offset": one - 1.0, "both silent": 0 * one,
    }[kind]  # fmt: skip
    one = {"offset": one + 1.0, "both silent": 0 * one}.get(kind, one)
    soundfile.write(tmp_path / "a.wav", np.stack([one, two], axis=1) / 2, 16_000, subtype="FLOAT")
    recording = read_audio(tmp_path / "a.wav")
    np.testing.assert_allclose(recording.samples, (one + two) / 4, atol=1e-6)
    assert recording.warnings == ()


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus", "m4a"])
def test_the_channel_for_low_effects_is_left_out(tmp_path, ending):
    n = 48_000
    six = np.zeros((n, 6), np.float32)
    hum = 0.5 * np.sin(2 * np.pi * 60 * np.arange(n) / n)
    six[:, [0, 1, 2, 4, 5]] = np.sin(2 * np.pi * 440 * np.arange(n) / n)[:, None] * 0.5
    six[:, 3] = hum  # FL FR FC LFE BL BR
    codec = {"wav": "pcm_s16le", "flac": "flac", "ogg": "vorbis", "opus": "libopus", "m4a": "aac"}[ending]
    if (
        ending == "ogg"
    ):  # FFmpeg's own Vorbis encoder is stereo only; libsndfile's order of channels is Vorbis'
        soundfile.write(tmp_path / "a.ogg", six[:, [0, 2, 1, 4, 5, 3]], n, format="OGG", subtype="VORBIS")
    else:
        encode(tmp_path / f"a.{ending}", codec, six, source_rate=n)
    spectrum = np.abs(np.fft.rfft(read_audio(tmp_path / f"a.{ending}").samples[:SAMPLE_RATE]))
    assert spectrum[440] > 3000
    assert spectrum[60] < 0.02 * spectrum[440]


def test_six_channels_without_names_are_all_averaged(tmp_path):
    six = np.random.default_rng(0).normal(0, 0.1, (16_000, 6)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", six, 16_000, subtype="FLOAT", format="WAV")
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav").samples, six.mean(axis=1), atol=1e-6)


# --- length


@pytest.mark.parametrize(("ending", "codec"), [("m4a", "aac"), ("mp4", "libopus")])
def test_an_mp4_is_as_long_as_it_says(tmp_path, ending, codec):
    path = encode(tmp_path / f"a.{ending}", codec, click(), source_rate=48_000)
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        declared_s = float(track.duration * track.time_base)
    assert read_audio(path).duration_s == pytest.approx(declared_s, abs=0.0002)


def test_wavpack(tmp_path):
    recording = read_audio(encode(tmp_path / "a.wv", "wavpack", click(), source_rate=48_000))
    assert clicks_s(recording.samples) == [pytest.approx(1.0, abs=0.001)]
    assert recording.duration_s == pytest.approx(3.0, abs=0.001)


def test_opus_in_mp4_starts_where_browsers_let_it_start(tmp_path):
    # An edit list and the codec's header both name its pre-skip of 6.5 ms, and browsers obey both.
    mp4 = encode(tmp_path / "a.mp4", "libopus", click(), source_rate=48_000)
    webm = encode(tmp_path / "a.webm", "libopus", click(), source_rate=48_000)
    assert clicks_s(read_audio(mp4).samples) == [pytest.approx(0.9935, abs=0.001)]
    assert clicks_s(read_audio(webm).samples) == [pytest.approx(1.0, abs=0.001)]
