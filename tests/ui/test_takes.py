"""The takes of a session: tables hold what was put in, and deleting deletes."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ser.audio.quality import measure_quality
from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS
from ser.recognition.result import Recognition, Window
from ser.ui.parts.result import Result
from ser.ui.takes.panel import draw_panel, verdict_words
from ser.ui.takes.side_by_side import difference, draw_comparison
from ser.ui.takes.sitting import Deleted, on_delete, on_undo, redraw
from ser.ui.takes.take import (
    COLUMNS,
    MAX_NAME_LENGTH,
    MAX_TAKES,
    Take,
    add,
    clean_name,
    make_take,
    rename,
    shielded,
    to_csv,
    to_json,
)

QUALITY = measure_quality(np.zeros(32_000))
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", '=HYPERLINK("http://x")', "＝1")
AWKWARD = (
    'say "hi"',
    "two\nlines",
    "two\r\nlines",
    "a,b;c",
    "😀 ünïcode",
    "",
    "'",
    "'quoted'",
    "1e5",
    *FORMULAS,
)

scores = st.lists(st.floats(0, 1), min_size=6, max_size=6).map(
    lambda six: dict(zip(LABELS, six, strict=True))
)
names = st.one_of(
    st.sampled_from(AWKWARD), st.text(), st.builds(str.__add__, st.sampled_from(FORMULAS), st.text())
)


def recognition(
    six: dict[str, float] | None = None, verdict: str = "leaning", seconds: float = 2.5
) -> Recognition:
    six = six or dict(zip(LABELS, (0.1, 0.5, 0.1, 0.1, 0.1, 0.1), strict=True))
    windows = (Window(0, round(min(seconds, 3.0) * SAMPLE_RATE), six),)
    top, logits = max(six, key=six.get), (0.0,) * 6
    return Recognition(
        file="/a/b.wav",
        duration_s=seconds,
        scores=six,
        top=top,
        verdict=verdict,
        voice_s=1.0,
        quality=QUALITY,
        logits=logits,
        windows=windows,
    )


def take(
    name: str = "Take", file: str = "/none.wav", source: str = "microphone", played: str = "", **about
) -> Take:
    heard = recognition(**about)
    scored = Result("x", heard, heard.windows[0], b"png", file=file, played=played)
    return replace(make_take(scored, source=source), name=name)


takes_of_all_kinds = st.lists(
    st.builds(
        take,
        name=names,
        six=scores,
        seconds=st.floats(0.01, 600),
        verdict=st.sampled_from(["sure", "leaning", "unsure", "no_voice"]),
    ),
    max_size=5,
)


def unshielded(cell: str) -> str:
    """Return a cell without the apostrophe in front of a formula."""
    return cell[1:] if cell.startswith("'") and shielded(cell[1:]) == cell else cell


@given(takes_of_all_kinds)
@example([take(name=name) for name in AWKWARD])
def test_the_csv_reads_back_as_the_same_rows(takes):
    header, *rows = csv.reader(io.StringIO(to_csv(takes), newline=""))
    assert tuple(header) == COLUMNS
    for row, one in zip(rows, takes, strict=True):
        cells = dict(zip(header, row, strict=True))
        assert unshielded(cells["name"]) == one.name
        assert {label: float(cells[label]) for label in LABELS} == one.recognition.scores
        assert float(cells["duration_s"]) == one.recognition.duration_s
        assert (cells["id"], cells["time"], cells["verdict"]) == (one.id, one.time, one.recognition.verdict)
        assert cells["prompt"] == ""


@given(takes_of_all_kinds)
@example([take(name=name) for name in AWKWARD])
def test_no_cell_of_the_csv_is_a_formula(takes):
    for row in csv.reader(io.StringIO(to_csv(takes), newline="")):
        for cell in row:
            assert not cell.lstrip(" ").startswith(tuple("=+-@\t\r")), cell


@given(takes_of_all_kinds)
@example([take(name=name) for name in AWKWARD])
def test_the_json_holds_what_the_takes_hold(takes):
    for fields, one in zip(json.loads(to_json(takes)), takes, strict=True):
        heard = one.recognition
        assert (fields["id"], fields["name"], fields["time"]) == (one.id, one.name, one.time)
        assert (fields["scores"], fields["verdict"]) == (heard.scores, heard.verdict)
        assert fields["windows"] == [window.to_dict() for window in heard.windows]
        assert "/none.wav" not in json.dumps(fields), "a path on this machine went out"
        assert heard.file not in json.dumps(fields), "a path on this machine went out"


@given(st.text())
def test_a_name_is_one_line_that_fits(text):
    name = clean_name(text)
    assert 0 < len(name) <= MAX_NAME_LENGTH
    assert name.splitlines() == [name]
    assert name.encode("utf-8").strip() == name.encode("utf-8")
    assert clean_name(name) == name


def test_a_take_is_of_now_and_has_an_id_of_its_own():
    first, second = take(), take()
    assert first.id != second.id
    age = datetime.now().astimezone() - datetime.fromisoformat(first.time)
    assert 0 <= age.total_seconds() < 60


def test_adding_changes_no_list_numbers_names_and_lets_the_oldest_go():
    before = [take(name="Angry")]
    after = add(add(before, take(name="Angry")), take(name="Angry"))
    assert [one.name for one in after] == ["Angry", "Angry 2", "Angry 3"]
    assert len(before) == 1
    for number in range(MAX_TAKES):
        after = add(after, take(name=f"n{number}"))
    assert [after[0].name, after[-1].name, len(after)] == ["n0", f"n{MAX_TAKES - 1}", MAX_TAKES]
    assert "older ones are deleted" in draw_panel(after, None)


def test_a_new_name_changes_the_list_for_gradio_too():
    takes = [take(), take()]
    renamed = rename(takes, take_id=takes[1].id, name="  Loud\n")
    assert [one.name for one in renamed] == ["Take", "Loud"]
    assert hash(renamed[0]) == hash(takes[0])
    assert hash(renamed[1]) != hash(takes[1])


@pytest.fixture
def sound(tmp_path):
    def write(name: str) -> str:
        (tmp_path / name).write_bytes(b"sound")
        return str(tmp_path / name)

    return write


def test_the_sound_goes_when_its_take_can_no_longer_come_back(sound, tmp_path):
    takes = [take("one", sound("1.wav")), take("two", sound("2.wav"))]
    _, stored = redraw(takes, None, [])
    left, deleted = on_delete(takes, SimpleNamespace(id=takes[0].id))
    page, stored = redraw(left, deleted, stored)
    assert "Undo" in page
    assert (tmp_path / "1.wav").exists(), "gone before it could come back"
    assert on_undo(left, deleted) == (takes, None)

    page, stored = redraw(left, None, stored)
    assert "Undo" not in page
    assert [path.name for path in tmp_path.iterdir()] == ["2.wav"]
    redraw([], None, stored)
    assert list(tmp_path.iterdir()) == []


def test_the_sound_stays_while_another_take_plays_it_and_an_example_is_nobodys(sound, tmp_path):
    both = [take("a", sound("same.wav")), take("b", sound("same.wav")), take("c", sound("e.flac"), "example")]
    _, stored = redraw(both, None, [])
    _, stored = redraw(both[:1], None, stored)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.flac", "same.wav"]
    redraw([], None, stored)
    assert [path.name for path in tmp_path.iterdir()] == ["e.flac"]


def test_undo_puts_a_take_back_where_it_stood():
    takes = [take("a"), take("b"), take("c")]
    assert on_undo([takes[0], takes[2]], Deleted(takes[1], 1)) == (takes, None)


class Markup(HTMLParser):
    """Collect the tags of a page with the names of their attributes."""

    def __init__(self, page: str):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, [name for name, _ in attrs]))


@given(st.text() | st.sampled_from(['"><script>alert(1)</script>', "' onclick='alert(1)", "&quot;<b>"]))
def test_a_name_is_never_markup(text):
    plain, named, other = take(name="plain"), take(name=text), take(name="other")
    for draw in (lambda one: draw_panel([one, other], one), lambda one: draw_comparison(one, other)):
        assert Markup(draw(named)).tags == Markup(draw(plain)).tags


def six_of(**given: float) -> dict[str, float]:
    rest = (1 - sum(given.values())) / (6 - len(given))
    return {label: given.get(label, rest) for label in LABELS}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("sure", "Angry 90%, sure"),
        ("leaning", "Angry 90%, leaning"),
        ("unsure", "Angry 90%, not sure"),
        ("no_voice", "No voice found"),
    ],
)
def test_a_verdict_in_a_few_words(verdict, words):
    assert verdict_words(recognition(six_of(ANG=0.9), verdict)) == words


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            {"ANG": 0.8},
            {"ANG": 0.3, "SAD": 0.6},
            "“B” sounds sadder (60% vs 4%) and less angry (30% vs 80%) than “A”. "
            "“A” sounds mainly angry, “B” mainly sad.",
        ),
        (
            {"ANG": 0.6, "HAP": 0.2},
            {"ANG": 0.6, "DIS": 0.2},
            "“B” sounds more disgusted (20% vs 5%) and less happy (5% vs 20%) than “A”. "
            "Both sound mainly angry.",
        ),
        (
            {"ANG": 0.8},
            {"ANG": 0.79},
            "Both sound alike: no score differs by more than 5 percentage points.",
        ),
    ],
)
def test_the_difference_in_words(first, second, words):
    assert difference(take("A", six=six_of(**first)), take("B", six=six_of(**second))) == words


def test_there_is_nothing_to_compare_without_a_voice():
    assert "no voice" in difference(take("A"), take("B", verdict="no_voice")).lower()
