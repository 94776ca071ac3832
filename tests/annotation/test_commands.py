"""`python -m ser annotations` on real label files."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ser.__main__ import main
from ser.annotation.agreement import agreement, crowd_answers
from ser.annotation.store import EMOTIONS, Annotations, Clip, Label, new_id
from ser.corpus.crema_d import read_voice_votes
from ser.labels import LABELS
from tests.conftest import ROOT

FORMATS = ("csv", "json", "textgrid", "audacity", "elan", "audformat")
NAMES = ("1001_DFA_ANG_XX", "1001_DFA_SAD_XX", "1002_IEO_HAP_HI", "1003_MTI_NEU_XX", "1004_TAI_FEA_XX")
CLIPS = [Clip(f"{i:064x}", f"{name}.wav", 2.5) for i, name in enumerate(NAMES)]
ANN = ("ANG", "SAD", "HAP", "NEU", "FEA")
BOB = ("ANG", "SAD", "DIS", "NEU", "OTH")
TRUTH = dict(zip(LABELS, (0.9, 0.02, 0.02, 0.02, 0.02, 0.02), strict=True))  # the network: always angry


def give(store: Annotations, annotator: str, emotions: tuple[str, ...], **further) -> None:
    for clip, emotion in zip(CLIPS, emotions, strict=False):
        store.put_clip(clip)
        store.write(Label(new_id(), clip.hash, annotator, emotion, **further))


@pytest.fixture
def file(tmp_path) -> Path:
    """A file with labels by two people, of whole clips and of a region."""
    path = tmp_path / "labels.sqlite"
    with Annotations(path) as store:
        give(store, "Ann", ANN, scores=TRUTH, checkpoint="emotion", intensity=2, note='"so"; שלום')
        give(store, "Bob", BOB)
        store.write(Label(new_id(), CLIPS[0].hash, "Bob", "SAD", start_s=0.25, end_s=0.75))
    return path


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Run a command; return its status, stdout and stderr."""
    status = main(["annotations", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def contents(path: Path) -> tuple[list[Label], list[Clip]]:
    with Annotations(path, read_only=True) as store:
        return sorted(store.labels(), key=lambda label: label.id), store.clips()


def labels_in(path: Path) -> list[Label]:
    with Annotations(path, read_only=True) as store:
        return store.labels()


# ---- export and import


def test_tables_in_parquet_need_pyarrow_and_are_those_of_audformat(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    export = ["export", "--annotations", file, "--out", tmp_path / "out", "--parquet", "--format"]
    for format, problem in (
        ("audformat", "need pyarrow: pip install pyarrow"),
        ("csv", "is for the tables of audformat"),
    ):
        status, _, error = run(capsys, *export, format)
        assert (status, problem in error) == (1, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_exported_and_imported_is_the_same(file, tmp_path, capsys, format):
    out, other = tmp_path / "out", tmp_path / "other.sqlite"
    status, printed, _ = run(capsys, "export", "--annotations", file, "--format", format, "--out", out)
    assert status == 0
    assert "11 labels in" in printed
    status, printed, _ = run(capsys, "import", "--annotations", other, "--format", format, out)
    assert (status, printed) == (0, f"{other}: 11 new, 0 already there, 0 replaced\n")
    assert contents(other) == contents(file)
    status, printed, _ = run(capsys, "import", "--annotations", other, "--format", format, out)
    assert (status, printed) == (0, f"{other}: 0 new, 11 already there, 0 replaced\n")


@pytest.mark.parametrize(("name", "format"), [("kept.csv", "csv"), ("deep/kept.json", "json")])
def test_one_file_goes_where_it_is_told_and_its_format_is_told_by_its_name(
    file, tmp_path, capsys, name, format
):
    out, other = tmp_path / name, tmp_path / "other.sqlite"
    assert run(capsys, "export", "--annotations", file, "--format", format, "--out", out)[0] == 0
    assert out.is_file()
    assert run(capsys, "import", "--annotations", other, out)[0] == 0
    assert contents(other) == contents(file)


def test_files_of_several_formats_come_in_together_or_not_at_all(file, tmp_path, capsys):
    for format in ("csv", "json"):
        run(capsys, "export", "--annotations", file, "--format", format, "--out", tmp_path)
    other = tmp_path / "other.sqlite"
    table, objects = tmp_path / "labels.csv", tmp_path / "labels.json"
    assert run(capsys, "import", "--annotations", other, table, objects)[0] == 0
    assert contents(other) == contents(file)
    other.unlink()
    objects.write_text("[\n{]", encoding="utf-8")
    assert run(capsys, "import", "--annotations", other, table, objects)[0] == 1
    assert not other.exists()


def test_nothing_is_overwritten_unasked(file, tmp_path, capsys):
    out = tmp_path / "labels.csv"
    out.write_text("precious", encoding="utf-8")
    command = ("export", "--annotations", file, "--out", tmp_path)
    status, printed, complaint = run(capsys, *command)
    assert (status, printed) == (1, "")
    assert complaint == (f"ser annotations: {out} already exists: choose another --out or add --overwrite.\n")
    assert out.read_text(encoding="utf-8") == "precious"
    assert run(capsys, *command, "--overwrite")[0] == 0
    assert "Ann" in out.read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".*"))


def test_one_file_that_is_there_stops_the_export_of_all(file, tmp_path, capsys):
    out = tmp_path / "out"
    command = ("export", "--annotations", file, "--format", "textgrid", "--out", out)
    assert run(capsys, *command)[0] == 0
    written = sorted(out.iterdir())
    assert len(written) > 1
    for path in written[:-1]:
        path.unlink()
    assert run(capsys, *command)[0] == 1
    assert list(out.iterdir()) == written[-1:]


def test_a_bad_file_is_one_sentence_with_its_line_and_nothing_is_imported(file, tmp_path, capsys):
    bad, other = tmp_path / "bad.csv", tmp_path / "other.sqlite"
    run(capsys, "export", "--annotations", file, "--out", bad)
    head, _, rest = bad.read_text(encoding="utf-8").partition("\n")
    bad.write_text(f"{head}\n{rest.replace(',FEA,', ',JOY,', 1)}", encoding="utf-8")
    with Annotations(other) as store:
        give(store, "Eve", ("SAD",))
    before = contents(other)
    status, printed, complaint = run(capsys, "import", "--annotations", other, bad)
    assert (status, printed) == (1, "")
    line = next(i for i, row in enumerate(bad.read_text(encoding="utf-8").splitlines(), 1) if "JOY" in row)
    assert complaint.startswith(f"ser annotations: {bad}, line {line}: ")
    assert complaint.count("\n") == 1
    assert "JOY" in complaint
    assert contents(other) == before


def test_labels_that_contradict_those_here_are_taken_only_with_replace(file, tmp_path, capsys):
    out = tmp_path / "labels.json"
    run(capsys, "export", "--annotations", file, "--format", "json", "--out", out)
    with Annotations(file) as store:
        [kept] = store.labels(clip=CLIPS[1].hash, annotator="Ann")
        store.write(replace(kept, emotion="NEU"))
    before = contents(file)
    status, _, complaint = run(capsys, "import", "--annotations", file, out)
    assert status == 1
    assert "--replace" in complaint
    assert contents(file) == before
    status, printed, _ = run(capsys, "import", "--annotations", file, out, "--replace")
    assert (status, printed) == (0, f"{file}: 0 new, 10 already there, 1 replaced\n")


def test_a_table_of_another_program_is_imported_for_an_annotator(file, tmp_path, capsys):
    table = tmp_path / "sheet.csv"
    table.write_text(f"file,emotion\n{NAMES[0]}.wav,Sad\n", encoding="utf-8")
    status, _, complaint = run(capsys, "import", "--annotations", file, table)
    assert status == 1
    assert "line 2" in complaint
    assert run(capsys, "import", "--annotations", file, table, "--annotator", "Eve")[0] == 0
    with Annotations(file, read_only=True) as store:
        [label] = store.labels(annotator="Eve")
    assert (label.clip, label.emotion) == (CLIPS[0].hash, "SAD")


@pytest.mark.parametrize("action", ["export", "agreement"])
def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path, capsys, action):
    missing = tmp_path / "missing.sqlite"
    further = ["--out", tmp_path / "out"] if action == "export" else []
    status, _, complaint = run(capsys, action, "--annotations", missing, *further)
    assert status == 1
    assert str(missing) in complaint
    assert list(tmp_path.iterdir()) == []


def test_a_file_to_import_that_is_not_there_makes_no_file_of_labels(tmp_path, capsys):
    status, _, complaint = run(
        capsys, "import", "--annotations", tmp_path / "a.sqlite", tmp_path / "gone.json"
    )
    assert status == 1
    assert "gone.json" in complaint
    assert list(tmp_path.iterdir()) == []


# ---- agreement


def test_agreement_as_json_is_what_the_measures_say(file, capsys):
    said = json.loads(run(capsys, "agreement", "--annotations", file, "--json")[1])
    found = agreement(labels_in(file))
    assert said["annotators"] == ["Ann", "Bob"]
    assert (said["clips"], said["labels"], said["regions"]) == (5, 10, 1)
    for name in ("percent", "kappa", "alpha"):
        assert said[name] == getattr(found, name)._asdict()
    assert said["percent"]["value"] == pytest.approx(0.6)
    assert said["kappa_name"] == "Cohen's kappa"
    assert said["differ"] == [
        {
            "clip": CLIPS[2].hash,
            "name": f"{NAMES[2]}.wav",
            "emotions": {"Ann": "HAP", "Bob": "DIS"},
            "final": None,
        },
        {
            "clip": CLIPS[4].hash,
            "name": f"{NAMES[4]}.wav",
            "emotions": {"Ann": "FEA", "Bob": "OTH"},
            "final": None,
        },
    ]
    assert [(row["annotator"], row["clips"], row["percent"]["value"]) for row in said["network"]] == [
        ("Ann", 5, 0.2),
        ("Bob", 4, 0.25),  # the fifth is "other"
    ]
    assert said["crowd"] is None
    assert (said["finals"], said["final"]) == (0, [])
    [pair] = said["pairs"]
    assert sum(map(sum, pair["confusion"])) == 5
    at = {code: i for i, code in enumerate(pair["emotions"])}
    assert pair["confusion"][at["HAP"]][at["DIS"]] == 1  # rows are Ann's
    assert pair["confusion"][at["DIS"]][at["HAP"]] == 0


def test_agreement_for_people_tells_the_same(file, capsys):
    with Annotations(file) as store:
        give(store, "Zoë\x9b31m", ANN[:3])
    status, printed, _ = run(capsys, "agreement", "--annotations", file)
    assert status == 0
    figures = dict(line.split("  ", 1) for line in printed.splitlines() if "  " in line.strip())
    kappa = agreement(labels_in(file)).kappa
    interval = f"{kappa.low:.3f} to {kappa.high:.3f}; undefined in {kappa.undefined_draws} of 1,000 resamples"
    assert figures["Fleiss' kappa"].strip() == f"{kappa.value:.3f} ({interval})"
    assert "Krippendorff's alpha" in figures
    assert "percent agreement" in figures
    for line in (
        "3 annotators: Ann, Bob, Zoë 31m",
        "5 clips labelled by two or more, 13 labels",
        "1 label of regions, compared by overlap",
        f"  {NAMES[4]}.wav: Ann Fearful, Bob Other",
    ):
        assert line in printed.splitlines()
    assert figures["Ann and Bob"].split()[:2] == ["5", "60.0%"]
    assert "Clips by the labels of Ann (rows) and Bob (columns)" in printed.splitlines()
    assert "\x9b" not in printed


def test_the_final_labels_are_told_and_compared_with(file, capsys):
    with Annotations(file) as store:
        store.write(Label(new_id(), CLIPS[2].hash, "Cleo", "DIS", final=True))
    said = json.loads(run(capsys, "agreement", "--annotations", file, "--json")[1])
    assert (said["finals"], said["annotators"]) == (1, ["Ann", "Bob"])
    [final] = [row["final"] for row in said["differ"] if row["clip"] == CLIPS[2].hash]
    assert final == {"emotion": "DIS", "annotator": "Cleo"}
    shares = {row["annotator"]: row["percent"]["value"] for row in said["final"]}
    assert shares == {"Ann": 0.0, "Bob": 1.0}
    printed = run(capsys, "agreement", "--annotations", file)[1]
    assert f"  {NAMES[2]}.wav: Ann Happy, Bob Disgusted, final Disgusted by Cleo" in printed.splitlines()


def test_the_crowd_is_compared_where_the_data_set_is(file, crema_d, capsys):
    said = json.loads(run(capsys, "agreement", "--annotations", file, "--data", crema_d, "--json")[1])
    crowd = crowd_answers(read_voice_votes(crema_d))
    known = [(crowd[name], emotion) for name, emotion in zip(NAMES, ANN, strict=True) if name in crowd]
    assert len(known) > 2
    ann = said["crowd"][0]
    assert (ann["annotator"], ann["clips"]) == ("Ann", len(known))
    assert ann["percent"]["value"] == pytest.approx(sum(a == b for a, b in known) / len(known))
    assert "compared with the crowd" in run(capsys, "agreement", "--annotations", file, "--data", crema_d)[1]


def test_a_folder_without_the_crowds_votes_is_told(file, tmp_path, capsys):
    status, _, complaint = run(capsys, "agreement", "--annotations", file, "--data", tmp_path)
    assert status == 1
    assert "tabulatedVotes.csv" in complaint


def test_one_annotator_alone_is_told_what_is_needed(tmp_path, capsys):
    path = tmp_path / "labels.sqlite"
    with Annotations(path) as store:
        give(store, "Ann", EMOTIONS[:2])
    status, printed, _ = run(capsys, "agreement", "--annotations", path)
    assert status == 0
    assert "needs whole clips that two people labelled" in printed
    said = json.loads(run(capsys, "agreement", "--annotations", path, "--json")[1])
    assert (said["clips"], said["percent"], said["kappa"], said["alpha"]) == (0, None, None, None)


def test_a_figure_without_an_interval_is_json_all_the_same(tmp_path, capsys):
    path = tmp_path / "labels.sqlite"
    with Annotations(path) as store:
        give(store, "Ann", ("ANG",))
        give(store, "Bob", ("SAD",))
    printed = run(capsys, "agreement", "--annotations", path, "--json")[1]
    said = json.loads(printed, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert said["percent"] == {"value": 0, "low": None, "high": None, "undefined_draws": 0}


def test_the_commands_are_light_until_they_run(file):
    code = (
        "import sys; before = set(sys.modules); from ser.__main__ import build_parser; build_parser();"  # --cov loads some
        "sys.exit(any(name in {*sys.modules} - before"
        " for name in ('sqlite3', 'pandas', 'numpy', 'krippendorff', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
