"""Scores and shares in words."""


def percent(score: float, digits: int = 0) -> str:
    """Format a score or a share as a percentage; a small one is never rounded to zero.

    >>> percent(0.623), percent(0.605, 1), percent(0.002), percent(0.0)
    ('62%', '60.5%', '<1%', '0%')
    """
    smallest = 10.0 ** -(digits + 2)
    return f"<{smallest:.{digits}%}" if 0 < score < smallest / 2 else f"{score:.{digits}%}"
