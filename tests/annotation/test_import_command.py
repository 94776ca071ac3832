"""`python -m ser annotations import` of labels that other programs wrote, for sounds that were never opened."""

from pathlib import Path

import pytest

from ser.__main__ import main
from ser.annotation.formats.contents import Interval
from ser.annotation.formats.praat_text import write_tiers
from ser.annotation.store import Annotations, Label, hash_file
from tests.helpers.sound_files import chirp, write


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with two sounds, one of them in a subfolder."""
    folder = tmp_path / "sounds"
    (folder / "deep").mkdir(parents=True)
    write(folder / "one.wav", chirp(2.5))
    write(folder / "deep" / "two.flac", chirp(1.5))
    return folder


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments) -> tuple[int, list[str], str]:
        status = main(
            ["annotations", "import", "--annotations", str(tmp_path / "a.sqlite"), *map(str, arguments)]
        )
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err

    return run


def labels(tmp_path: Path) -> list[Label]:
    with Annotations(tmp_path / "a.sqlite", read_only=True) as store:
        return store.labels()


def textgrid(path: Path, *tiers: tuple[str, list[Interval]]) -> Path:
    path.write_text(write_tiers(2.5, list(tiers)), encoding="utf-8")
    return path


def test_labels_of_a_folder_that_was_never_opened_come_in(folder, tmp_path, run):
    table = tmp_path / "t.csv"
    table.write_text("file,emotion,start_s,end_s\none.wav,sad,0,2.5\ntwo,angry,0.5,1\n", encoding="utf-8")
    status, _, complaint = run(table, "--annotator", "Ann")
    assert status == 1
    assert "use --sounds" in complaint
    assert run(table, "--annotator", "Ann", "--sounds", folder)[0] == 0
    with Annotations(tmp_path / "a.sqlite", read_only=True) as store:
        clips = {clip.hash: clip for clip in store.clips()}
        found = {(clips[one.clip].name, one.emotion, one.start_s) for one in store.labels()}
    assert found == {("one.wav", "SAD", None), ("deep/two.flac", "ANG", 0.5)}
    assert set(clips) == {hash_file(folder / "one.wav"), hash_file(folder / "deep" / "two.flac")}
    assert clips[hash_file(folder / "one.wav")].duration_s == pytest.approx(2.5)


def test_a_file_that_is_not_named_after_its_clip_asks_for_it(folder, tmp_path, run):
    track = tmp_path / "Labels 1.txt"
    track.write_text("0.5\t1.0\tsad\n", encoding="utf-8")
    status, _, complaint = run(track, "--annotator", "Ann", "--sounds", folder)
    assert status == 1
    assert "--clip" in complaint
    assert run(track, "--annotator", "Ann", "--sounds", folder, "--clip", "two.flac")[0] == 0
    [label] = labels(tmp_path)
    assert label.clip == hash_file(folder / "deep" / "two.flac")


def test_two_annotators_with_a_tier_of_the_same_name_stay_two(folder, tmp_path, run):
    grid = textgrid(tmp_path / "one.TextGrid", ("emotion", [Interval(0, 2.5, "sad")]))
    for name in ("first", "second"):
        assert run(grid, "--annotator", name, "--sounds", folder)[0] == 0
    assert sorted(label.annotator for label in labels(tmp_path)) == ["first", "second"]
    assert run(grid, "--tier-is-annotator", "--sounds", folder)[0] == 0
    assert sorted(label.annotator for label in labels(tmp_path)) == ["emotion", "first", "second"]


def test_a_tier_is_chosen_and_words_are_mapped(folder, tmp_path, run):
    tiers = (
        ("feeling", [Interval(0, 1, "joy"), Interval(1, 2, "laughter")]),
        ("words", [Interval(0, 1, "hello")]),
    )
    grid = textgrid(tmp_path / "one.TextGrid", *tiers)
    arguments = (grid, "--annotator", "Ann", "--sounds", folder, "--tier", "feeling")
    status, _, complaint = run(*arguments)
    assert status == 1
    assert "'joy' is not one of" in complaint
    assert not (tmp_path / "a.sqlite").exists()
    status, printed, _ = run(*arguments, "--map", "joy=HAP,laughter=none")
    assert status == 0
    assert printed[1:] == ["left out: 1 label 'laughter'", "left out: 1 text of the tier 'words'"]
    [label] = labels(tmp_path)
    assert (label.emotion, label.start_s, label.end_s) == ("HAP", 0, 1)
    for pairs in ("joy", "joy=bliss", "=HAP"):
        assert run(*arguments, "--map", pairs)[0] == 1
