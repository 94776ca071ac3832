"""What the page draws of an adaptation: plain JSON values."""

from typing import Any

from ser.adaptation.table import NAMES, in_ten
from ser.adaptation.words import answers_of, curve_of, effect, made_from, table_of
from ser.recognition.adaptation import Adaptation
from ser.ui.parts.own_emotions import colours_of


def describe(adaptation: Adaptation) -> dict[str, Any]:
    """Return an adaptation for the page.

    Returns
    -------
    dict: name, id, effect and made_from, sentences; helps, None if nobody knows; measured_on, a sentence, and by_speaker;
    rows of figures, each with stage, words, in_ten, accuracy, uar, ece and recall by emotion; emotions, names by code; colours, in
    CSS by code; answers, of how many recordings by emotion, before and after, or empty; curve, dicts of labels and uar
    """
    table = table_of(adaptation)
    rows = [] if table is None else table.rows
    return {
        "name": adaptation.name,
        "id": adaptation.id,
        "effect": effect(adaptation),
        "made_from": made_from(adaptation),
        "helps": None if table is None else table.helps,
        "used": None if table is None else table.used,
        "by_speaker": table is not None and table.by_speaker,
        "clips": 0 if table is None else table.clips,
        "speakers": 0 if table is None else table.speakers,
        "rows": [
            row.to_dict() | {"words": NAMES[row.stage], "in_ten": in_ten(row.accuracy.value)} for row in rows
        ],
        "emotions": adaptation.name_of_emotion,
        "colours": colours_of(adaptation.name_of_emotion),
        "answers": answers_of(adaptation),
        "curve": curve_of(adaptation),
    }
