"""The error of every module that reads a data set."""

from ser.errors import UserError


class CorpusError(UserError, ValueError):
    """The data set is missing or damaged, or does not have the requested clips or actors."""
