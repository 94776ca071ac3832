"""The base of every error that a person is meant to read."""


class UserError(Exception):
    """An error whose text is one sentence that says what is wrong and names the cure.

    The command line prints the text and exits with status 1; the app shows it. Any other exception is a
    bug and keeps its traceback.
    """
