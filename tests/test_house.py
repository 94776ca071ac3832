"""The rules of this house, checked on the source itself: signatures, sizes, names, layers and wording.

Nothing of `ser` is imported here, so the rules also hold for modules that need optional requirements.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE_SUFFIXES = {".py", ".js", ".css", ".html"}
MAX_LINES = 400
MAX_FILES = 20
TOP_MODULES = {"__init__.py", "__main__.py", "errors.py", "labels.py"}

# Functions with more than two parameters of which more than one is positional: who calls them that way, or why.
CONDITIONS = (
    "add_noise",
    "amplify",
    "band_pass",
    "change_tempo",
    "colour",
    "cut",
    "delay",
    "reverberate",
    "transcode",
)
CALLED_BY_POSITION = {
    "ser/training/speaker_trainer.py: GroupedNet.forward": "torch",
    "ser/ui/page/served_files.py: start_module": "module and name together are a path, as in `read_beside`",
    "ser/ui/record/tab.py: score": "gradio, as an event handler",
    "ser/ui/takes/sitting.py: redraw": "gradio, as an event handler",
    **{
        f"ser/evaluation/conditions.py: {name}": "the table of conditions, with sound and generator"
        for name in CONDITIONS
    },
    **{
        f"ser/evaluation/conditions.py: {name}": "`add_noise`, with length and generator"
        for name in ("babble", "tilted_noise")
    },
}
NAMED_LIKE_STANDARD_MODULES = {"ser/ui/inspect"}  # as the tab; only ever imported as ser.ui.inspect

# Found as regular expressions, whatever their case. Each phrase was hard to read at least once in this project.
PHRASES = {
    "can not": (r"\bcan not\b", "cannot"),
    "anew": (r"\banew\b", "again"),
    "at hand": (r"\b(?:is|are) at hand\b", "is available"),
    "as good as": (r"\bas good as nothing\b", "effectively empty"),
    "for ever": (r"\bfor ever\b", "forever"),
    "in vain": (r"\bin vain\b", "without result"),
    "is no": (
        r"\b(?!there\b|here\b)[\w`]+ is no (?:number|sound|file|emotion|folder|clip|audio|table|checkpoint|network)\b",
        "is not a ...",
    ),
    "is told": (r"\bis told\b", "learns, receives, is reported"),
    "one by one": (r"\bone by one\b", "one at a time"),
    "sitting": (r"\bthis sitting\b", "this session"),
    "so to say": (r"\bso to say\b", "(leave it out)"),
    "there is not": (r"\bthat there is not\b|\bthere is not[.:;)]", "that does not exist"),
    "told from": (r"\btold from\b", "distinguished from"),
    "trust": (r"\btakes? a trust\b", "(name what is trusted)"),
    "what lies behind": (r"\bwhat lies behind\b", "after"),
    "who labels": (r"\bwho labels\b", "annotators"),
}


def tracked(*folders: str, suffixes: set[str] = SOURCE_SUFFIXES) -> list[Path]:
    """Return the files below some folders of the project, or those files themselves, sorted."""
    paths = []
    for folder in map(ROOT.joinpath, folders):
        paths += [folder] if folder.is_file() else folder.rglob("*")
    return sorted(
        path
        for path in paths
        if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts
    )


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def public_functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.arguments]]:
    """Yield the qualified name and the parameters of each public function and method, also of private classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield prefix + node.name, node.args


def too_positional(arguments: ast.arguments) -> bool:
    positional = [a.arg for a in arguments.posonlyargs + arguments.args if a.arg not in ("self", "cls")]
    return len(positional) > 1 and len(positional) + len(arguments.kwonlyargs) > 2


def loosely_called() -> Iterator[str]:
    for path in tracked("ser", "app.py", suffixes={".py"}):
        for name, arguments in public_functions(ast.parse(path.read_text(encoding="utf-8"))):
            if too_positional(arguments):
                yield f"{name_of(path)}: {name}"


def test_functions_take_their_subject_by_position_and_the_rest_by_keyword():
    loose = [key for key in loosely_called() if key not in CALLED_BY_POSITION]
    assert loose == [], "put a `*` after the first parameter"


def test_the_exceptions_are_still_needed():
    assert set(CALLED_BY_POSITION) <= set(loosely_called())


def test_a_folder_holds_a_handful_of_files():
    sizes: dict[str, int] = {}
    for path in tracked("ser", "tests"):
        sizes[name_of(path.parent)] = sizes.get(name_of(path.parent), 0) + 1
    assert {folder: size for folder, size in sizes.items() if size > MAX_FILES} == {}
    assert {path.name for path in tracked("ser") if path.parent == ROOT / "ser"} == TOP_MODULES


def test_a_file_is_read_in_one_sitting():
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked("app.py", "ser", "tests")
    }
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_no_module_has_the_name_of_a_standard_one():
    names = {path: path.stem for path in tracked("ser", suffixes={".py"})}
    names |= {path.parent: path.parent.name for path in names}
    shadows = {name_of(path) for path, name in names.items() if name in sys.stdlib_module_names}
    assert shadows == NAMED_LIKE_STANDARD_MODULES


def test_limits_are_named_max_and_min():
    word = re.compile(r"\b_?(?:MOST|LEAST|LARGEST|SMALLEST|FEWEST)_[A-Z_]*")
    names = {
        f"{name_of(path)}: {name}"
        for path in tracked("app.py", "ser", "tests")
        if path != Path(__file__).resolve()
        for name in word.findall(path.read_text(encoding="utf-8"))
    }
    assert names == set()


# Looks that several parts of the page share, each in one style sheet.
SHARED_CLASSES = {
    *("bars", "chips", "dot", "ends", "hidden-words", "hint", "known-voice", "look", "nothing-fits"),
    *("small-button", "warning"),
}
LONE_CLASS = re.compile(r"\.([a-z][\w-]*)(?:[:\[].*)?")


def used_classes() -> dict[str, set[str]]:
    """Return the folders of `ser/ui` whose markup has a class."""
    folders: dict[str, set[str]] = {}
    for path in tracked("ser/ui", suffixes={".py", ".js", ".html"}):
        text = path.read_text(encoding="utf-8")
        for words in re.findall(r"""class(?:Name)?[=:]\s*\\?["']([^"'{}]+)""", text):
            for word in words.split():
                folders.setdefault(word, set()).add(path.relative_to(ROOT / "ser" / "ui").parts[0])
    return folders


def test_a_style_reaches_no_other_part_of_the_page():
    used = used_classes()
    leaking = set()
    for path in tracked("ser/ui", suffixes={".css"}):
        for line in path.read_text(encoding="utf-8").splitlines():
            plain = re.sub(r"\([^)]*\)", "()", line)  # commas inside :is() part no selectors
            selectors = plain.partition("{")[0].split(",") if "{" in line else []
            names = {found[1] for one in selectors if (found := LONE_CLASS.fullmatch(one.strip()))}
            leaking |= {f"{name_of(path)}: .{name}" for name in names if len(used.get(name, ())) > 1}
    leaking -= {one for one in leaking if one.rpartition(".")[2] in SHARED_CLASSES}
    assert leaking == set(), "name the part before the class, as in `.pane .scores`"


def test_rules_for_some_screens_leave_gradios_class_to_gradio():
    # It puts its class before every selector there, also before its class: such a rule would fit nothing.
    idle = [
        f"{name_of(path)}: {line.strip()}"
        for path in tracked("ser/ui", suffixes={".css"})
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s+\.gradio-container", line)
    ]
    assert idle == [], "leave .gradio-container out in @media"


def test_rules_for_some_containers_stand_inside_of_another_rule():
    dropped = [
        f"{name_of(path)}: {line.strip()}"
        for path in tracked("ser/ui", suffixes={".css"})
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("@container")
    ]
    assert dropped == [], "gradio drops them elsewhere: nest them in a rule"


def test_the_layers_hold():
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which(
        "lint-imports"
    )
    if linter is None:
        pytest.skip("import-linter is not installed: pip install -r tests/requirements.txt")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_layers_ignore_nothing_but_the_version():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    ignored = {line for contract in settings["contracts"] for line in contract.get("ignore_imports", [])}
    assert ignored <= {"ser.** -> ser"}  # `from ser import __version__`


def texts() -> list[Path]:
    folders = ("app.py", "ser", "tests", "checkpoints", "docs", "findings")
    paths = tracked(*folders, suffixes=SOURCE_SUFFIXES | {".md"}) + sorted(ROOT.glob("*.md"))
    return [path for path in paths if path != Path(__file__).resolve()]


@pytest.mark.parametrize(("phrase", "better"), PHRASES.values(), ids=list(PHRASES))
def test_a_phrase_that_readers_stumble_over_is_not_used(phrase, better):
    between_words = r"\s+(?:(?:#|//|\*)\s*)?"  # a comment may break its line there
    pattern = re.compile(phrase.replace(" ", between_words), re.IGNORECASE)
    uses = []
    for path in texts():
        text = path.read_text(encoding="utf-8")
        uses += [
            f"{name_of(path)}:{text.count(chr(10), 0, use.start()) + 1}: {' '.join(use.group().split())}"
            for use in pattern.finditer(text)
        ]
    assert uses == [], f"better: {better}"


def test_each_finding_is_a_script_that_says_its_guess_and_is_listed():
    listed = re.findall(r"\]\((\w+\.sh)\)", (ROOT / "findings/README.md").read_text(encoding="utf-8"))
    scripts = sorted((ROOT / "findings").glob("*.sh"))
    assert sorted(listed) == [path.name for path in scripts]
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        assert re.match(r"#!.*\n# Guess: (.*\n)+?# What happens: (.*\n)+?# Who meets it: ", text), path.name
        assert len(text.splitlines()) < 60, path.name
        assert os.access(path, os.X_OK), path.name
        assert re.search(r"^env/bin/pip install -qq --no-compile(?: \S+==\S+)+$", text, re.MULTILINE), (
            path.name
        )
        assert not re.search(r"^\s*(?:import|from) (?:ser|app)\b", text, re.MULTILINE), path.name
