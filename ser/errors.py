"""The base class of all errors that people are meant to read."""


class UserError(Exception):
    """An error whose message is one sentence that says what is wrong and how to fix it.

    The command line prints the message and exits with status 1, and the app shows it. Any other exception is a bug and
    keeps its traceback.
    """
