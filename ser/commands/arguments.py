"""Kinds of values that several commands take."""

import argparse


def positive(text: str) -> int:
    """Parse a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number
