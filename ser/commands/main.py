"""The parser of `python -m ser COMMAND`, and what all commands share: exit statuses and error messages."""

import argparse
import shlex
import sys
from pathlib import Path

from ser import __version__
from ser.commands import (
    adapt,
    annotations,
    app,
    benchmark,
    download,
    enroll,
    evaluate,
    explain,
    intensity,
    prepare,
    recognize,
    release,
    split,
    teacher,
    train,
    wide,
)
from ser.errors import UserError
from ser.util.files import explain as explain_os_error
from ser.util.interrupts import Terminated, end_on_next_interrupt, terminable

# In the order of `--help`.
INSTALLED_NAME = "emotion-listener"  # of the console script in pyproject.toml
COMMANDS = (
    app,
    recognize,
    enroll,
    adapt,
    wide,
    split,
    download,
    prepare,
    teacher,
    train,
    evaluate,
    explain,
    intensity,
    release,
    benchmark,
    annotations,
)
# How to continue a command that was stopped.
HOW_TO_CONTINUE = {
    "prepare": " Run the same command again to continue.",
    "download": " Run the same command again to continue.",
    "train": " Run the same command with --resume to continue.",
}


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Append the default to the help of an option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `handler` in its result is the `run` of the chosen one."""
    parser = argparse.ArgumentParser(
        prog=INSTALLED_NAME if Path(sys.argv[0]).stem == INSTALLED_NAME else "python -m ser",
        description="Speech emotion recognition with networks trained on CREMA-D.",
        epilog="`python -m ser COMMAND --help` explains a command. `python app.py` opens the app.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    for command in COMMANDS:
        text = (command.run.__doc__ or "").strip()
        command_parser = commands.add_parser(
            command.__name__.rpartition(".")[2],
            help=text.rstrip("."),
            description=text,
            formatter_class=Help,
        )
        command_parser.set_defaults(handler=command.run)
        command.add(command_parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    argv : arguments after `python -m ser`; by default those of this process

    Returns
    -------
    int
        0 on success; 1 on failure, with one sentence on stderr that says why; 130 and 143 if ended by Ctrl-C and by
        SIGTERM. Wrong usage ends the process with status 2.
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
        sys.stderr.close()  # the reader, for example `head`, has closed the pipe: no message could arrive
        return 1
    except OSError as error:
        problem, status = explain_os_error(error), 1
    except MemoryError:
        problem, status = "there is not enough memory: close other programs or process less at a time.", 1
    except KeyboardInterrupt as stop:
        end_on_next_interrupt()
        problem = f"stopped; finished work is kept.{HOW_TO_CONTINUE.get(args.command, '')}"
        status = 143 if isinstance(stop, Terminated) else 130
    print(f"ser {args.command}: {problem}", file=sys.stderr)
    return status
