"""Labels lie where Praat and Audacity show them: both start an MP3 at another time than browsers and this app."""

import io
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from ser.__main__ import main
from ser.annotation.formats import ImportOptions, KnownClips, export, program_shifts, read
from ser.annotation.formats.contents import Interval
from ser.annotation.formats.matching import folder_sounds
from ser.annotation.formats.praat_text import read_tiers, write_tiers
from ser.annotation.formats.program_times import read_mp3_start, shift_s
from ser.annotation.label import Clip, Label
from ser.annotation.store import Annotations, hash_file, new_id
from ser.audio import load_audio
from tests.conftest import skip_or_fail

SOUND_S, CLICK_S = 3.0, 1.0
MAX_ERROR_S = 0.002
TIME = "2026-01-31T12:00:00.000Z"
FILES = [
    *(f"mp3 {rate} {header}" for rate in (16_000, 44_100, 48_000) for header in ("header", "bare")),
    *("wav 44100 -", "flac 16000 -", "ogg 44100 -"),
]
PRAAT = """form Click
    sentence Sound
    sentence Grid
endform
sound = Read from file: sound$
high = Get maximum: 0, 0, "none"
low = Get minimum: 0, 0, "none"
if high > -low
    click = Get time of maximum: 0, 0, "none"
else
    click = Get time of minimum: 0, 0, "none"
endif
if grid$ <> "none"
    grid = Read from file: grid$
    start = Get start time of interval: 1, 2
else
    start = 0
endif
writeInfoLine: click, " ", start
"""


def make(folder: Path, kind: str) -> Path:
    """Write a click at one second as a kind of file: format, rate and whether an MP3 has a header."""
    format, rate, header = kind.split()
    samples = np.zeros(int(SOUND_S * int(rate)), np.int16)
    samples[int(CLICK_S * int(rate))] = 30_000
    path = folder / f"{kind}.{format}"
    if format != "mp3":
        soundfile.write(path, samples, int(rate))
        return path
    options = {} if header == "header" else {"write_xing": "0"}
    with av.open(str(path), "w", format="mp3", options=options) as out:
        stream = out.add_stream("libmp3lame", rate=int(rate), layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16p", layout="mono")
        frame.rate = int(rate)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return path


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    for kind in FILES:
        make(folder, kind)
    return folder


def find_click(path: Path) -> float:
    samples = load_audio(path)
    return int(np.abs(samples).argmax()) / 16_000


def label_of(path: Path) -> tuple[Label, Clip]:
    """Return a label that starts at the click."""
    clip = Clip(hash_file(path), path.name, len(load_audio(path)) / 16_000)
    region = {"start_s": find_click(path), "end_s": 2.0}
    return Label(new_id(), clip.hash, "Ann", "ANG", time=TIME, revision=1, **region), clip


@pytest.fixture(scope="module")
def praat():
    """Return a function that says where the real Praat finds the click of a sound and the first label of a TextGrid."""
    program = shutil.which("praat")
    if program is None:
        skip_or_fail("Praat is not installed: apt-get install praat")

    def run(script: Path, sound: Path, grid: Path | None = None) -> tuple[float, float]:
        script.write_text(PRAAT, encoding="utf-8")
        command = [program, "--run", str(script), str(sound), str(grid or "none")]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        click, start = map(float, printed.split())
        return click, start

    return run


@pytest.mark.parametrize("kind", FILES)
def test_a_label_lies_at_the_same_sound_in_praat(kind, sounds, praat, tmp_path):
    path = sounds / f"{kind}.{kind.split()[0]}"
    label, clip = label_of(path)
    known = KnownClips([clip], folder_sounds(sounds))
    shifts, notes = program_shifts([label], clips=[clip], program="praat", known=known)
    assert bool(notes) == ("mp3" in kind)
    [text] = export([label], clips=[clip], format="textgrid", shifts=shifts).values()
    (tmp_path / "a.TextGrid").write_text(text, encoding="utf-8")
    click, start = praat(tmp_path / "click.praat", path, tmp_path / "a.TextGrid")
    assert start == pytest.approx(click, abs=MAX_ERROR_S)
    assert [row.label for row in read({"a.TextGrid": text}, format="textgrid").rows] == [label]


@pytest.mark.parametrize("kind", FILES)
def test_a_label_that_was_made_in_praat_comes_in_at_its_sound(kind, sounds, praat, tmp_path):
    path = sounds / f"{kind}.{kind.split()[0]}"
    click, _ = praat(tmp_path / "click.praat", path)
    text = write_tiers(SOUND_S, [("emotion", [Interval(click, 2.0, "sad")])])
    known, options = KnownClips((), folder_sounds(sounds)), ImportOptions(annotator="Ann")
    reading = read({f"{path.stem}.TextGrid": text}, format="textgrid", clips=known, options=options)
    [row] = reading.rows
    assert row.label.start_s == pytest.approx(find_click(path), abs=MAX_ERROR_S)
    assert bool(reading.notes) == ("mp3" in kind)
    decoded = ImportOptions(annotator="Ann", times="decoded")
    [row] = read({f"{path.stem}.TextGrid": text}, format="textgrid", clips=known, options=decoded).rows
    assert row.label.start_s == click


# Milliseconds by which Audacity 3.2.4 shows the click later than this app, as measured.
AUDACITY_MS = {"mp3 44100 header": 25.1, "mp3 16000 header": 69.1, "mp3 44100 bare": 0.0, "wav 44100 -": 0.0}


@pytest.mark.parametrize(("kind", "later_ms"), AUDACITY_MS.items())
def test_audacitys_times_are_those_that_were_measured(kind, later_ms, sounds):
    path = sounds / f"{kind}.{kind.split()[0]}"
    assert 1000 * shift_s(path, program="audacity") == pytest.approx(later_ms, abs=0.1)
    label, clip = label_of(path)
    known = KnownClips([clip], folder_sounds(sounds))
    shifts, _ = program_shifts([label], clips=[clip], program="audacity", known=known)
    [text] = export([label], clips=[clip], format="audacity", shifts=shifts).values()
    assert float(text.split("\t")[0]) == pytest.approx(label.start_s + later_ms / 1000, abs=1e-4)
    assert [row.label for row in read({"a.txt": text}, format="audacity").rows] == [label]


def test_pictures_before_the_sound_do_not_hide_the_header(sounds):
    content = (sounds / "mp3 44100 header.mp3").read_bytes()
    start = read_mp3_start(io.BytesIO(content))
    assert start is not None
    assert (start.rate, start.header_samples, start.removed_samples) == (44_100, 1152, 1105)
    size = 300_000
    tag = b"ID3\x04\x00\x00" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + b"\x00" * size
    for more in (tag, tag + tag):
        assert read_mp3_start(io.BytesIO(more + content.partition(b"ID3")[0] + content)) == start
    assert read_mp3_start(io.BytesIO((sounds / "wav 44100 -.wav").read_bytes())) is None
    assert read_mp3_start(io.BytesIO(b"\xff\xf1\x50\x80" + b"\x00" * 100)) is None  # AAC
    for length in range(0, 200, 7):
        read_mp3_start(io.BytesIO(content[:length]))


def test_all_that_praat_shows_of_an_mp3_is_the_whole_clip(sounds):
    known, options = KnownClips((), folder_sounds(sounds)), ImportOptions(annotator="Ann")
    for file, end_s in (
        ("mp3 44100 header", 3.016),
        ("mp3 16000 header", 3.0569),
        ("mp3 44100 bare", 2.9899),
    ):
        text = write_tiers(end_s, [("emotion", [Interval(0.0, end_s, "sad")])])
        [row] = read({f"{file}.TextGrid": text}, format="textgrid", clips=known, options=options).rows
        assert row.label.whole


def test_the_commands_say_by_how_much_they_move_labels(sounds, tmp_path, capsys):
    file, out = tmp_path / "labels.sqlite", tmp_path / "out"
    label, clip = label_of(sounds / "mp3 44100 header.mp3")
    with Annotations(file) as store:
        store.put_clip(clip)
        stored = store.write(Label(label.id, clip.hash, "Ann", "ANG", start_s=label.start_s, end_s=2.0))
    command = ["annotations", "export", "--annotations", str(file), "--format", "textgrid", "--out", str(out)]
    assert main(command) == 0
    assert "mp3 44100 header.mp3 is needed to know when Praat starts it" in capsys.readouterr().out
    with_sounds = [*command, "--overwrite", "--sounds", str(sounds)]
    assert main(with_sounds) == 0
    assert "1 label moved 37.0 ms later: Praat" in capsys.readouterr().out
    again = tmp_path / "again.sqlite"
    assert main(["annotations", "import", "--annotations", str(again), "--format", "textgrid", str(out)]) == 0
    with Annotations(again) as store:
        assert store.labels() == [stored]
    assert main([*with_sounds, "--wav"]) == 0
    assert "moved" not in capsys.readouterr().out
    [grid], [wav] = out.glob("*.TextGrid"), out.glob("*.wav")
    assert grid.stem == wav.stem
    _, tiers = read_tiers(grid.read_text(encoding="utf-8"))
    assert tiers[0].intervals[1].start_s == pytest.approx(find_click(wav), abs=MAX_ERROR_S)
    wrong = ["annotations", "export", "--annotations", str(file), "--out", str(out), "--times", "praat"]
    assert main(wrong) == 1
