"""Write the pages that are made from the code: commands.md from `--help`, architecture.md from module docstrings.

python docs/generate.py            writes both
python docs/generate.py --check    exits with 1 where one is not current
"""

import argparse
import ast
import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
WIDTH = "100"  # characters of a line of help
NOTE = "<!-- Made by `python docs/generate.py`: change the code, not this page. -->\n"

COMMANDS_HEAD = """# Commands

`python -m ser COMMAND`, or `emotion-listener COMMAND` where the library is installed. Exit status: 0; 1 when it failed, with one sentence on stderr;
2 for a wrong command line; 130 and 143 when it was ended by Ctrl-C and by SIGTERM.
"""

ARCHITECTURE_HEAD = """# Architecture

One direction: a sound file is decoded (`audio.reading`), becomes features (`audio.features`), the network turns these into logits (`network.runtime`), and
`recognition` turns logits into scores and a verdict, which commands print and the `ui` shows. One function makes the features for training, the
commands and the browser alike.

A package imports only what stands below it in this list; `lint-imports` checks that, and that there are no cycles. gradio is imported in `ui` alone. Neither
the commands nor the app load PyTorch to score a recording.
"""
LAYERS = (
    *("commands", "ui", "benchmark", "hosting", "annotation", "training", "evaluation", "recognition"),
    *("corpus", "network", "audio", "util"),
)
UI_LAYERS = (
    *("server", "inspect", "desk", "viewer", "results", "dataset", "record", "takes", "parts", "page"),
)


def commands_page() -> str:
    """Return commands.md: a section per command, each with its help."""
    os.environ["COLUMNS"] = WIDTH
    sys.path.insert(0, str(ROOT))
    from ser.commands.main import build_parser

    parser = build_parser()
    (choices,) = (a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    sections = [NOTE + COMMANDS_HEAD, _block(parser)]
    for name, command in choices.items():
        sections.append(f"## {name}\n\n{_block(command)}")
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                sections += [f"### {name} {inner}\n\n{_block(sub)}" for inner, sub in action.choices.items()]
    return "\n".join(sections)


def architecture_page() -> str:
    """Return architecture.md: packages from the top layer down, each module with the first line of its docstring."""
    sections = [NOTE + ARCHITECTURE_HEAD]
    for layer in LAYERS:
        sections.append(_package(ROOT / "ser" / layer, "##"))
        if layer == "ui":
            sections += [_package(ROOT / "ser" / "ui" / name, "###") for name in UI_LAYERS]
        if layer == "annotation":
            sections.append(_package(ROOT / "ser" / "annotation" / "formats", "###"))
    own = "\n".join(
        f"| `{name}` | {_summary(ROOT / 'ser' / f'{name}.py')} |" for name in ("__main__", "labels", "errors")
    )
    sections.append(f"## ser\n\n| module | what it holds |\n|---|---|\n{own}\n")
    return "\n".join(sections)


def _block(parser: argparse.ArgumentParser) -> str:
    return f"```text\n{parser.format_help()}```\n"


def _package(folder: Path, level: str) -> str:
    name = ".".join(folder.relative_to(ROOT).parts)
    rows = [
        f"| `{path.stem}` | {_summary(path)} |"
        for path in sorted(folder.glob("*.py"))
        if path.stem != "__init__"
    ]
    table = "| module | what it holds |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    text = "\n\n".join(map(_paragraph, _docstring(folder / "__init__.py").split("\n\n")))
    return f"{level} {name}\n\n{text}\n\n{table}"


def _paragraph(text: str) -> str:
    """Return a paragraph of a docstring as Markdown; lines in columns, which have runs of spaces, stay as they are."""
    return f"```text\n{text}\n```" if re.search(r"\S {3,}\S", text) else text


def _docstring(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()


def _summary(path: Path) -> str:
    """Return the first paragraph of a module's docstring on one line."""
    return " ".join(_docstring(path).split("\n\n")[0].split()).replace("|", "\\|")


PAGES = {"commands.md": commands_page, "architecture.md": architecture_page}


def main(argv: list[str] | None = None) -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Write the pages of docs/ that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is old")
    args = parser.parse_args(argv)
    old = []
    for name, make in PAGES.items():
        page, path = make(), DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            old.append(name)
            if not args.check:
                path.write_text(page, encoding="utf-8")
    if args.check and old:
        print(f"Not current: {', '.join(old)}. Run `python docs/generate.py`.", file=sys.stderr)
    return 1 if args.check and old else 0


if __name__ == "__main__":
    sys.exit(main())
