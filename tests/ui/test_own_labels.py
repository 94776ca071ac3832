"""Labels of one's own at the desk: what the page receives, what is stored, and what is learned from them."""

import base64
import re
from dataclasses import replace
from html import escape

import numpy as np
import pytest

from ser.annotation.label_set import read_label_set
from ser.annotation.labelling_queue import folder_queue
from ser.annotation.store import Annotations, hash_file, new_id
from ser.audio.reading import SAMPLE_RATE, Recording, read_audio
from ser.labels import LABELS
from ser.network.checkpoint import DEFAULT_CHECKPOINT
from ser.recognition.adaptation import Adaptation
from ser.recognition.live import LiveScorer
from ser.recognition.recognizer import Recognizer
from ser.recognition.story import steps_of, story
from ser.ui.desk.clips import Desk
from ser.ui.desk.label_files import LabelFiles
from ser.ui.desk.labelling import Labelling, Stores
from ser.ui.desk.learning.functions import Learning
from ser.ui.page.served_files import EXAMPLES
from ser.ui.parts import timeline
from ser.ui.parts.own_emotions import own_sentence
from ser.ui.parts.phrases import draw as draw_phrases
from ser.ui.parts.result import most_like_it, score_file, show
from ser.ui.record.live import show_reading, show_summary
from ser.ui.server.app import launch_settings
from ser.ui.server.networks import Networks
from ser.ui.takes.panel import verdict_dot, verdict_words
from tests.helpers.teaching_clips import label_clips, write_clips

MOODS = {"ANG": "cross", "DIS": "cross", "FEA": "tense", "HAP": "keen", "NEU": "calm", "SAD": "calm"}


@pytest.fixture(scope="module")
def choices(tmp_path_factory):
    file = tmp_path_factory.mktemp("set") / "moods.csv"
    file.write_text(
        "code,word,colour\ncross,Cross <b>,#b00020\ntense,Tense,\nkeen,Keen,\ncalm,At ease,\nOTH,None of these,\n"
    )
    return read_label_set(file)


class Bench:
    """A desk with labels of one's own."""

    def __init__(self, folder, file, choices, recognizer):
        self.folder, self.recognizer = folder, recognizer
        self.stores = Stores(file, choices=choices)
        desk = Desk(
            folder_queue(folder),
            corpus=None,
            predictions=folder / "none.csv",
            get_recognizer=lambda: recognizer,
            find_other=lambda request: (folder, "none"),
        )
        self.labelling = Labelling(desk, self.stores)
        self.files = LabelFiles(self.labelling)
        self.learning = Learning(self.labelling, Networks(lambda: recognizer, folder=DEFAULT_CHECKPOINT))
        self.who = {"browser": new_id(), "annotator": "Ann", "source": "folder"}

    def give(self, emotion: str, **span) -> dict:
        queue = self.labelling.desk.queues["folder"]
        fields = {"id": new_id(), "annotator": "Ann", "emotion": emotion, "revision": 0}
        letter = {
            "kind": "write",
            "label": fields | span,
            "request": {"kind": "queue", "key": queue.entries[0].key},
        }
        return self.labelling.label_change(self.who | {"letter": letter})


@pytest.fixture(scope="module")
def bench(tmp_path_factory, choices):
    folder = write_clips(tmp_path_factory.mktemp("own") / "clips", each=3, speakers=2)
    bench = Bench(folder, folder / "annotations.sqlite", choices, Recognizer.load())
    label_clips(folder, bench.stores.of(bench.who), words=MOODS)
    return bench


@pytest.fixture(scope="module")
def adaptation(bench) -> Adaptation:
    request = bench.who | {"way": "word"}
    queue = bench.labelling.desk.queue(request)
    return bench.learning._learn(
        request, queue=queue, recognizer=bench.recognizer, progress=lambda share, task: None
    )


def test_the_page_gets_the_labels_with_keys_and_colours(bench, choices):
    about = bench.labelling.desk_about(bench.who)
    assert list(about["emotions"]) == ["cross", "tense", "keen", "calm", "OTH"]
    assert about["emotions"]["calm"] == "At ease"
    assert about["keys"] == {"cross": "1", "tense": "2", "keen": "3", "calm": "4", "OTH": "5"}
    assert launch_settings(choices)["css"].startswith(":root { --label-cross: #b00020;")
    assert "--label-cross" not in launch_settings()["css"]


def test_labels_of_the_set_alone_are_stored_and_exported(bench, tmp_path, choices):
    refused = bench.give("SAD")
    assert set(refused) == {"problem"}
    given = bench.give("tense", start_s=0.1, end_s=0.4)
    assert given["label"]["emotion"] == "tense"
    exported = bench.files.labels_export(bench.who | {"format": "csv"})
    text = base64.b64decode(exported["base64"]).decode()
    assert text.count(",tense,") == 4
    other = Stores(tmp_path / "other.sqlite", choices=choices)
    files = LabelFiles(Labelling(bench.labelling.desk, other))
    sent = {"format": "csv", "files": [{"name": "labels.csv", "base64": exported["base64"]}]}
    assert files.labels_import(bench.who | sent)["new"] == 19
    foreign = base64.b64encode(b"file,emotion\nvoice0_0_ANG.wav,sad\n").decode()
    asked = files.labels_import(bench.who | sent | {"files": [{"name": "x.csv", "base64": foreign}]})
    assert asked["questions"]["words"] == [{"word": "sad", "counts": {"": 1}}]


def test_what_is_learned_tells_these_emotions_apart_and_keeps_their_words(bench, adaptation):
    assert adaptation.emotions == ("cross", "tense", "keen", "calm")
    assert adaptation.made_from["labels"] == 18
    again = Adaptation.from_json(adaptation.to_json())
    assert again.name_of_emotion == adaptation.name_of_emotion
    assert again.name_of_emotion["calm"] == "At ease"
    assert again.id == adaptation.id
    state = bench.learning.learn_state(bench.who)
    assert (state["labels"], state["emotions"]) == (18, 4)  # "none of these" is not an emotion
    assert bench.learning.learn_open(bench.who | {"name": "x", "text": adaptation.to_json()}) == {}
    result = bench.learning.learn_state(bench.who)["result"]
    assert list(result["emotions"]) == list(adaptation.emotions)
    assert result["colours"]["cross"].startswith("var(--label-cross, var(--emotion-cross, #")


def test_results_show_the_own_emotions_with_the_six_beside_them(bench, adaptation):
    adapted = bench.recognizer.adapted(adaptation)
    result = score_file(str(EXAMPLES[0]), recognizer=adapted)
    own = result.recognition.adapted
    html = show(result)
    assert html.index('aria-label="Scores of the adaptation"') < html.index("The six emotions of the network")
    assert html.count('class="fill"') >= 4 + 6
    assert "Cross &lt;b&gt;" in html
    assert "<b>" not in html
    assert own_sentence(own).replace("<", "&lt;").replace(">", "&gt;") in html
    words = own.names[own.top]
    assert verdict_words(result.recognition).startswith(words)
    assert f"var(--label-{own.top}" in verdict_dot(result.recognition)
    assert sum(own.scores.values()) == pytest.approx(1)
    assert tuple(result.recognition.scores) == LABELS
    # The six have the temperature of the six, not that of the other emotions.
    assert adapted.temperature == bench.recognizer.temperature
    assert adapted.thresholds == bench.recognizer.thresholds


def test_the_timeline_and_live_show_the_own_emotions(bench, adaptation):
    adapted = bench.recognizer.adapted(adaptation)
    samples = np.concatenate([read_audio(path).samples for path in EXAMPLES[:2]])
    recognition = adapted.recognize(samples)
    own = recognition.adapted
    assert len(own.windows) == len(recognition.windows) > 1
    for code, score in own.scores.items():
        assert np.mean([window[code] for window in own.windows]) == pytest.approx(score)
    html = timeline.draw(recognition, pictured=recognition.windows[0])
    assert html.count('class="lane"') == 4
    assert ">Cross &lt;b&gt;</span>" in html
    assert "Disgusted" not in html
    assert "&quot;at ease&quot;" in html  # for the words at the pointer
    most = most_like_it(recognition)
    assert own.windows[most][own.top] == max(window[own.top] for window in own.windows)

    phrases = adapted.recognize_phrases(Recording(samples))
    html = draw_phrases(replace(recognition, phrases=phrases), name="two", file=str(EXAMPLES[0]))
    tops = [phrase.adapted.top for phrase in phrases]
    words = re.findall(r'<span class="word">(.*?)</span>', html)
    assert words == [escape(own.names[top]) for top in tops]
    assert all(f"--colour: var(--label-{top}" in html for top in tops)
    sure = [
        replace(phrase, adapted=phrase.adapted._replace(verdict="sure", top=top))
        for phrase, top in zip(phrases, ("calm", "keen"), strict=False)
    ]
    assert story(steps_of(sure), names=own.names) == "First at ease, then keen."

    live = LiveScorer(adapted)
    readings = [live.feed(SAMPLE_RATE, part) for part in np.array_split(samples, 12)]
    reading = [reading for reading in readings if reading and reading.own][-1]
    assert sum(reading.own) == pytest.approx(1)
    shown = show_reading(reading, names=live.names)
    assert shown["scores"] == pytest.approx(list(reading.own), abs=1e-4)
    assert len(shown["percents"]) == 4
    highest = list(live.names.values())[shown["top"]]
    assert shown["word"] in (highest, "Not sure")
    summary = show_summary(live)
    assert all(len(scores) == 4 for _, scores in summary["timeline"] if scores)
    assert len(summary["summary"]["percents"]) == 4


def test_labels_keep_the_six_scores_where_the_app_has_other_emotions(bench, adaptation, choices, tmp_path):
    adapted = bench.recognizer.adapted(adaptation)
    other = Bench(bench.folder, tmp_path / "labels.sqlite", choices, adapted)
    desk = other.labelling.desk
    queue = desk.queues["folder"]
    entry = queue.entries[0]
    entry.scores = adapted.recognize(entry.path).adapted_scores
    assert tuple(entry.scores) == adaptation.emotions  # which order the queue
    try:
        assert other.give("calm")["label"]["emotion"] == "calm"
        store = other.stores.of(other.who)
        other.labelling.scorer.wait(store)
        (label,) = store.labels(clip=hash_file(entry.path))
        assert tuple(label.scores) == LABELS
        assert label.checkpoint.endswith(adaptation.id)
    finally:
        entry.scores = None
    assert isinstance(store, Annotations)
