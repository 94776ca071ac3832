"""What the documentation says is true: its code runs, its pages are current, its links lead somewhere."""

import argparse
import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import ser
from ser.commands.main import build_parser
from ser.corpus.crema_d import Corpus
from ser.hosting.flags import make_parser
from ser.labels import LABELS
from tests.conftest import ROOT, _find_crema_d

DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "checkpoints/README.md")),
    *sorted(DOCS.glob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MAX_README_LINES = 160
MAX_README_WIDTH = 160


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [code for name, code in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_README_LINES
    assert max(map(len, lines)) <= MAX_README_WIDTH


def test_the_generated_pages_are_current():
    command = [sys.executable, str(DOCS / "generate.py"), "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    (tmp_path / "ser").symlink_to(ROOT / "ser")
    monkeypatch.chdir(tmp_path)
    names = {"DATA": _find_crema_d(tmp_path)}
    for code in blocks(page, "python"):
        exec(compile(code, name_of(page), "exec"), names)


def options(parser: argparse.ArgumentParser) -> set[str]:
    """All options of a parser and of the commands inside of it."""
    found: set[str] = set()
    for action in parser._actions:
        found |= {option for option in action.option_strings if option.startswith("--")}
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found |= options(command)
    return found


def test_every_option_is_in_the_docs():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for option in options(build_parser()) | options(make_parser()):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", text), option


def public(kind: type) -> set[str]:
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    return fields | {name for name in vars(kind) if not name.startswith("_")}


def test_every_public_name_is_in_the_docs():
    from ser.audio.quality import Quality
    from ser.recognition.result import Recognition, Window

    recognizer = ser.Recognizer.load()
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    names = {*ser.__all__} | {name for kind in (Recognition, Window) for name in public(kind)}
    names |= {name for name in dir(recognizer) if not name.startswith("_")}
    names |= public(Quality) - {"duration_s", "voice_s", "to_dict"}
    for name in names:
        assert re.search(rf"\b{name}\b", text), name


def table_terms(page: Path, heading: str) -> list[set[str]]:
    """The words in backticks in the first column of each table between a heading and the next one."""
    section = re.search(
        rf"^## {heading}$(.*?)(?=^## |\Z)", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )[1]
    tables = re.findall(r"^\|.*?\|\n\|[-|]+\|\n((?:\|.*\n?)+)", section, re.MULTILINE)
    return [
        {term for row in table.splitlines() for term in re.findall(r"`([^`]+)`", row.split("|")[1])}
        for table in tables
    ]


def test_the_formats_page_names_what_the_files_hold():
    from ser.annotation.formats import FORMATS
    from ser.annotation.formats.cells import COLUMNS
    from ser.recognition.report import format_recognitions
    from ser.recognition.voice_profile import Profile

    page = DOCS / "formats.md"
    example = ROOT / "ser/assets/examples/even.flac"
    recognition = ser.Recognizer.load().recognize(example)
    (scores,) = table_terms(page, "Scores")
    keys = set(recognition.to_dict())
    emotions = set(recognition.scores)
    assert keys <= scores
    text = page.read_text(encoding="utf-8")
    rest = {*recognition.quality.to_dict(), *recognition.windows[0].to_dict()}
    rest |= set(format_recognitions([recognition], style="csv").splitlines()[0].split(",")) - emotions
    rest |= set(json.loads(Profile("network").with_take([0.0] * 6).to_json()))
    assert [name for name in sorted(rest) if f"`{name}`" not in text] == []
    formats, columns = table_terms(page, "Labels")
    assert formats == set(FORMATS)
    assert columns == set(COLUMNS)


def test_the_keys_in_the_docs_are_the_keys_of_the_page():
    text = (ROOT / "ser/ui/page/shortcuts.js").read_text(encoding="utf-8")
    letters = re.findall(r"(\w): \"", re.search(r"TABS = {(.*?)}", text)[1])
    page = (DOCS / "app.md").read_text(encoding="utf-8")
    assert f"`g` followed by {', '.join(f'`{key}`' for key in letters[:-1])} or `{letters[-1]}`" in page


def test_the_limits_in_the_docs_are_the_limits_of_the_code():
    from ser.audio import decoding, reading
    from ser.ui.takes.take import MAX_TAKES

    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    assert f"from {decoding.MIN_RATE // 1000} to {decoding.MAX_RATE // 1000} kHz" in page
    assert f"up to {decoding.MAX_CHANNELS} channels" in page
    assert reading.MAX_S == 600
    assert "ten minutes are the limit" in page
    assert f"up to {MAX_TAKES}" in (DOCS / "app.md").read_text(encoding="utf-8")
    flags = {action.dest: action.default for action in make_parser()._actions}
    hosting = (DOCS / "hosting.md").read_text(encoding="utf-8")
    assert f"`--max-upload` ({flags['max_upload']} MB a file)" in hosting
    assert f"`--max-seconds` ({flags['max_seconds']} a request)" in hosting
    assert f"`--max-queue` ({flags['max_queue']} waiting requests)" in hosting


def test_the_files_that_the_docs_name_are_there():
    pattern = re.compile(
        r"\b((?:ser|tests|docs|deploy|checkpoints)/[\w./@-]+\.(?:py|js|md|sh|txt|conf|service|png))\b"
    )
    for page in PAGES:
        for name in pattern.findall(page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{name_of(page)}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {
                re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
            }
            assert anchor in anchors, target


def test_every_page_is_linked_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert f"docs/{page.name}" in text, page


def test_the_story_of_a_release_is_made_of_commands_that_are_there():
    script = DOCS / "release.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = re.sub(r"\$\{?(\w+)\}?", r"\1", script.read_text())
    commands = re.findall(r"^\s*python -m ser (.*)$", text, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        name, *words = shlex.split(command)
        values = {"split": "val", "known": "takes"}  # what the loops of the script go through, one of each
        build_parser().parse_args([name, *(values.get(word, word) for word in words)])


def test_the_citation_and_the_workflow_can_be_read():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == ser.__version__
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["test"]["steps"]
    assert any(step.get("run", "").endswith(".ci/run") for step in steps)


def cells() -> list[dict]:
    return json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]


def test_the_notebook_keeps_no_outputs():
    for cell in cells():
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_what_the_notebook_imports_is_there():
    lines = "\n".join("".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code").splitlines()
    imports = [line for line in lines if re.match(r"(from|import) ", line)]
    assert len(imports) > 5
    exec("\n".join(imports), {})


@pytest.mark.slow
def test_the_notebook_runs_on_real_clips(crema_d, tmp_path):
    # A clip of each actor and emotion, or of every second emotion of those who train: all of the notebook, in a minute.
    small = tmp_path / "crema-d"
    (small / "AudioWAV").mkdir(parents=True)
    of_each = {path.name[:4] + path.name[9:12]: path for path in sorted((crema_d / "AudioWAV").glob("*.wav"))}
    training = set(Corpus(crema_d).split().train)
    chosen = {
        name: path
        for name, path in of_each.items()
        if name[:4] not in training or (int(name[:4]) + LABELS.index(name[4:])) % 2
    }
    for path in chosen.values():
        (small / "AudioWAV" / path.name).symlink_to(path)
    code = "\n".join("".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code")
    environment = os.environ | {"CREMA_D_DIR": str(small), "NOTEBOOK_OUT": str(tmp_path / "out")}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    prepared = int(re.search(r"(\d+) prepared, 0 kept, 0 skipped", run.stdout)[1])
    assert len(chosen) - 10 <= prepared <= len(chosen)  # without the clips that are kept for demonstrations
    assert "2,356,614 parameters" in run.stdout
    assert re.search(r"loss \d\.\d+ -> \d\.\d+ after \d+ steps", run.stdout)
    named, of = map(int, re.search(r"(\d+) of (\d+) named as acted", run.stdout).groups())
    assert of == 60
    assert named > 30  # the released network names 69% of all of these actors' clips
