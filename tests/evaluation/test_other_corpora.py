"""Evaluation on other corpora, by name or by the names of their files, alone and as a table."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from ser.commands.main import main
from ser.corpus.errors import CorpusError
from ser.evaluation.other_corpora import parse_corpus

EMOTIONS = {"NEU": "01", "HAP": "03", "SAD": "04", "ANG": "05", "FEA": "06", "DIS": "07"}


@pytest.fixture(scope="module")
def ravdess(tmp_path_factory, crema_d) -> Path:
    """Clips of two speakers under RAVDESS's names, with a calm and a sung one, a copy and a note."""
    root = tmp_path_factory.mktemp("ravdess")
    for number, actor in ((1, "1001"), (2, "1003")):
        folder = root / f"Actor_{number:02}"
        folder.mkdir()
        for emotion, code in EMOTIONS.items():
            for statement, sentence in enumerate(("TIE", "ITH"), 1):
                clip = next((crema_d / "AudioWAV").glob(f"{actor}_{sentence}_{emotion}_*.wav"))
                shutil.copy(clip, folder / f"03-01-{code}-01-{statement:02}-01-{number:02}.wav")
    shutil.copy(clip, folder / "03-01-02-01-01-01-02.wav")
    shutil.copy(clip, folder / "03-02-05-01-01-01-02.wav")
    (root / "copy").mkdir()
    shutil.copy(folder / "03-01-05-01-01-01-02.wav", root / "copy")
    shutil.copy(clip, root / "note.wav")
    return root


def test_all_clips_of_a_named_corpus_are_scored(ravdess, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    arguments = ["evaluate", "--corpus", "ravdess", "--data", str(ravdess)]
    assert main([*arguments, "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "on RAVDESS, 24 clips" in printed.out
    for said in (
        "left out 1 file whose name is not that of a clip: note.wav",
        "left out 1 file, as calm is not one of the six emotions: Actor_02/03-01-02-01-01-01-02.wav",
        "left out 1 file, as it is the same recording as another file: copy/03-01-05-01-01-01-02.wav",
        "left out 1 file, as sung, not spoken",
    ):
        assert said in printed.err
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert {row["actor"] for row in rows} == {"01", "02"}
    assert sum(row["emotion"] == "FEA" for row in rows) == 4
    assert main([*arguments, "--profile", "takes", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["split"], result["clips"], result["speakers"]) == ("RAVDESS", 8, 2)


def test_several_corpora_are_one_table(ravdess, tmp_path, crema_d, capsys):
    (tmp_path / "mesd").mkdir()
    for emotion, word in (("ANG", "Anger"), ("SAD", "Sadness")):
        for i, clip in enumerate(sorted((crema_d / "AudioWAV").glob(f"1004_I??_{emotion}_*.wav"))[:2]):
            shutil.copy(clip, tmp_path / "mesd" / f"{word}_F_A_palabra{i}.wav")
    assert main(["evaluate", "--corpora", str(ravdess), f"mesd={tmp_path / 'mesd'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:4] == ["RAVDESS", "2", "24", "6"]
    assert len(lines[2].split()) == 8
    assert lines[3].split()[:4] == ["MESD", "1", "4", "2"]
    assert lines[3].split()[-2:] == ["-", "-"]  # whose takes they are, the names do not say
    assert main(["evaluate", "--corpora", f"mesd={tmp_path / 'mesd'}", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["licence"].startswith("Creative Commons Attribution 4.0")
    assert row["takes"] is None
    assert "a name does not say which of them speaks" in row["notes"][-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--corpus", "iemocap", "--data", "."], "no rules for a corpus named 'iemocap': choose ravdess"),
        (["--corpora", "iemocap=."], "no rules for a corpus named 'iemocap'"),
        (["--corpus", "emodb", "--data", "{ravdess}"], "only files with other names or emotions"),
        (["--corpus", "emodb"], "--data or --corpora"),
        (["--corpus", "ravdess", "--data", "{ravdess}", "--conditions"], "leave out --corpus"),
        (
            ["--corpus", "ravdess", "--data", "{ravdess}/nowhere"],
            "not a folder: choose the folder of RAVDESS",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_said(ravdess, arguments, said, capsys):
    assert main(["evaluate", *(argument.format(ravdess=ravdess) for argument in arguments)]) == 1
    assert said in capsys.readouterr().err


def test_a_corpus_is_named_before_its_folder(tmp_path):
    assert parse_corpus("RAVDESS=/x") == ("ravdess", Path("/x"))
    assert parse_corpus("/x/y") == (None, Path("/x/y"))
    (tmp_path / "a=b").mkdir()
    assert parse_corpus(str(tmp_path / "a=b")) == (None, tmp_path / "a=b")
    with pytest.raises(CorpusError):
        parse_corpus("unknown=/x")
