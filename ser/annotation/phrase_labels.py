"""The network's answers, phrase by phrase, as TextGrids of Praat and label tracks of Audacity.

Times are those at which the program shows the sound, as in exported labels. The emotions are what a person's labels have,
so that a file can be corrected in the program and then imported.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ser.annotation.formats.cells import plain_name
from ser.annotation.formats.contents import Interval, plain_number
from ser.annotation.formats.praat_text import write_tiers
from ser.annotation.formats.program_times import shift_s, shifted
from ser.annotation.formats.textgrid import filled
from ser.recognition.report import VERDICT_WORDS
from ser.recognition.result import Recognition, Unscored

TIERS = ("emotion", "score", "verdict")


class _Answer(NamedTuple):
    """A phrase where the program shows it, in seconds, and the texts of its tiers."""

    start_s: float
    end_s: float
    texts: tuple[str, ...]


def phrases_as_textgrid(results: Sequence[Recognition | Unscored]) -> dict[str, str]:
    """Return a TextGrid for each file that was scored, with the tiers "emotion", "score" and "verdict".

    Parameters
    ----------
    results : with phrases, of files that are still there: the start of an MP3 says when Praat shows it

    Returns
    -------
    dict
        Text by file name: the name of the sound file, with a number where several have the same.
    """
    return _by_file(results, ending=".TextGrid", program="praat", write=_textgrid)


def phrases_as_audacity(results: Sequence[Recognition | Unscored]) -> dict[str, str]:
    """Return a label track for each file that was scored, whose texts are the emotion, or "no voice".

    Parameters and value are those of `phrases_as_textgrid`.
    """
    return _by_file(results, ending=".txt", program="audacity", write=_label_track)


def _by_file(
    results: Sequence[Recognition | Unscored],
    *,
    ending: str,
    program: str,
    write: Callable[[list[_Answer], float], str],
) -> dict[str, str]:
    files: dict[str, str] = {}
    taken: set[str] = set()  # upper and lower case are the same on some systems
    for result in results:
        if isinstance(result, Unscored) or result.file is None:
            continue
        stem, number = plain_name(result.file), 2
        name = f"{stem}{ending}"
        while name.casefold() in taken:
            name, number = f"{stem}-{number}{ending}", number + 1
        taken.add(name.casefold())
        later_s = shift_s(result.file, program=program)
        files[name] = write(_answers(result, later_s), result.duration_s + max(later_s, 0.0))
    return files


def _answers(result: Recognition, later_s: float) -> list[_Answer]:
    answers = []
    for phrase in result.phrases:
        answer = phrase.adapted or phrase
        is_voice = answer.verdict != "no_voice"
        texts = (answer.top, f"{answer.scores[answer.top]:.2f}") if is_voice else ("", "")
        times = shifted((phrase.start_s, phrase.end_s), later_s)
        answers.append(_Answer(*times, (*texts, VERDICT_WORDS[answer.verdict])))
    return answers


def _textgrid(answers: list[_Answer], end_s: float) -> str:
    tiers = [
        (tier, filled([Interval(one.start_s, one.end_s, one.texts[i]) for one in answers], end_s))
        for i, tier in enumerate(TIERS)
    ]
    return write_tiers(end_s, tiers)


def _label_track(answers: list[_Answer], _end_s: float) -> str:
    return "".join(
        f"{plain_number(one.start_s)}\t{plain_number(one.end_s)}\t{one.texts[0] or one.texts[-1]}\n"
        for one in answers
    )
