"""Check a checkpoint's card, `card.json`: the required keys, and the optional ones that are shown or computed with.

Other keys are ignored. A card comes from whoever made the checkpoint, perhaps with another version or program, so
nothing on it is trusted.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections import Counter
from collections.abc import Callable
from typing import TypeGuard

from ser.audio import features
from ser.audio.features import N_SAMPLES
from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS

CARD_FORMAT = 1
MAX_CARD_BYTES = 4_000_000  # the cards of this project take 30,000
MAX_LAYERS = 32
FEATURE_NUMBERS = {
    "sample_rate": SAMPLE_RATE,
    "n_samples": N_SAMPLES,
    "n_fft": features.N_FFT,
    "hop_length": features.HOP_LENGTH,
    "n_mels": features.N_MELS,
    "top_db": features.TOP_DB,  # networks may have a higher floor, see `MIN_TOP_DB`
    "std_epsilon": features.STD_EPSILON,
}
MIN_TOP_DB = 20.0
NETWORK_NAMES = ("published", "emotion", "wide")
PARTS = ("train", "val", "test")


def differences(card: object) -> list[str]:
    """Return how a card differs from what this version of the code can use, a phrase each; empty if it fits."""
    if not isinstance(card, dict):
        return ["its card is not a JSON object"]
    expected = {"format": CARD_FORMAT, "labels": list(LABELS)}
    problems = [f"{key} {_unlike(card.get(key), v)}" for key, v in expected.items() if card.get(key) != v]
    if card.get("network") not in NETWORK_NAMES:  # a tuple, as the value on the card may not be hashable
        problems.append(
            f"network is {_short(card.get('network'))}, expected one of {', '.join(NETWORK_NAMES)}"
        )
    temperature = card.get("temperature", 1.0)
    if not _is_temperature(temperature):
        problems.append(f"temperature is {_short(temperature)}, expected a positive number")
    if card.get("network") == "wide":
        problems += [f"it has no {key}" for key in ("arguments", "encoder") if key not in card]
    if "split" in card:
        problems += _split_differences(card["split"])
    numbers = card.get("features")
    numbers = numbers if isinstance(numbers, dict) else {}
    problems += [
        f"{key} {_unlike(numbers.get(key), v)}"
        for key, v in FEATURE_NUMBERS.items()
        if numbers.get(key) != v and not (key == "top_db" and _is_floor(numbers.get(key)))
    ]
    return problems + [
        f"{key} is not in the form that this version writes"
        for key, form in _FORMS.items()
        if key in card and not _fits(card[key], form)
    ]


def _unlike(value: object, expected: object) -> str:
    return f"is {_short(value)}, expected {expected!r}"


def _short(value: object) -> str:
    """Return a shortened, printable form of a value."""
    return reprlib.repr(value)


def _split_differences(split: object) -> list[str]:
    """Return what is wrong with the actors on a card, a phrase each."""
    if not _fits(split, {part: [_is_name] for part in PARTS}):
        return ["its split does not list the actors of train, val and test"]
    assert isinstance(split, dict)
    counts = Counter(actor for part in PARTS for actor in split[part])
    duplicates = sorted(actor for actor, count in counts.items() if count > 1)[:3]
    return [f"actor {', '.join(duplicates)} is in more than one part of its split"] if duplicates else []


# ---- the optional values of a card that are shown or computed with


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_temperature(value: object) -> bool:
    return _is_number(value) and 0 < value < 1e6


def _is_floor(value: object) -> bool:
    return _is_number(value) and MIN_TOP_DB <= value <= features.TOP_DB


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2000


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 100 and value.isprintable()


def _is_confusion(value: object) -> bool:
    n = len(LABELS)
    rows = value if isinstance(value, list) and len(value) == n else [None]
    return all(isinstance(row, list) and len(row) == n and all(map(_is_number, row)) for row in rows)


def _or_none(form: object) -> Callable[[object], bool]:
    return lambda value: value is None or _fits(value, form)


def _fits(value: object, form: object) -> bool:
    """Whether a JSON value has a form: a predicate, a list of one form, or a dict from keys to forms.

    A key that ends in "?" may be absent; "*" stands for every key.
    """
    if isinstance(form, list):
        return isinstance(value, list) and all(_fits(entry, form[0]) for entry in value)
    if callable(form):
        return bool(form(value))
    assert isinstance(form, dict)
    if not isinstance(value, dict):
        return False
    if "*" in form:
        return all(_is_name(key) and _fits(entry, form["*"]) for key, entry in value.items())
    return all(
        _fits(value[name], inner) if (name := key.removesuffix("?")) in value else key.endswith("?")
        for key, inner in form.items()
    )


_ESTIMATE = {"value": _is_share, "low": _is_share, "high": _is_share}
_ROW = {
    "group": _is_name,
    "actors": _is_count,
    "clips": _is_count,
    "drawn": _is_name,
    "accuracy": _ESTIMATE,
    "uar": _ESTIMATE,
    "recall": [_or_none(_is_share)],
}
_RATES = {
    "n": _is_count,
    "accuracy": _ESTIMATE,
    "uar": _ESTIMATE,
    "macro_f1": _ESTIMATE,
    "confusion": _is_confusion,
}
_FIGURES = {
    "clips?": _is_count,
    "parameters?": _is_count,
    "accuracy?": _is_share,
    "uar?": _is_share,
    "macro_f1?": _is_share,
    "ece?": _is_share,
    "per_emotion?": {"*": {"recall": _is_share}},
    "confusion?": _is_confusion,
}
_THRESHOLDS = {"sure?": _is_share, "leaning?": _is_share}


def _is_verdict(value: object) -> bool:
    has_known_keys = isinstance(value, dict) and value.keys() <= {"sure", "leaning"}
    return has_known_keys and _fits(value, _THRESHOLDS)


def _is_ground(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"starts", "ends", "softness", "plain"}:
        return False
    numbers = value.values()
    return all(_is_number(one) and 0 <= one < 100 for one in numbers) and value["starts"] < value["ends"]


def _is_arguments(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(len(entry) <= MAX_LAYERS for entry in value.values() if isinstance(entry, list))


def _is_figures(value: object) -> bool:
    is_complete = isinstance(value, dict) and ("clips" in value or "accuracy" not in value)
    return is_complete and _fits(value, _FIGURES)


def _is_package(value: object) -> bool:
    """Whether this is the name or the version of a package, which pip takes neither for an option nor for an address."""
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", value))


def _is_member(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 300 and value.isprintable()


def _is_checkpoint_id(value: object) -> bool:
    """Whether this is what `ser.network.checkpoint.checkpoint_id` returns for a folder beside this one."""
    return isinstance(value, str) and bool(
        re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}-[0-9a-f]{12}", value)
    )


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{64}", value))


def _is_encoder(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == _ENCODER.keys() and _fits(value, _ENCODER)


_ENCODER = {
    "package": _is_package,
    "version": _is_package,
    "file": _is_member,
    "licence": _is_member,
    "sha256": _is_sha256,
}


def _is_weights(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(_is_number(one) and 0 <= one < 1e3 for one in value)
    )


def _is_readout(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _READOUT.keys() or not _fits(value, _READOUT):
        return False
    return len(value["levels"]) == len(value["loudness"]) == 2 and value["levels"][0] <= value["levels"][1]


def _is_moderate(value: object) -> bool:
    return _is_number(value) and abs(value) < 1e6  # sums of larger ones may not be finite


_READOUT = {
    "weights": [_is_moderate],
    "bias": _is_moderate,
    "levels": [_is_moderate],
    "loudness": [_is_moderate],
}
_FORMS = {
    "intensity": _is_readout,
    "encoder": _is_encoder,
    "fusion": {"checkpoint": _is_checkpoint_id, "acted": _is_weights, "heard": _is_weights},
    "arguments": _is_arguments,
    "verdict": _is_verdict,
    "ground": _is_ground,
    "training": {"best_epoch?": _is_count},
    "metrics": {"*": _is_figures},
    "people": {"votes": _RATES, "plurality": _RATES, "groups": {"*": [_ROW]}, "clips": _is_count},
    "groups": {"*": [_ROW]},
    "data_licence": _is_text,
    "from_speech": _is_flag,
}
