"""Bad files and bad names, in the library and the commands: one sentence, quickly, and in little memory."""

import csv
import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio import decoding, limited_file, truncation
from ser.audio.reading import AudioError, read_audio
from ser.audio.truncation import ends_early
from ser.recognition.recognizer import Recognizer
from ser.recognition.report import format_recognitions
from ser.recognition.result import Unscored
from ser.util.text import plain
from tests.conftest import ROOT
from tests.helpers.hostile import VOICE, Hostile, corpus, problem_of, voices
from tests.helpers.hostile_formats import flac_of_silence, matroska, picture_and_silence, wav

# Python only reports an exception in a function that C called, and goes on.
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
MAX_WORK_S, MAX_MEMORY_MB = 15.0, 200.0  # processor time and memory for the worst of the files
NAMES = (
    *("=cmd|' !A0.wav", "@SUM(1).wav", "+1.wav", "-1.wav", "\tx.wav", "＝1.wav", "line\nbreak.wav", "a\rb.wav"),
    *("<img src=x onerror=alert(1)>.wav", "&lt;.wav", "a\"b'c`d.wav", "{{x}}.wav", "${x}.wav", "$(true).wav", "%s%n.wav"),
    *("..", "..wav", "...wav", " .wav", "--help.wav", "a;b|c&d.wav", "a\\b.wav", "C:\\x.wav", "CON.wav", "~.wav"),
    *("\x1b[31mred.wav", "\x1b]0;title\x07.wav", "\u202egnp.wav", "a\u2067b.wav", "\u200fx.wav", "a\u2028b.wav"),
    *("😀👩\u200d👩.wav", "e\u0301.wav", "声.wav", "ш" * 120 + ".wav", "\udcff\udcfe.wav", "\x7f.wav", "x.wav ", "x."),
)  # fmt: skip


@pytest.fixture(scope="module")
def bad_files() -> list[Hostile]:
    return corpus()


def problems(files: list[Hostile], folder: Path) -> list[str]:
    """Return what is wrong with how the files are read."""
    results = []
    for file in files:
        path = file.write(folder)
        results.append(problem_of(file, path))
        path.unlink()
    return [problem for problem in results if problem]


def test_each_gets_its_sentence_or_what_is_left_of_it_is_used(bad_files, tmp_path):
    files = [file for file in bad_files if not file.costly]
    assert len(files) > 200
    assert problems(files, tmp_path) == []


CHILD = """
import json, sys, time
from pathlib import Path
from tests.helpers.hostile import VOICE, corpus, problem_of, voices
from ser.audio.reading import read_audio

def peak_mb():
    return next(int(line.split()[1]) / 1024 for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))

read_audio(VOICE)
for file in corpus():
    path = file.write(Path(sys.argv[1]))
    Path("/proc/self/clear_refs").write_text("5")
    before, start = peak_mb(), time.process_time()
    problem = problem_of(file, path)
    print(json.dumps([file.name, problem, time.process_time() - start, peak_mb() - before]))
    path.unlink()
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux reports peak memory")
def test_none_takes_much_time_or_memory(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows) > 200
    assert [problem for _, problem, _, _ in rows if problem] == []
    time_of, memory_of = (max(rows, key=lambda row: row[column]) for column in (2, 3))
    print(f"most time: {time_of[0]}, {time_of[2]:.1f} s; most memory: {memory_of[0]}, {memory_of[3]:.0f} MB")
    assert time_of[2] < MAX_WORK_S
    assert memory_of[3] < MAX_MEMORY_MB


# ---- each limit on its own


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(AudioError) as error:
        read_audio(path)
    return str(error.value)


def test_a_limit_on_samples_of_all_channels(tmp_path, monkeypatch):
    sound = flac_of_silence(48_000, 8, 4)
    (tmp_path / "a.flac").write_bytes(sound)
    assert read_audio(tmp_path / "a.flac").duration_s > 4
    monkeypatch.setattr(decoding, "MAX_SAMPLES", 1_000_000)
    assert refused(tmp_path / "b.flac", sound).startswith(
        "b.flac holds too much data to decode: save it in mono"
    )
    declared = wav(bytes(2 * 8 * 130_000), channels=8)
    assert "too much data to decode" in refused(tmp_path / "c.wav", declared)


def test_a_limit_on_the_time_that_decoding_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(limited_file, "MAX_WORK_S", 0.0)
    for content in (wav(), matroska(b"A_PCM/INT/LIT", [bytes(3200)] * 10, 16_000)):
        with pytest.raises(AudioError):
            read_audio_of(tmp_path / "slow", content)


def read_audio_of(path: Path, content: bytes):
    path.write_bytes(content)
    return read_audio(path)


def test_a_limit_on_bytes_without_sound(tmp_path, monkeypatch):
    nothing = wav(before=b"junk" + (2_000_000).to_bytes(4, "little") + bytes(2_000_000))
    assert read_audio_of(tmp_path / "a.wav", nothing).duration_s == 1  # skipped, not read
    gap = matroska(b"A_PCM/INT/LIT", [bytes(3200)] * 10, 16_000) + bytes(3_000_000)
    assert read_audio_of(tmp_path / "a.mkv", gap).duration_s == pytest.approx(1)
    monkeypatch.setattr(limited_file, "MAX_BYTES_BEFORE_SOUND", 1_000_000)
    assert "not a sound" in refused(tmp_path / "b.mp3", bytes(3_000_000))


@pytest.mark.parametrize("kind", ["wav", "flac", "webm", "m4a"])
def test_a_disk_that_fails_is_told(tmp_path, monkeypatch, kind):
    class Failing(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            if self.tell() + size > 8000:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().read(size)

    content = voices((kind,))[kind]
    (tmp_path / "a").write_bytes(content)
    monkeypatch.setattr(Path, "open", lambda *_: Failing(content))
    with pytest.raises(AudioError, match=r"a cannot be read \(Input/output"):
        read_audio(tmp_path / "a")


def test_pictures_are_not_decoded(tmp_path):
    recording = read_audio_of(tmp_path / "a.mkv", picture_and_silence(30_000))
    assert recording.duration_s == pytest.approx(1, abs=0.01)


def test_chunks_without_number_are_not_all_walked(monkeypatch):
    cut_off = wav(before=b"junk\0\0\0\0" * 20, size=64_000)
    assert ends_early(io.BytesIO(cut_off))
    monkeypatch.setattr(truncation, "MAX_CHUNKS", 10)
    assert not ends_early(io.BytesIO(cut_off))


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "circle", "loose link", "name too long"])
def test_what_is_no_file(tmp_path, kind):
    path = tmp_path / "a.wav"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "loose link":
        path.symlink_to(tmp_path / "gone")
    else:
        path = tmp_path / ("a" * 3000 + ".wav")
    with pytest.raises(AudioError) as error:
        read_audio(path)
    assert str(tmp_path) not in str(error.value)


# ---- names


@pytest.fixture
def named_files(tmp_path) -> list[Path]:
    """Write a short sound and an empty file under each name."""
    sound = io.BytesIO()
    soundfile.write(sound, np.full(8000, 0.1), 16_000, format="WAV")
    for folder, content in (("sound", sound.getvalue()), ("empty", b"")):
        (tmp_path / folder).mkdir()
        for name in NAMES:
            if name != "..":
                (tmp_path / folder / name).write_bytes(content)
    return [tmp_path / "empty" / name for name in NAMES]


def test_sentences_are_one_line_whatever_the_name(named_files):
    for path in named_files:
        with pytest.raises(AudioError) as error:
            read_audio(path)
        text = str(error.value)
        assert text.startswith(plain(path.name) + " is ")
        assert text.isprintable() or "\u200d" in text or "\u200f" in text
        assert text.encode()  # can be written


def test_no_name_drives_a_terminal_or_turns_text_around():
    for name in NAMES:
        printable = plain(name)
        assert not set(printable) & set("\n\r\t\x1b\x07\x7f\x9b\u2028\u202e\u2067")
        assert printable.encode().decode() == printable
    kept = "Grüße 声 😀👩\u200d👩 =1 <b> שלום.wav"
    assert plain(kept) == kept


def test_no_cell_of_a_table_begins_a_formula():
    results = [Unscored(name, f"{name} is empty") for name in NAMES]
    rows = list(csv.reader(io.StringIO(format_recognitions(results, style="csv"))))[1:]
    assert len(rows) == len(NAMES)
    for cell in (cell for row in rows for cell in row if cell):
        assert cell.lstrip()[0] not in "=+-@＝＋－＠"
    assert rows[0][0] == "'=cmd|' !A0.wav"


def recognize(style: str, files: list, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ser", "recognize", "--format", style, "--", *files]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, timeout=300, encoding="utf-8", errors="strict"
    )


def test_the_command_line_says_why_and_goes_on(bad_files, named_files, tmp_path):
    (tmp_path / "bad").mkdir()
    bad = [file for file in bad_files if file.says and not file.costly]
    written = [file.write(tmp_path / "bad") for file in bad]
    run = recognize("json", [*written, VOICE, *named_files])
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    results = json.loads(run.stdout)
    assert len(results) == len(written) + 1 + len(named_files)
    for file, result in zip(bad, results, strict=False):
        assert file.fits(result["error"])
    assert results[len(bad)]["error"] is None
    assert results[len(bad)]["scores"] == pytest.approx(Recognizer.load().recognize(VOICE).scores, abs=1e-4)
    assert not [result for result in results if str(tmp_path) in (result["error"] or "")]


def test_a_table_has_a_line_for_each_file_whatever_its_name(named_files, tmp_path):
    # Relative names, as people type them; two of them look like flags.
    run = recognize("table", [name for name in NAMES if name != ".."], cwd=tmp_path / "sound")
    assert (run.returncode, "Traceback" in run.stderr) == (0, False)
    lines = [line for line in run.stdout.split("\n")[1:-1] if not line.startswith("  note: ")]
    assert len(lines) == len(NAMES) - 1
    assert "\x1b" not in run.stdout


@pytest.mark.slow
def test_every_bad_file_through_the_command_line(bad_files, tmp_path):
    written = [file.write(tmp_path) for file in bad_files]
    run = recognize("csv", written)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert len(rows) == len(bad_files)
    for file, row in zip(bad_files, rows, strict=True):
        assert file.fits(row["error"] or None), row["error"]
        assert bool(row["top"]) != bool(row["error"])
