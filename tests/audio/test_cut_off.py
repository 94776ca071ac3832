"""Files that were cut off say so also where no header says how long they are; whole ones never do."""

from pathlib import Path

import numpy as np
import pytest

from ser.audio.reading import SAMPLE_RATE, read_audio
from tests.helpers.sound_files import encode

NO_HEADER = {"write_xing": "0", "id3v2_version": "0"}
FRAGMENTS = {"movflags": "empty_moov+frag_keyframe+default_base_moof", "frag_duration": "300000"}
# By what is in the file: its ending, codec and sample rate, and the options of the container.
KINDS = {
    "MP3 without a header": ("mp3", "libmp3lame", 44_100, NO_HEADER),
    "MP3 of MPEG-2": ("mp3", "libmp3lame", 16_000, NO_HEADER),
    "MP2": ("mp2", "mp2", 44_100, {}),
    "AAC in ADTS": ("aac", "aac", 48_000, {}),
    "AC-3": ("ac3", "ac3", 44_100, {}),
    "E-AC-3": ("eac3", "eac3", 48_000, {}),
    "AMR": ("amr", "libopencore_amrnb", 8_000, {}),
    "WMA": ("wma", "wmav2", 44_100, {}),
    "live WebM": ("webm", "libopus", 48_000, {"live": "1"}),
    "MP4 in fragments": ("mp4", "aac", 48_000, FRAGMENTS),
    "FLV": ("flv", "aac", 44_100, {}),
    "MPEG-TS": ("ts", "aac", 48_000, {}),
    "AVI": ("avi", "pcm_s16le", 16_000, {}),
    "W64": ("w64", "pcm_s16le", 16_000, {}),
}
LENGTH_S = 4.0


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """The content of a whole file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    n = round(LENGTH_S * SAMPLE_RATE)
    sound = np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)
    contents = {}
    for kind, (ending, codec, rate, options) in KINDS.items():
        bit_rate = {"b": "128k"} if codec == "wmav2" else None
        path = encode(folder / f"{kind}.{ending}", codec, sound, rate, codec_options=bit_rate, **options)
        contents[kind] = path.read_bytes()
    return contents


def read(folder: Path, kind: str, content: bytes):
    path = folder / f"a.{KINDS[kind][0]}"
    path.write_bytes(content)
    return read_audio(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_of_a_cut_file_is_used_and_the_rest_is_missed(files, tmp_path, kind):
    whole = read(tmp_path, kind, files[kind])
    assert whole.warnings == ()
    assert whole.duration_s == pytest.approx(LENGTH_S, abs=0.15)
    for share in (0.3, 0.61, 0.92):
        cut = read(tmp_path, kind, files[kind][: round(len(files[kind]) * share) | 1])
        assert cut.duration_s == pytest.approx(share * LENGTH_S, abs=0.4), share
        assert len(cut.warnings) == 1, share
        assert "is cut off or damaged" in cut.warnings[0]


ID3V1 = b"TAG" + b"A title".ljust(125, b"\0")
APE = (
    b"APETAGEX\xd0\x07\0\0"
    + (8 + 6 + 5 + 32).to_bytes(4, "little")
    + b"\x01\0\0\0\0\0\0\x80".ljust(16, b"\0")
    + b"\x05\0\0\0\0\0\0\0Title\0Voice"
    + b"APETAGEX\xd0\x07\0\0"
    + (8 + 6 + 5 + 32).to_bytes(4, "little")
    + b"\x01\0\0\0\0\0\0\x80".ljust(16, b"\0")
)


@pytest.mark.parametrize(
    "end",
    [ID3V1, APE, APE + ID3V1, bytes(5000), b"Lyrics and the like: no frames of sound " * 20],
    ids=["ID3v1", "APE", "both", "zeros", "text"],
)
@pytest.mark.parametrize("kind", ["MP3 without a header", "AAC in ADTS"])
def test_what_follows_the_last_frame_is_no_missing_sound(files, tmp_path, kind, end):
    assert read(tmp_path, kind, files[kind] + end).warnings == ()


@pytest.mark.parametrize("kind", ["MP3 without a header", "AAC in ADTS"])
def test_a_cut_between_two_frames_does_not_show(files, tmp_path, kind):
    """Such a file is whole in itself."""
    content = files[kind]
    starts = [i for i in range(len(content) - 1) if content[i : i + 2] == content[:2]]
    assert read(tmp_path, kind, content[: starts[-1]]).warnings == ()


def test_padding_after_the_last_box_of_an_mp4_is_no_missing_sound(files, tmp_path):
    for padding in (bytes(3), bytes(4096)):
        assert read(tmp_path, "MP4 in fragments", files["MP4 in fragments"] + padding).warnings == ()
