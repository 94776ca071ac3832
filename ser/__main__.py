"""`python -m ser COMMAND`: see `ser.commands`."""

import sys

from ser.commands.main import build_parser, main

__all__ = ["build_parser", "main"]

if __name__ == "__main__":
    sys.exit(main())
