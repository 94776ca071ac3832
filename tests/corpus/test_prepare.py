import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from ser.audio.features import log_mel
from ser.audio.png import render_png
from ser.audio.reading import load_audio
from ser.corpus import provenance
from ser.corpus.crema_d import DEMO_CLIPS, Corpus, CorpusError
from ser.corpus.prepare import PrepareError, prepare

ROOT = Path(__file__).parents[2]


def files_in(folder: Path) -> dict[str, bytes]:
    """Return everything below a folder, including hidden files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def run_prepare(*arguments, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ser", "prepare", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        **kwargs,
    )


@pytest.fixture
def some_clips(tmp_path, crema_d):
    """Eight real clips of CREMA-D in a folder of another layout."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for clip in sorted((crema_d / "AudioWAV").iterdir())[::1000]:
        shutil.copy(clip, folder)
    return folder


@pytest.fixture
def small_crema_d(tmp_path, crema_d):
    """CREMA-D with the clips of two actors, including a demo clip and the silent clip."""
    audio = tmp_path / "crema-d" / "AudioWAV"
    audio.mkdir(parents=True)
    for actor in ("1014", "1076"):
        for clip in (crema_d / "AudioWAV").glob(f"{actor}_*.wav"):
            shutil.copy(clip, audio)
    return audio.parent


def test_prepare_writes_what_log_mel_gives(some_clips, tmp_path):
    out = tmp_path / "out"
    assert prepare(some_clips, out=out) == (8, 0, [])
    for clip in some_clips.iterdir():
        mel = np.load(out / "mel_npy" / f"{clip.stem}.npy")
        assert mel.dtype == np.float32
        np.testing.assert_array_equal(mel, log_mel(load_audio(clip)))
    assert len(files_in(out)) == 9  # and the record of what they were made from


@pytest.mark.parametrize("cmap", ["magma", "coolwarm"])
def test_prepare_draws_pictures(some_clips, tmp_path, cmap):
    out = tmp_path / "out"
    prepare(some_clips, out=out, png=True, cmap=cmap)
    for clip in some_clips.iterdir():
        picture = out / "mel_png" / f"{clip.stem}.png"
        assert picture.read_bytes() == render_png(np.load(out / "mel_npy" / f"{clip.stem}.npy"), cmap)
        assert Image.open(picture).size == (600, 600)


def test_pictures_can_be_added_to_finished_files(some_clips, tmp_path):
    prepare(some_clips, out=tmp_path / "at once", png=True)
    prepare(some_clips, out=tmp_path / "later")
    assert prepare(some_clips, out=tmp_path / "later", png=True) == (8, 0, [])
    assert files_in(tmp_path / "later") == files_in(tmp_path / "at once")
    assert prepare(some_clips, out=tmp_path / "later", png=True) == (0, 8, [])
    assert prepare(some_clips, out=tmp_path / "later") == (0, 8, [])


def test_finished_files_are_kept_untouched(some_clips, tmp_path):
    out = tmp_path / "out"
    prepare(some_clips, out=out)
    before = {path: path.stat().st_mtime_ns for path in (out / "mel_npy").iterdir()}
    lost = sorted(before)[3]
    lost.unlink()
    assert prepare(some_clips, out=out) == (1, 7, [])
    for path, changed in before.items():
        assert (path.stat().st_mtime_ns == changed) == (path != lost)


def test_features_of_another_recording_are_made_again(some_clips, tmp_path, capsys):
    out = tmp_path / "out"
    prepare(some_clips, out=out, png=True)
    before = files_in(out)
    one, other = sorted(some_clips.iterdir())[:2]
    shutil.copy(other, one)
    assert prepare(some_clips, out=out, png=True) == (1, 7, [])
    assert "prepared again: 1 clip" in capsys.readouterr().err
    after = files_in(out)
    assert after[f"mel_npy/{one.stem}.npy"] == before[f"mel_npy/{other.stem}.npy"]
    assert after[f"mel_png/{one.stem}.png"] == before[f"mel_png/{other.stem}.png"]


def test_features_of_an_older_recipe_are_made_again(some_clips, tmp_path, monkeypatch):
    out = tmp_path / "out"
    prepare(some_clips, out=out)
    right = files_in(out)
    for mel in (out / "mel_npy").iterdir():
        np.save(mel, np.zeros((1, 128, 188), np.float32))
    assert prepare(some_clips, out=out) == (0, 8, [])
    monkeypatch.setitem(provenance.RECIPE, "n_fft", 2048)
    assert prepare(some_clips, out=out, limit=1) == (1, 0, [])
    monkeypatch.undo()
    assert prepare(some_clips, out=out) == (8, 0, [])
    assert files_in(out) == right
    (out / "prepared.json").unlink()  # as earlier versions left the folder
    assert prepare(some_clips, out=out) == (8, 0, [])


def test_pictures_in_other_colours_are_drawn_again(some_clips, tmp_path):
    prepare(some_clips, out=tmp_path / "at once", png=True, cmap="coolwarm")
    prepare(some_clips, out=tmp_path / "out", png=True)
    assert prepare(some_clips, out=tmp_path / "out", png=True, cmap="coolwarm") == (8, 0, [])
    assert prepare(some_clips, out=tmp_path / "out") == (0, 8, [])
    assert prepare(some_clips, out=tmp_path / "out", png=True, cmap="coolwarm") == (0, 8, [])
    assert files_in(tmp_path / "out") == files_in(tmp_path / "at once")


def test_the_number_of_jobs_changes_nothing(small_crema_d, tmp_path):
    for jobs in (1, 3):
        result = prepare(small_crema_d, out=tmp_path / f"{jobs}", png=True, limit=70, jobs=jobs)
        assert result == (70, 0, [])
    assert files_in(tmp_path / "1") == files_in(tmp_path / "3")


def test_limit_takes_the_first_clips(some_clips, tmp_path):
    out = tmp_path / "out"
    assert prepare(some_clips, out=out, limit=3) == (3, 0, [])
    first = sorted(clip.stem for clip in some_clips.iterdir())[:3]
    assert sorted(path.stem for path in (out / "mel_npy").iterdir()) == first
    assert prepare(some_clips, out=out, limit=5) == (2, 3, [])


def test_of_crema_d_the_modelling_clips_are_prepared(small_crema_d, tmp_path):
    modelling = set(Corpus(small_crema_d).modelling.index)
    assert "1076_MTI_SAD_XX" not in modelling
    assert not modelling & set(DEMO_CLIPS)
    result = prepare(small_crema_d / "AudioWAV", out=tmp_path / "out")
    assert result == (len(modelling), 0, [])
    assert {path.stem for path in (tmp_path / "out" / "mel_npy").iterdir()} == modelling


def test_bad_files_of_crema_d_are_skipped_and_named(small_crema_d, tmp_path):
    audio = small_crema_d / "AudioWAV"
    (audio / "1014_DFA_ANG_XX.wav").write_bytes(b"no sound at all")
    (audio / "1014_DFA_SAD_XX.wav").write_bytes(b"")
    shutil.copy(audio / "1014_DFA_DIS_XX.wav", audio / "my take.wav")
    clips = len(Corpus(small_crema_d).modelling)
    result = prepare(small_crema_d, out=tmp_path / "out")
    assert (result.prepared, result.kept) == (clips, 0)
    assert [file for file, _ in result.skipped] == [
        "1014_DFA_ANG_XX.wav",
        "1014_DFA_SAD_XX.wav",
        "my take.wav",
    ]
    assert "empty" in result.skipped[1][1]


def test_command_ends_with_the_counts_and_skips_bad_files(some_clips, tmp_path):
    (some_clips / "broken.wav").write_bytes(b"RIFF but then nothing of the kind")
    (some_clips / "notes.txt").write_text("no sound file, and none by its name")
    done = run_prepare("--data", some_clips, "--out", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 0
    assert done.stdout == "prepared 8, kept 0, skipped 1\n"
    line = next(line for line in done.stderr.splitlines() if line.startswith("skipped"))
    assert line.startswith("skipped broken.wav: ")
    assert len(line) > len("skipped broken.wav: ") + 10
    assert "preparing" in done.stderr
    again = run_prepare("--data", some_clips, "--out", tmp_path / "out", "--jobs", 1)
    assert again.stdout == "prepared 0, kept 8, skipped 1\n"


def test_a_file_cut_off_in_the_middle_is_prepared_with_a_warning(some_clips, tmp_path, capsys):
    clip = sorted(some_clips.iterdir())[2]
    clip.write_bytes(clip.read_bytes()[:30_000])
    assert prepare(some_clips, out=tmp_path / "out") == (8, 0, [])
    assert f"warning: {clip.name}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_result(small_crema_d, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    total = len(Corpus(small_crema_d).modelling)
    assert prepare(small_crema_d, out=whole, png=True, jobs=2) == (total, 0, [])
    command = [sys.executable, "-m", "ser", "prepare", "--png", "--jobs", "2"]
    command += ["--data", str(small_crema_d), "--out", str(killed)]
    with subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while len(list(killed.glob("mel_png/*.png"))) < 20 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)  # its worker processes with it
    assert process.returncode == -signal.SIGKILL
    (killed / "mel_npy" / ".1014_IEO_ANG_HI.npy.0123456789abcdef0123456789abcdef.tmp").write_bytes(b"half")
    pictures = {path.stem for path in killed.glob("mel_png/*.png")}
    assert 20 <= len(pictures) < total
    finished = {name: data for name, data in files_in(killed).items() if not name.endswith(".tmp")}
    assert finished.items() <= files_in(whole).items()  # nothing half-written

    assert prepare(small_crema_d, out=killed, png=True, jobs=2) == (total - len(pictures), len(pictures), [])
    assert files_in(killed) == files_in(whole)


def test_files_of_one_name_do_not_overwrite_one_another(tmp_path):
    data = tmp_path / "data"
    files = ["take.wav", "take.flac", "a/take.wav", "a/b/take.wav"]
    files += ["take.wav.wav", "A/TAKE.FLAC", "other.ogg"]
    for i, name in enumerate(files):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(data / name, np.sin(np.arange(20_000) * 0.05 * (i + 1)) * 0.5, 16_000)
    assert prepare(data, out=tmp_path / "out", png=True) == (7, 0, [])
    expected = "a/b/take a/take.wav A/TAKE.FLAC other take.flac take.wav take.wav.wav"
    for folder, suffix in (("mel_npy", ".npy"), ("mel_png", ".png")):
        made = set(files_in(tmp_path / "out" / folder))
        assert made == {name + suffix for name in expected.split()}
    for name in files:
        stem = name if name not in ("other.ogg", "a/b/take.wav") else name.rpartition(".")[0]
        np.testing.assert_array_equal(
            np.load(tmp_path / "out" / "mel_npy" / f"{stem}.npy"), log_mel(load_audio(data / name))
        )


def test_output_inside_the_data_folder_is_no_input(some_clips):
    assert prepare(some_clips, out=some_clips / "out", png=True) == (8, 0, [])
    assert prepare(some_clips, out=some_clips / "out", png=True) == (0, 8, [])


@pytest.mark.parametrize("suffix", [".WAV", ".flac", ".mp3", ".ogg", ".aiff"])
def test_kinds_of_files(tmp_path, suffix):
    (tmp_path / "data").mkdir()
    soundfile.write(tmp_path / "data" / f"x{suffix}", np.sin(np.arange(44_100) * 0.1) * 0.3, 44_100)
    (tmp_path / "data" / f"._x{suffix}").write_bytes(b"what another system leaves beside a file")
    assert prepare(tmp_path / "data", out=tmp_path / "out") == (1, 0, [])


def test_a_folder_without_sound_files(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to hear")
    with pytest.raises(PrepareError, match="no sound files"):
        prepare(tmp_path, out=tmp_path / "out")


def test_no_folder(tmp_path):
    with pytest.raises(PrepareError, match="not a folder"):
        prepare(tmp_path / "nowhere", out=tmp_path / "out")
    done = run_prepare("--data", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_crema_d_without_clips(tmp_path):
    (tmp_path / "AudioWAV").mkdir()
    with pytest.raises(CorpusError, match="holds no clips"):
        prepare(tmp_path, out=tmp_path / "out")


def test_unknown_colours(some_clips, tmp_path):
    with pytest.raises(PrepareError, match="no-such-map"):
        prepare(some_clips, out=tmp_path / "out", png=True, cmap="no-such-map")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_whole_data_set(crema_d, tmp_path):
    out = tmp_path / "out"
    done = run_prepare("--data", crema_d, "--out", out)
    assert done.stdout == "prepared 7431, kept 0, skipped 0\n"
    made = {path.stem for path in (out / "mel_npy").iterdir()}
    assert made == set(Corpus(crema_d).modelling.index)
    again = run_prepare("--data", crema_d, "--out", out)
    assert again.stdout == "prepared 0, kept 7431, skipped 0\n"
    shutil.rmtree(out)  # 700 MB that pytest would keep for three runs
