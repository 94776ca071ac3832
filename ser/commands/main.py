"""The parser of `python -m ser COMMAND`, and what every command shares: exit statuses and sentences for errors."""

import argparse
import shlex
import sys

from ser import __version__
from ser.commands import (
    annotations,
    benchmark,
    download,
    enroll,
    evaluate,
    explain,
    prepare,
    recognize,
    release,
    split,
    train,
)
from ser.errors import UserError
from ser.util.files import explain as explain_os_error
from ser.util.interrupts import Terminated, end_at_once, terminable

# In the order of the help.
COMMANDS = (
    recognize,
    enroll,
    split,
    download,
    prepare,
    train,
    evaluate,
    explain,
    release,
    benchmark,
    annotations,
)
# What to say to whoever has stopped a command that can go on.
GOING_ON = {
    "prepare": " The same command goes on.",
    "download": " The same command goes on.",
    "train": " The same command with --resume goes on.",
}


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Say the default behind an option's help only where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `handler` to its function."""
    parser = argparse.ArgumentParser(
        prog="python -m ser",
        description="Speech emotion recognition with networks trained on CREMA-D.",
        epilog="`python -m ser COMMAND --help` explains a command. `python app.py` opens the app.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    for command in COMMANDS:
        text = (command.run.__doc__ or "").strip()
        added = commands.add_parser(
            command.__name__.rpartition(".")[2],
            help=text.rstrip("."),
            description=text,
            formatter_class=Help,
        )
        added.set_defaults(handler=command.run)
        command.add(added)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status.

    0; 1: it failed, one sentence on stderr says why; 2: usage; 130 and 143: ended by Ctrl-C and by SIGTERM.
    """
    argv = sys.argv[1:] if argv is None else argv
    args = build_parser().parse_args(argv)
    args.command_line = shlex.join(["python", "-m", "ser", *argv])
    try:
        with terminable():
            return args.handler(args)
    except UserError as error:
        problem, status = str(error), 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader, `head` say, has gone: nobody is left to tell
        return 1
    except OSError as error:
        problem, status = explain_os_error(error), 1
    except MemoryError:
        problem, status = "there is not enough memory: end other programs, or give it less at once.", 1
    except KeyboardInterrupt as stop:
        end_at_once()
        problem = f"stopped; what was finished is kept.{GOING_ON.get(args.command, '')}"
        status = 143 if isinstance(stop, Terminated) else 130
    print(f"ser {args.command}: {problem}", file=sys.stderr)
    return status
