"""Many files at once: turns, batches and what the page gets of them."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from ser.errors import UserError
from ser.labels import LABELS
from ser.recognition import bulk
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition
from ser.recognition.voice_profile import Profile, ProfileError
from ser.ui.many import many, turns
from ser.ui.many.turns import CrowdedError, Turns, score_in_turn
from ser.util.deadline import AbandonedError, check_abandoned, stop_when
from tests.conftest import ROOT
from tests.helpers.hostile import corpus

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture
def upload():
    """Put a file into the upload folder as gradio does; return its path."""
    made = []

    def put(content: bytes, name: str) -> str:
        folder = Path(get_upload_folder()) / f"test-many-{len(made)}"
        folder.mkdir(parents=True, exist_ok=True)
        made.append(folder / name)
        made[-1].write_bytes(content) if isinstance(content, bytes) else content(made[-1])
        return str(made[-1])

    yield put
    for file in made:
        file.unlink(missing_ok=True)
        file.parent.rmdir()


def name_of(n: int, ending: str = ".flac") -> str:
    return f"many-0123456789ab-{n}{ending}"


def test_a_batch_is_scored_as_each_file_by_itself_and_then_deleted(recognizer, upload):
    sound = EXAMPLES[0].read_bytes()
    paths = [upload(sound, name_of(1)), upload(b"no sound here " * 50, name_of(2, ".wav"))]
    paths += [upload(b"", name_of(3, "")), upload(EXAMPLES[1].read_bytes(), name_of(4))]
    answer = many.answer_batch({"paths": paths, "profile": None}, recognizer=recognizer, turns=Turns())
    alone = recognizer.recognize(EXAMPLES[0]).to_dict()
    first, broken, empty, last = answer["rows"]
    assert first == {key: alone[key] for key in many.KEYS}
    assert broken["error"].startswith("many-0123456789ab-2.wav is not a sound file")
    assert "empty" in empty["error"]
    assert last["top"] == recognizer.recognize(EXAMPLES[1]).top
    assert [emotion["code"] for emotion in answer["emotions"]] == list(LABELS)
    assert not any(Path(path).exists() for path in paths)
    assert many.answer_batch({"paths": paths, "profile": None}, recognizer=recognizer, turns=Turns()) == {
        "gone": True
    }


def test_a_profile_holds_for_all_files_and_one_of_another_network_is_refused(recognizer, upload):
    profile = Profile(recognizer.checkpoint_id).with_take((3, 0, 0, 0, 0, 0), "NEU")
    paths = [upload(EXAMPLES[0].read_bytes(), name_of(n)) for n in (1, 2)]
    request = {"paths": paths, "profile": profile.to_json()}
    rows = many.answer_batch(request, recognizer=recognizer, turns=Turns())["rows"]
    known = recognizer.recognize(EXAMPLES[0], profile=profile).scores
    assert [row["scores"] for row in rows] == [known, known]
    assert known != recognizer.recognize(EXAMPLES[0]).scores
    paths = [upload(EXAMPLES[0].read_bytes(), name_of(3))]
    other = {"paths": paths, "profile": Profile("another").with_take((1,) * 6).to_json()}
    with pytest.raises(ProfileError):
        many.answer_batch(other, recognizer=recognizer, turns=Turns())


def test_only_files_that_the_tab_uploaded_are_scored_and_deleted(recognizer, upload, tmp_path):
    take = upload(EXAMPLES[0].read_bytes(), "take.flac")  # somebody's recording
    outside = tmp_path / name_of(1)
    outside.write_bytes(EXAMPLES[0].read_bytes())
    link = Path(take).with_name(name_of(2))
    link.symlink_to(outside)
    folder = Path(take).with_name(name_of(3))
    folder.mkdir()
    for path in (take, str(outside), str(link), str(folder), "/etc/passwd", "", "\0", 7, None, "../" * 9):
        answer = many.answer_batch({"paths": [path], "profile": None}, recognizer=recognizer, turns=Turns())
        assert answer == {"gone": True}
    assert Path(take).exists()
    assert outside.exists()
    link.unlink()
    folder.rmdir()
    for paths in ([], [take] * (many.MAX_FILES + 1)):
        with pytest.raises(UserError, match="reload the page"):
            many.answer_batch({"paths": paths, "profile": None}, recognizer=recognizer, turns=Turns())


def test_hostile_files_among_the_many_have_their_sentence_each(recognizer, upload):
    some = [file for file in corpus() if not file.costly][::3]
    files = [replace(file, name=name_of(n, Path(file.name).suffix[:6])) for n, file in enumerate(some)]
    paths = [upload(file.content, file.name) for file in files]
    rows = []
    while len(rows) < len(paths):
        part = paths[len(rows) :][: many.MAX_FILES]
        rows += many.answer_batch({"paths": part, "profile": None}, recognizer=recognizer, turns=Turns())[
            "rows"
        ]
    # Of some, a part is sound; all others are named.
    assert all(
        row["error"].startswith(file.name) if row["error"] else not file.says
        for file, row in zip(files, rows, strict=True)
    )
    assert sum(bool(row["error"]) for row in rows) > len(rows) / 2
    assert not any(Path(path).exists() for path in paths)


def test_what_goes_wrong_with_one_file_leaves_the_others_their_scores(recognizer, monkeypatch, capsys):
    really = bulk.hear

    def fails(file, **options):
        if Path(file) == EXAMPLES[1]:
            raise RuntimeError("a fault of the app")
        return really(file, **options)

    monkeypatch.setattr(bulk, "hear", fails)
    answers = score_in_turn([str(file) for file in EXAMPLES[:3]], recognizer=recognizer, turns=Turns())
    assert [answer.error for answer in answers] == [None, turns.UNEXPECTED, None]
    assert "a fault of the app" in capsys.readouterr().err


def test_a_turn_ends_after_a_while_and_the_rest_is_for_the_next_one(recognizer):
    times = iter([0.0, 1.0, turns.MAX_TURN_S])
    files = [str(EXAMPLES[0])] * 4
    answers = score_in_turn(files, recognizer=recognizer, turns=Turns(), clock=lambda: next(times))
    assert len(answers) == 2
    assert all(isinstance(answer, Recognition) for answer in answers)


def test_turns_are_taken_in_the_order_in_which_they_were_asked_for():
    line, taken, begun = Turns(), [], threading.Event()

    def take(number: int) -> None:
        with line.turn():
            taken.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with line.turn():
        for count, thread in enumerate(threads, 2):
            thread.start()
            while len(line._line) < count:
                begun.wait(0.001)
        assert taken == []
    for thread in threads:
        thread.join()
    assert taken == [0, 1, 2, 3, 4]


def test_of_too_many_batches_the_last_is_sent_back_and_keeps_its_files(recognizer, upload):
    path = upload(EXAMPLES[0].read_bytes(), name_of(1))
    line = Turns(max_waiting=0)
    with line.turn():
        with pytest.raises(CrowdedError):
            score_in_turn([path], recognizer=recognizer, turns=line)
        answer = many.answer_batch({"paths": [path], "profile": None}, recognizer=recognizer, turns=line)
    assert answer == {"busy": True}
    assert Path(path).exists()


def test_who_is_not_waited_for_any_more_leaves_the_line(monkeypatch):
    monkeypatch.setattr(turns, "LOOK_S", 0.01)
    line, abandoned = Turns(), threading.Event()
    abandoned.set()
    with line.turn(), stop_when(abandoned), pytest.raises(AbandonedError), line.turn():
        raise AssertionError("there were two turns at once")
    with line.turn():
        pass


def test_threads_of_a_batch_know_when_nobody_waits_any_more(recognizer):
    abandoned = threading.Event()
    abandoned.set()
    with stop_when(abandoned), pytest.raises(AbandonedError):
        list(bulk.over_files(recognizer, work=lambda *_: check_abandoned(), files=["a", "b"]))


def test_cells_for_the_tests_of_the_page_are_those_of_python():
    import json

    from ser.util.text import plain, shielded

    cases = json.loads((ROOT / "tests" / "js" / "many" / "cells.json").read_text(encoding="utf-8"))
    assert all(shielded(plain(text)) == safe for text, safe in cases)
