"""The commands of `python -m ser COMMAND`, one file each.

A file has two functions: `add(parser)` adds the command's arguments, and `run(args)` runs it and returns the exit
status. The docstring of `run` is the command's help. Start with `main`, which lists the commands, builds the parser
and turns errors into one sentence and an exit status; `arguments` holds what several commands share. `run` imports
what it needs, so `--help` loads neither PyTorch nor pandas.
"""
