"""Any bytes in a file either decode to sound or cause an error of one sentence."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser.audio.reading import MAX_S, AudioError, AudioWarning, load_audio
from tests.helpers.hostile import voices

# Python only reports an exception in a function that C called, and goes on.
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
KINDS = ("wav", "flac", "mp3", "ogg", "opus", "webm", "m4a", "aiff")
HEADER = 400  # bytes at the start, where changes do more than in the sound
FUZZ = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

numbers = st.sampled_from(
    [b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"]
)
places = st.integers(0, HEADER) | st.integers(0, 2**20)
changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "repeat", "cut"]), places, numbers | st.binary(max_size=8)
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    return voices(KINDS, seconds=0.4)


def change(data: bytes, what: str, at: int, new: bytes) -> bytes:
    at %= len(data) + 1
    before, after = data[:at], data[at:]
    if what == "set":
        return before + new + after[len(new) :]
    if what == "insert":
        return before + new + after
    if what == "delete":
        return before + after[max(1, len(new)) :]
    if what == "repeat":
        return before + after[:64] * len(new) + after
    return before


def check(path, data: bytes) -> None:
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", AudioWarning)
        try:
            samples = load_audio(path)
        except AudioError as error:
            text = str(error)
            assert text.startswith(path.name)
            assert text.endswith(".")
            assert "\n" not in text
            return
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 0 < len(samples) <= (MAX_S + 1) * 16_000
    assert np.isfinite(samples).all()


def run(test, given_by, examples: int) -> None:
    settings(FUZZ, max_examples=examples)(given(**given_by)(test))()


@pytest.mark.parametrize("examples", [150, pytest.param(4000, marks=pytest.mark.slow)])
def test_changed_files(whole, tmp_path, examples):
    def test(kind, steps):
        data = whole[kind]
        for step in steps:
            data = change(data, *step)
        check(tmp_path / f"voice.{kind}", data)

    run(test, {"kind": st.sampled_from(KINDS), "steps": changes}, examples)


@pytest.mark.parametrize("examples", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_files_whose_end_is_another_kind(whole, tmp_path, examples):
    def test(first, second, until, since):
        beginning, end = whole[first], whole[second]
        check(tmp_path / f"voice.{first}", beginning[: until % len(beginning)] + end[since % len(end) :])

    kinds = st.sampled_from(KINDS)
    run(test, {"first": kinds, "second": kinds, "until": places, "since": places}, examples)


@pytest.mark.parametrize("examples", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_random_bytes_behind_a_true_beginning(whole, tmp_path, examples):
    def test(kind, kept, data):
        check(tmp_path / f"voice.{kind}", whole[kind][:kept] + data)

    given_by = {"kept": st.integers(0, 64), "data": st.binary(min_size=1, max_size=2000)}
    run(test, {"kind": st.sampled_from(KINDS), **given_by}, examples)
